// Copy buttons and the player. All of a page can be read without this file.
(() => {
  "use strict";

  const base = new URL(".", document.currentScript.src);

  const commandsOf = (root) =>
    [...root.querySelectorAll(".console-command > kbd")].map((code) => code.textContent.replace(/\n$/, "")).join("\n") + "\n";

  // Pages that came over plain HTTP from another machine are given no clipboard: there the browser copies what is selected.
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "console-said";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not allowed");
  };

  const button = (label, className, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = className;
    made.textContent = label;
    made.addEventListener("click", () => act(made));
    return made;
  };

  // What happened is said aloud, too.
  const said = document.createElement("div");
  said.className = "console-said";
  said.setAttribute("role", "status");
  document.body.append(said);

  const copier = (label, className, root, name) => {
    const made = button(label, className, async () => {
      let told = "Copied";
      try {
        await copy(commandsOf(root));
        made.dataset.done = "";
      } catch {
        told = "Not allowed here";
      }
      made.textContent = said.textContent = told;
      setTimeout(() => {
        made.textContent = label;
        said.textContent = "";
        delete made.dataset.done;
      }, 1500);
    });
    if (name) made.setAttribute("aria-label", name);
    return made;
  };

  const bar = (block) => {
    const found = block.querySelector(":scope > .console-bar");
    if (found) return found;
    const made = document.createElement("div");
    made.className = "console-bar";
    block.prepend(made);
    return made;
  };

  const load = (tag, attributes) =>
    new Promise((resolve, reject) => {
      const made = Object.assign(document.createElement(tag), attributes);
      made.addEventListener("load", resolve);
      made.addEventListener("error", reject);
      document.head.append(made);
    });

  const start = () => {
    for (const block of document.querySelectorAll(".console:not([hidden], [data-ready])")) {
      block.dataset.ready = "";
      const lines = [...block.querySelectorAll(".console-line:not([hidden])")];
      for (const line of lines) {
        const first = line.querySelector("kbd").textContent.split("\n")[0];
        line.append(copier("Copy", "console-copy", line, `Copy: ${first}`));
      }
      if (lines.length > 1) bar(block).append(copier(`Copy ${lines.length} commands`, "copy-all copy-block", block));
    }

    for (const place of document.querySelectorAll(".watch:not([data-ready])")) {
      place.dataset.ready = "";
      // The nearest element that has blocks is the page, or its part of a page of pages.
      let page = place.parentElement;
      while (page !== document.body && !page.querySelector(".console")) page = page.parentElement;
      place.prepend(
        copier("Copy all commands of this page", "copy-all copy-page", page),
        button("Watch this page run", "watch-start", async (pressed) => {
          pressed.disabled = true;
          const recording = await fetch(place.dataset.cast).catch(() => null);
          await Promise.all([
            load("link", { rel: "stylesheet", href: new URL("asciinema-player.css", base) }),
            load("script", { src: new URL("asciinema-player.min.js", base) }),
          ]);
          const screen = document.createElement("div");
          screen.className = "screen";
          place.append(screen);
          const source = recording ? { data: await recording.text() } : place.dataset.cast;
          // On a phone it scrolls, as a hundred columns would be too small to read there.
          const size = screen.clientWidth < 600 ? { fit: false, terminalFontSize: "small" } : {};
          AsciinemaPlayer.create(source, screen, { autoPlay: true, idleTimeLimit: 2, ...size }).el?.focus?.();
        }),
      );
    }
  };

  // Material's instant navigation puts in other pages without loading this file again.
  if (window.document$?.subscribe) window.document$.subscribe(start);
  else start();
})();
