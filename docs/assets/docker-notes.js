// Copy buttons and the player. All of a page can be read without this file.
(() => {
  "use strict";

  const base = new URL("..", document.currentScript.src);

  const commandsOf = (root) =>
    [...root.querySelectorAll(".console-command > code")].map((code) => code.textContent.replace(/\n$/, "")).join("\n") + "\n";

  const button = (label, className, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = className;
    made.textContent = label;
    made.addEventListener("click", () => act(made));
    return made;
  };

  const copier = (label, className, root, name) => {
    const made = button(label, className, async () => {
      try {
        await navigator.clipboard.writeText(commandsOf(root));
        made.textContent = "Copied";
      } catch {
        made.textContent = "Not allowed here";
      }
      setTimeout(() => (made.textContent = label), 1500);
    });
    made.setAttribute("aria-label", name);
    return made;
  };

  for (const block of document.querySelectorAll(".console:not([hidden])")) {
    const steps = [...block.querySelectorAll(".console-step")].filter((step) => step.querySelector(".console-command"));
    for (const step of steps) {
      const first = step.querySelector(".console-command > code").textContent.split("\n")[0];
      step.append(copier("Copy", "console-copy", step, `Copy the command ${first}`));
    }
    if (steps.length > 1) {
      const all = copier("Copy all", "copy-all copy-block", block, "Copy the commands of this block");
      block.append(all);
    }
  }

  const load = (tag, attributes) =>
    new Promise((resolve, reject) => {
      const made = Object.assign(document.createElement(tag), attributes);
      made.addEventListener("load", resolve);
      made.addEventListener("error", reject);
      document.head.append(made);
    });

  for (const place of document.querySelectorAll(".watch")) {
    place.append(
      copier("Copy all commands of this page", "copy-all", document.querySelector(".md-content"), "Copy all commands of this page"),
      button("Watch this page run", "watch-start", async (pressed) => {
        pressed.disabled = true;
        await Promise.all([
          load("link", { rel: "stylesheet", href: new URL("assets/asciinema/asciinema-player.css", base) }),
          load("script", { src: new URL("assets/asciinema/asciinema-player.min.js", base) }),
        ]);
        const screen = document.createElement("div");
        place.append(screen);
        AsciinemaPlayer.create(new URL(place.dataset.cast, document.baseURI).href, screen, { autoPlay: true, idleTimeLimit: 2 });
      }),
    );
  }
})();
