// The engine, step by step. Every version of every thing is in the page; this hides those that are not of the moment.
(() => {
  "use strict";

  const begin = (engine) => {
  const root = document.documentElement;
  const find = (name) => engine.querySelector(`.engine-${name}`);
  const [picture, follow, back, next, wires] = ["picture", "follow input", "back", "next", "wires"].map(find);
  const slider = engine.querySelector("[type=range]");
  const told = new Map(JSON.parse(engine.querySelector("script").textContent).map((step) => [step.step, step.changes]));
  const last = Number(slider.max);
  const element = (n) => document.getElementById(`at-${n}`);
  const lineOf = (n) => element(n)?.querySelector(".console-changes");
  const wide = matchMedia("(min-width: 45em)");
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  engine.after(said);
  engine.classList.add("engine-bar");
  for (const name of ["controls", "what"]) find(name).hidden = false;
  engine.classList.add("engine-afoot");
  engine.previousElementSibling.textContent = "The panel shows the engine after any command of this page. Below it stands the same as a table.";
  let now = last;

  // What there is after a step, counted from the recorded changes.
  const KINDS = ["image", "volume", "network", "container"];
  const counts = (n) => {
    const live = new Map();
    for (const [step, changes] of told) {
      if (step > n) continue;
      for (const change of changes) {
        const kind = Object.keys(change)[0];
        if (!KINDS.includes(kind)) continue;
        const key = `${kind} ${change[kind]}`;
        if (change.gone) live.delete(key);
        else if (change.new || live.has(key)) live.set(key, { ...live.get(key), ...change, kind });
      }
    }
    const of = (kind, state) => [...live.values()].filter((thing) => thing.kind === kind && (!state || thing.state === state)).length;
    const some = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
    return `${some(of("container"), "container")}, ${of("container", "running")} running · ${some(of("image"), "new image")}`;
  };

  const THING = ".engine-container, .engine-stack, .engine-node";
  const versions = [...picture.querySelectorAll("[data-from]")].map((node) => ({
    node,
    from: Number(node.dataset.from),
    to: Number(node.dataset.to ?? Infinity),
    gone: Number(node.dataset.gone ?? Infinity),
    changed: (node.dataset.changed ?? "").split(" ").map(Number),
    flag: node.matches(".engine-flag"),
    thing: node.matches(THING),
    born: Number(node.parentElement.closest(THING)?.dataset.from),
  }));
  const things = versions.filter(({ node, thing }) => thing && !node.matches(".engine-base"));
  const draw = (n) => {
    for (const { node, from, to, gone, changed, flag, thing, born } of versions) {
      node.hidden = !(from <= n && n <= Math.min(to, gone));
      if (flag) continue;
      node.classList.toggle("engine-was", !thing && to === n);
      node.classList.toggle("engine-fresh", !thing && from === n && from > born);
      node.classList.toggle("engine-hot", thing && n > 0 && (from === n || gone === n || changed.includes(n)));
      node.classList.toggle("engine-gone", thing && gone === n);
    }
    find("nothing").hidden = things.some(({ node }) => !node.hidden);
    wire();
  };

  // Lines from networks and volumes to the containers of the first row, led through the gap above the boxes.
  const wire = () => {
    wires.replaceChildren();
    const shelf = find("shelf");
    if (!wide.matches || !engine.open || !shelf) return;
    const origin = picture.getBoundingClientRect();
    const top = origin.top - picture.scrollTop;
    const make = (tag, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      wires.append(made);
    };
    const below = shelf.getBoundingClientRect().bottom - top;
    const boxes = [...picture.querySelectorAll(".engine-stack:not([hidden])")].map((stack) => stack.getBoundingClientRect());
    const first = Math.min(...boxes.map((box) => box.bottom));
    [...picture.querySelectorAll(".engine-node:not([hidden])")].forEach((node, lane) => {
      const from = node.getBoundingClientRect();
      const net = node.matches(".engine-net");
      for (const end of picture.querySelectorAll(`.engine-container:not([hidden], .engine-gone) span:not([hidden], .engine-was) > .engine-chip a[href="#${node.id}"]`)) {
        const to = end.closest(".engine-container").getBoundingClientRect();
        if (to.top > first) continue;
        const x = from.left + from.width / 2 - origin.left;
        const down = to.left + to.width * (net ? 0.35 : 0.65) - origin.left;
        const foot = to.top - top;
        make("path", { d: `M${x} ${from.bottom - top}V${below + 4 + (lane % 3) * 4}H${down}V${foot}`, class: net ? "net" : "vol" });
        if (net) make("circle", { cx: down, cy: foot - 3, r: 3.5 });
        else make("rect", { x: down - 3.5, y: foot - 7, width: 7, height: 7 });
      }
    });
  };

  const stops = [0, ...told.keys()];
  const before = (n) => stops.filter((stop) => stop < n).at(-1);
  const after = (n) => stops.find((stop) => stop > n);

  const show = (n, byHand = false) => {
    now = n;
    slider.value = n;
    draw(n);
    const line = lineOf(n);
    const clauses = [...(line?.querySelectorAll(".change") ?? [])];
    const text = !n
      ? "Before the first command."
      : clauses.map((clause) => clause.textContent.slice(1)).join("; ") || "Nothing changed in the engine.";
    for (const marked of document.querySelectorAll("[data-now]")) delete marked.dataset.now;
    const command = element(n)?.querySelector("kbd").textContent ?? "";
    const link = find("command"); // the same element each time, so that it keeps the focus
    link.hidden = !command;
    if (command) {
      element(n).dataset.now = "";
      link.href = `#at-${n}`;
      link.textContent = link.title = command;
    }
    find("told").replaceChildren(...(clauses.length ? clauses.map((clause) => clause.cloneNode(true)) : [text]));
    const spoken = n ? `After ${n} of ${last}, ${command}: ${text}` : text;
    slider.setAttribute("aria-valuetext", spoken);
    find("where").textContent = n ? `after command ${n} of ${last}` : "at the start";
    find("count").textContent = counts(n);
    // A button that has the focus is not taken out of the order.
    for (const [button, target] of [[back, before(n)], [next, after(n)]]) button.setAttribute("aria-disabled", target === undefined);
    const hot = picture.querySelector(".engine-hot:not([hidden])");
    const scrolls = picture.scrollHeight > picture.clientHeight + 1;
    if (scrolls) picture.tabIndex = 0;
    else picture.removeAttribute("tabindex");
    // In the picture alone: scrollIntoView would move the page, too.
    if (hot && scrolls) picture.scrollTop += hot.getBoundingClientRect().bottom + 16 - picture.getBoundingClientRect().bottom;
    if (byHand) {
      said.textContent = spoken;
      history.replaceState(history.state, "", `${location.pathname}${location.search}#${n ? `at-${n}` : "engine"}`);
    }
  };

  const to = (n) => {
    if (n === undefined) return;
    follow.checked = false;
    show(n, true);
  };
  back.addEventListener("click", () => to(before(now)));
  next.addEventListener("click", () => to(after(now)));
  slider.addEventListener("input", () => {
    follow.checked = false;
    show(Number(slider.value));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    if (!link || !lineOf(link.dataset.show)?.contains(link)) return;
    event.preventDefault();
    engine.open = true;
    to(Number(link.dataset.show));
  });

  // The last command above the middle of what is to be seen.
  let asked = 0;
  const read = () => {
    asked = 0;
    if (!follow.checked) return;
    const line = (innerHeight - Math.min(engine.offsetHeight, innerHeight / 2)) * 0.7;
    let seen = 0;
    for (let n = 1; n <= last; n++) {
      const box = element(n)?.getBoundingClientRect();
      if (box?.height && box.top < line) seen = n;
    }
    if (seen !== now) show(seen);
  };
  addEventListener("scroll", () => { asked ||= requestAnimationFrame(read); }, { passive: true });
  follow.addEventListener("change", read);

  // The tallest picture decides, so that the panel does not jump.
  const settle = () => {
    picture.style.minHeight = "";
    if (engine.open) {
      let tallest = 0;
      for (const n of stops) {
        draw(n);
        tallest = Math.max(tallest, picture.scrollHeight);
      }
      picture.style.minHeight = `${Math.min(tallest + 2, innerHeight * (wide.matches ? 0.4 : 0.25))}px`;
    }
    show(now);
    root.style.setProperty("--engine-bar", `${engine.offsetHeight + 8}px`);
  };
  for (const n of told.keys()) {
    const tick = document.createElement("i");
    tick.style.left = `${(n / last) * 100}%`;
    find("ticks").append(tick);
  }
  const kept = (value) => {
    try {
      return value === undefined ? sessionStorage.getItem("engine") : sessionStorage.setItem("engine", value);
    } catch {
      return null; // a browser may keep nothing
    }
  };
  engine.open = wide.matches && kept() === "open";
  engine.addEventListener("toggle", () => {
    if (!printing) kept(engine.open ? "open" : "");
    settle();
  });
  addEventListener("resize", settle);
  let printing = false;
  let stood;
  addEventListener("beforeprint", () => {
    printing = true;
    stood = [now, engine.open];
    engine.open = true;
    show(last);
  });
  addEventListener("afterprint", () => {
    [now, engine.open] = stood;
    show(now);
    setTimeout(() => { printing = false; }, 100);
  });
  settle();
  const wanted = Number(location.hash.match(/^#at-(\d+)$/)?.[1] ?? NaN);
  if (wanted <= last) {
    follow.checked = false;
    show(wanted);
  } else {
    now = -1;
    read();
    if (now < 0) show(0);
  }
  };

  // At the foot of the window once one reads: on the first screen it would cover what nobody has seen yet.
  const arm = () => {
    const engine = document.querySelector(".md-content__inner > details.engine");
    if (!engine || engine.dataset.armed) return;
    engine.dataset.armed = "";
    const events = ["scroll", "keydown", "pointerdown"];
    const go = () => {
      for (const event of events) removeEventListener(event, go);
      begin(engine);
    };
    if (scrollY || /^#at-/.test(location.hash)) begin(engine);
    else for (const event of events) addEventListener(event, go, { passive: true });
  };
  // Material's instant navigation brings pages without loading this again.
  if (window.document$) window.document$.subscribe(arm);
  else arm();
})();
