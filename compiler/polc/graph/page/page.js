"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const map = $("map"), scene = $("scene"), panel = $("panel"), search = $("search");
  const nodes = new Map(data.nodes.map((node) => [node.id, { ...node, ins: [], outs: [] }]));
  const boxes = new Map([...scene.querySelectorAll(".box")].map((el) => [el.dataset.namespace, el]));
  scene.querySelectorAll(".node").forEach((el) => { nodes.get(el.dataset.id).el = el; });
  const paths = scene.querySelectorAll(".edges > .edge");
  data.edges.forEach((edge, index) => {
    edge.el = paths[index];
    nodes.get(edge.source).outs.push(edge);
    nodes.get(edge.target).ins.push(edge);
  });
  map.classList.toggle("many", data.edges.length > 150);

  /* --- elements; text is only ever set as text ------------------------------------------- */
  const make = (tag, classes, text, ...children) => {
    const el = document.createElement(tag);
    if (classes) el.className = classes;
    if (text) el.textContent = text;
    el.append(...children);
    return el;
  };

  /* --- the view ---------------------------------------------------------------------------- */
  const whole = map.viewBox.baseVal, full = { x: 0, y: 0, w: whole.width, h: whole.height };
  let view = { ...full };
  const scale = () => Math.min(map.clientWidth / view.w, map.clientHeight / view.h) || 1;
  const show = () => {
    map.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((n) => n.toFixed(1)).join(" "));
    const k = scale();
    map.classList.toggle("far", k < 0.55);
    map.classList.toggle("farther", k < 0.22);
    map.style.setProperty("--title", `${Math.max(15, Math.min(13 / k, 150))}px`);
  };
  const fitTo = (x, y, w, h, most = 1.3) => {
    if (!map.clientWidth || !map.clientHeight) return; // in a hidden frame: a resize will follow
    const k = Math.min(map.clientWidth / w, map.clientHeight / h, most);
    const width = map.clientWidth / k, height = map.clientHeight / k;
    view = { x: x - (width - w) / 2, y: y - (height - h) / 2, w: width, h: height };
    show();
  };
  const area = (list) => {
    let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const node of list) {
      const at = node.el.transform.baseVal.consolidate().matrix;
      x = Math.min(x, at.e); y = Math.min(y, at.f);
      right = Math.max(right, at.e + 200); bottom = Math.max(bottom, at.f + 46);
    }
    return [x, y, right - x, bottom - y];
  };
  const fitNodes = (list, most) => {
    if (!list.length) return;
    const [x, y, w, h] = area(list), pad = 60;
    fitTo(x - pad, y - pad, w + 2 * pad, h + 2 * pad, most);
  };
  const visible = () => [...nodes.values()].filter((node) => !node.el.classList.contains("off"));
  const fitAll = () => (filtered.size ? fitNodes(visible()) : fitTo(full.x, full.y, full.w, full.h));
  const zoom = (factor, cx = view.x + view.w / 2, cy = view.y + view.h / 2) => {
    const k = scale() / factor;
    if (k > 4 || k < 0.01) return;
    view = { x: cx - (cx - view.x) * factor, y: cy - (cy - view.y) * factor, w: view.w * factor, h: view.h * factor };
    show();
  };
  const toScene = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = toScene(event);
    zoom(Math.exp(Math.max(-80, Math.min(80, event.deltaY)) * 0.004), at.x, at.y);
  }, { passive: false });
  let drag = null;
  map.addEventListener("pointerdown", (event) => {
    if (event.button === 0) drag = { x: event.clientX, y: event.clientY, view: { ...view }, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (Math.abs(dx) + Math.abs(dy) > 4) { drag.moved = true; map.classList.add("moving"); }
    if (!drag.moved) return;
    const k = scale();
    view = { ...drag.view, x: drag.view.x - dx / k, y: drag.view.y - dy / k };
    show();
  });
  window.addEventListener("pointerup", (event) => {
    const held = drag;
    drag = null;
    map.classList.remove("moving");
    if (!held || held.moved || !map.contains(event.target)) return;
    const el = event.target.closest(".node");
    const edge = event.target.closest(".edge");
    if (el) choose(el.dataset.id);
    else if (edge) choose(edge.dataset.t);
    else choose(null);
  });
  let size = [0, 0];
  window.addEventListener("resize", () => {
    const now = [window.innerWidth, window.innerHeight];
    if (now.join() === size.join()) return;
    size = now;
    if (chosen) fitNodes(around(chosen), 1.1); else fitAll();
  });

  /* --- one chosen service ------------------------------------------------------------------- */
  let chosen = null;
  const neighbours = (node) => [node.id, ...node.ins.map((e) => e.source), ...node.outs.map((e) => e.target)];
  const around = (node) => [...new Set(neighbours(node))].map((each) => nodes.get(each));
  function choose(id, { move = false, focus = false } = {}) {
    if (chosen) {
      chosen.el.classList.remove("chosen");
      for (const each of neighbours(chosen)) nodes.get(each).el.classList.remove("near");
      for (const edge of [...chosen.ins, ...chosen.outs]) edge.el.classList.remove("in", "out");
    }
    chosen = id === null ? null : nodes.get(id) || null;
    map.classList.toggle("choosing", chosen !== null);
    panel.hidden = chosen === null;
    if (!chosen) { history.replaceState(null, "", location.pathname + location.search); return; }
    chosen.el.classList.add("chosen");
    for (const each of neighbours(chosen)) nodes.get(each).el.classList.add("near");
    for (const edge of chosen.ins) edge.el.classList.add("in");
    for (const edge of chosen.outs) edge.el.classList.add("out");
    history.replaceState(null, "", `#${encodeURIComponent(chosen.id)}`);
    tell(chosen);
    if (chosen.el.classList.contains("off")) filter(new Set());
    if (move || scale() < 0.5) fitNodes(around(chosen), 1.1);
    if (focus) chosen.el.focus({ preventScroll: true });
  }

  const MARKS = { added: "newly permitted", removed: "taken away", changed: "changed" };
  const tag = (mark) => (MARKS[mark] ? [make("span", `tag ${mark}`, MARKS[mark])] : []);
  function tell(node) {
    const close = make("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => choose(null));
    const facts = make("dl");
    const fact = (name, text) => { if (text) facts.append(make("dt", "", name), make("dd", "", text)); };
    fact("kind", node.kind);
    fact("namespace", node.namespace);
    fact("ports", (node.ports || []).join(", "));
    fact("identity", node.identity);
    fact("declared", node.place);
    panel.replaceChildren(close, make("h3", "", node.id, ...tag(node.mark)), facts);
    if (node.doc) panel.append(make("p", "doc", node.doc));
    side("in", `Reachable by ${node.ins.length}`, node.ins, "source");
    side("out", `Reaches ${node.outs.length}`, node.outs, "target");
    panel.scrollTop = 0;
  }
  function side(name, title, edges, end) {
    panel.append(make("h4", name, title));
    for (const edge of edges) {
      const other = nodes.get(edge[end]);
      const button = make("button", "", other.id);
      button.type = "button";
      button.addEventListener("click", () => choose(other.id, { move: true }));
      const peer = make("div", "peer", "", button);
      if (name === "in" && other.identity) peer.append(make("div", "note", `as ${other.identity}`));
      for (const link of edge.links) peer.append(linkText(link));
      panel.append(peer);
    }
  }
  function linkText(link) {
    const out = make("div", "link", "", make("code", "", `${link.port} ${link.protocol}`), ...tag(link.mark));
    const list = make("ul", "requests");
    const row = (classes, text) => list.append(make("li", "", "", make("code", classes, text)));
    for (const text of link.requests || []) row((link.gained || []).includes(text) ? "plus" : "", text);
    for (const text of link.hosts || []) row("", `host ${text}`);
    for (const text of link.gained || []) if (!(link.requests || []).includes(text)) row("plus", `+ ${text}`);
    for (const text of link.lost || []) row("minus", `− ${text}`);
    if (list.childElementCount) out.append(list);
    const note = (text) => out.append(make("div", "note", text));
    if (!link.requests && ["http", "http2", "grpc"].includes(link.protocol) && !link.hosts) note("every request");
    if (link.until) note(`until ${link.until}`);
    for (const text of link.because || []) note(`because ${text}`);
    if (link.places) note(link.places.join(", "));
    return out;
  }

  /* --- namespaces ---------------------------------------------------------------------------- */
  let filtered = new Set();
  const counts = new Map();
  for (const node of data.nodes) if (node.namespace) counts.set(node.namespace, (counts.get(node.namespace) || 0) + 1);
  for (const [name, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const input = make("input");
    input.type = "checkbox";
    input.value = name;
    input.addEventListener("change", () => {
      const next = new Set(filtered);
      if (input.checked) next.add(name); else next.delete(name);
      filter(next);
    });
    const label = make("label", "", "", input, make("i"), make("span", "", name), make("small", "", String(count)));
    label.style.setProperty("--hue", boxes.get(name).style.getPropertyValue("--hue"));
    $("namespaces").append(label);
  }
  function filter(next) {
    filtered = next;
    const inside = (node) => !filtered.size || filtered.has(node.namespace);
    const kept = new Set();
    for (const edge of data.edges) {
      const one = nodes.get(edge.source), other = nodes.get(edge.target);
      const on = inside(one) || inside(other);
      edge.el.classList.toggle("off", !on);
      if (on) kept.add(one).add(other);
    }
    const spaces = new Set();
    for (const node of nodes.values()) {
      const on = inside(node) || kept.has(node);
      node.el.classList.toggle("off", !on);
      if (on) spaces.add(node.namespace);
    }
    for (const [name, box] of boxes) box.classList.toggle("off", !spaces.has(name));
    for (const input of $("namespaces").querySelectorAll("input")) input.checked = filtered.has(input.value);
    if (chosen && chosen.el.classList.contains("off")) choose(null);
    fitAll();
  }
  $("everything").addEventListener("click", () => filter(new Set()));

  /* --- search -------------------------------------------------------------------------------- */
  const words = (node) => [node.id, node.kind, node.identity, ...(node.ports || []),
    ...node.ins.flatMap((e) => e.links.flatMap((l) => [...(l.requests || []), ...(l.hosts || [])]))].join("\n").toLowerCase();
  const index = [...nodes.values()].map((node) => ({ node, text: words(node) }));
  let hits = [], at = 0;
  function find() {
    for (const hit of hits) hit.el.classList.remove("hit");
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const rank = ({ node }) => (node.id.toLowerCase().includes(wanted[0]) ? 0 : 1);
    hits = wanted.length
      ? index.filter(({ text }) => wanted.every((word) => text.includes(word)))
        .sort((a, b) => rank(a) - rank(b)).map(({ node }) => node)
      : [];
    for (const hit of hits) hit.el.classList.add("hit");
    at = 0;
    list();
  }
  function list() {
    const rows = hits.slice(0, 40).map((node, number) => {
      const item = make("li", "", node.id, make("small", "", [node.kind, ...(node.ports || [])].join(" · ")));
      item.id = `hit-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(number === at));
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); pick(number); });
      return item;
    });
    if (search.value.trim() && !rows.length) rows.push(make("li", "", "nothing found"));
    $("results").replaceChildren(...rows);
    $("results").hidden = !rows.length;
    search.setAttribute("aria-expanded", String(rows.length > 0));
    search.setAttribute("aria-activedescendant", hits.length ? `hit-${at}` : "");
    rows[at]?.scrollIntoView({ block: "nearest" });
  }
  function pick(number) {
    const node = hits[number];
    if (!node) return;
    search.value = "";
    find();
    choose(node.id, { move: true, focus: true });
  }
  search.addEventListener("input", find);
  search.addEventListener("blur", () => { $("results").hidden = true; });
  search.addEventListener("keydown", (event) => {
    const most = Math.min(hits.length, 40);
    if (event.key === "ArrowDown" && most) { at = (at + 1) % most; list(); }
    else if (event.key === "ArrowUp" && most) { at = (at + most - 1) % most; list(); }
    else if (event.key === "Enter") pick(at);
    else if (event.key === "Escape") { search.value = ""; find(); search.blur(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /* --- keyboard -------------------------------------------------------------------------------- */
  for (const node of nodes.values()) {
    node.el.setAttribute("tabindex", "0");
    node.el.setAttribute("role", "button");
    node.el.setAttribute("aria-label", `${node.id}, ${node.kind}, reachable by ${node.ins.length}, reaches ${node.outs.length}`);
  }
  map.addEventListener("focusin", (event) => {
    const el = event.target.closest(".node");
    if (!el) return;
    const here = el.getBoundingClientRect(), frame = map.getBoundingClientRect();
    if (here.left < frame.left || here.right > frame.right || here.top < frame.top || here.bottom > frame.bottom) {
      const [x, y, w, h] = area([nodes.get(el.dataset.id)]);
      view = { ...view, x: x + w / 2 - view.w / 2, y: y + h / 2 - view.h / 2 };
      show();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    const el = event.target.closest?.(".node");
    const step = 60 / scale();
    const act = {
      "/": () => search.focus(), "Escape": () => choose(null), "0": fitAll,
      "+": () => zoom(1 / 1.25), "=": () => zoom(1 / 1.25), "-": () => zoom(1.25),
      "ArrowLeft": () => { view.x -= step; show(); }, "ArrowRight": () => { view.x += step; show(); },
      "ArrowUp": () => { view.y -= step; show(); }, "ArrowDown": () => { view.y += step; show(); },
      ...(el ? { "Enter": () => choose(el.dataset.id), " ": () => choose(el.dataset.id) } : {}),
    }[event.key];
    if (!act || (event.key.startsWith("Arrow") && event.target.closest?.("aside"))) return;
    event.preventDefault();
    act();
  });
  $("in").addEventListener("click", () => zoom(1 / 1.25));
  $("out").addEventListener("click", () => zoom(1.25));
  $("fit").addEventListener("click", fitAll);

  /* --- legend, counts ---------------------------------------------------------------------------- */
  const entry = (inner, text) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const [shape, classes] = inner;
    const el = document.createElementNS(svg.namespaceURI, shape);
    if (shape === "rect") {
      const group = document.createElementNS(svg.namespaceURI, "g");
      group.setAttribute("class", `node ${classes}`);
      Object.entries({ x: 2, y: 1, width: 24, height: 14, rx: classes === "service" || classes === "extern" ? 4 : 7 })
        .forEach(([key, value]) => el.setAttribute(key, value));
      group.append(el);
      svg.append(group);
    } else {
      el.setAttribute("class", `edge ${classes}`);
      el.setAttribute("d", "M0 8h26");
      svg.append(el);
    }
    svg.setAttribute("aria-hidden", "true");
    $("legend").append(make("li", "", "", svg, make("span", "", text)));
  };
  const KINDS = { "service": "service", "extern service": "extern", "gateway": "gateway", "internet": "internet",
    "endpoint": "endpoint", "every pod of a namespace": "namespace", "every pod of the cluster": "any" };
  const present = new Set(data.nodes.map((node) => node.kind));
  for (const [kind, classes] of Object.entries(KINDS)) if (present.has(kind)) entry(["rect", classes], kind);
  entry(["path", ""], "may call");
  if (data.edges.some((edge) => edge.links.some((link) => link.until))) entry(["path", "expires"], "until a date");
  if (data.compares) {
    entry(["path", "added"], "newly permitted");
    entry(["path", "removed"], "taken away");
    entry(["path", "changed"], "requests differ");
  }
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const flows = data.edges.reduce((sum, edge) => sum + edge.links.length, 0);
  $("count").textContent = `${plural(data.nodes.filter((n) => n.kind === "service").length, "service")}, ${plural(flows, "flow")}`;
  fitAll();
  const linked = decodeURIComponent(location.hash.slice(1));
  if (nodes.has(linked)) choose(linked, { move: true });
  document.documentElement.dataset.ready = "yes";
})();
