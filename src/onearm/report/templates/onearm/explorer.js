"use strict";
/*
 * Untick a study. Python has pooled every selection and written every sentence; this script
 * looks a selection up, fills numbers into sentences and moves marks. It computes no statistic.
 */
(() => {
  const root = document.getElementById("explorer");
  const source = document.getElementById("explorer-data");
  if (!root || !source) return;
  const data = JSON.parse(source.textContent);
  const words = data.words;
  const SVG = "http://www.w3.org/2000/svg";
  const PREFIX = "#try=";
  const QUIET = 600; // milliseconds without a change before it is announced

  /** @param {string} name @returns {Element} the element of the class explorer-<name> */
  const part = (name) => root.querySelector(`.explorer-${name}`);
  const poolChoice = root.querySelector("#explorer-pool");
  const modelChoice = root.querySelector("#explorer-model");
  const sortChoice = root.querySelector("#explorer-sort");
  const list = root.querySelector("fieldset ul");

  const limit = root.querySelector("#explorer-limit");
  const everything = (pool) => "1".repeat(pool.studies.length);
  const start = () => ({ pool: 0, model: 0, bits: everything(data.pools[0]) });

  /** What is chosen: places of pool and model, and one "0" or "1" a study. */
  const state = start();

  const pool = () => data.pools[state.pool];

  // ---- looking up ------------------------------------------------------------------------

  const unpacked = new Map();

  /** @param {string} text base64url @param {number} width bytes a number, the lowest first */
  function unpack(text, width) {
    if (!unpacked.has(text)) {
      const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
      const view = new DataView(Uint8Array.from(bytes, (c) => c.charCodeAt(0)).buffer);
      const read = width === 4 ? view.getUint32 : view.getUint16;
      unpacked.set(text, Array.from({ length: view.byteLength / width },
        (_, i) => read.call(view, i * width, true)));
    }
    return unpacked.get(text);
  }

  /** One line of a packed table, by the names of its columns. */
  function line(text, width, names, place, length) {
    const cells = unpack(text, width);
    return Object.fromEntries(names.map((name, i) => [name, cells[i * length + place]]));
  }

  /** All that is known of a selection of a pool by a model, or null where nothing is ticked. */
  function lookUp(pool, model, bits) {
    const place = pool.places.get(bits);
    if (place === undefined) return null;
    const size = pool.subsets.length;
    const facts = line(pool.facts, pool.wide ? 4 : 2, data.facts, place, size);
    const numbers = line(pool.numbers[model], 2, data.columns, place, size);
    return { ...facts, ...numbers, standing: data.standings[facts.standing],
      met: pool.met[facts.met], note: pool.notes[place] ?? "" };
  }

  // ---- words -----------------------------------------------------------------------------

  /** Puts values into the gaps of a sentence. */
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /** A code as the digits it stands for: tenths of a percent, or "<0.1" and the like. */
  const digits = (code) => data.special[code] ?? `${Math.floor(code / 10)}.${code % 10}`;
  const unknown = data.special[1003];
  const percent = (code) => (digits(code) === unknown ? unknown : `${digits(code)} %`);
  const interval = (low, high) =>
    [low, high].some((code) => digits(code) === unknown) ? unknown : `${digits(low)} to ${digits(high)}`;

  /** The change against the protocol, as "+3.1"; empty where there is none to show. */
  function change(found) {
    const tenths = found.change - data.zero;
    if (tenths === data.notShown) return "";
    return `${tenths < 0 ? "-" : "+"}${digits(Math.abs(tenths))}`;
  }

  /** The sentences of a selection. */
  function tell(found) {
    if (!found) return { sentence: words.none, mean: "", change: "", note: "", chart: words["chart none"] };
    const values = {
      events: found.events, n: found.people, kind: data.models[state.model].kind,
      estimate: percent(found.estimate), ci: interval(found.ci_low, found.ci_high),
      bound: percent(found.bound), mean: percent(found.mean_proportion), change: change(found),
    };
    values.who = fill(words.who, { met: found.met[0],
      people: `${found.people} ${words.person[found.people === 1 ? 0 : 1]}` });
    values.ahead = found.prediction_low === data.notShown ? ""
      : fill(words.ahead, { prediction: interval(found.prediction_low, found.prediction_high) });
    const few = found.standing === "single" && found.estimate === data.notShown;
    const kind = few ? "few" : found.standing;
    return {
      sentence: fill(words[kind], values),
      mean: found.mean_proportion === data.notShown ? "" : fill(words.mean, values),
      change: values.change && fill(words.change, values),
      // of counts that are all alike no model is in front, so nothing rests on one
      note: [kind === "no-event" || kind === "only-events" ? "" : found.met[1], found.note]
        .filter(Boolean).join(" "),
      chart: fill(words[`chart ${kind}`] ?? words["chart pooled"], values),
    };
  }

  // ---- drawing ---------------------------------------------------------------------------

  /** Makes an element of the diagram. */
  function draw(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return parent.appendChild(made);
  }

  /** Where a code lies on the axis, which is in tenths of a percent. */
  const at = (code) => (code <= 1000 ? code : code === 1001 ? 0.5 : 999.5);

  /** The marks of a line, as Python draws them. */
  function bar(line, parent) {
    const svg = draw("svg", { class: "bar", viewBox: "0 0 1000 24", preserveAspectRatio: "none",
      "aria-hidden": "true", focusable: "false" }, parent);
    for (const [kind, x] of pool().across) draw("line", { class: kind, x1: x, x2: x, y1: 0, y2: 24 }, svg);
    const [low, middle, high] = line.marks;
    if (line.kind === "plan") draw("polygon", { points: `${low},12 ${middle},4 ${high},12 ${middle},20` }, svg);
    else draw("line", { class: "range", x1: low, x2: high, y1: 12, y2: 12 }, svg);
    if (line.side) draw("line", { class: "mark", x1: middle, x2: middle, y1: 12, y2: 12, style: `stroke-width:${line.side}px` }, svg);
  }

  /** A line of the plot: its words, and its marks between them. */
  function lineOf(line, tag) {
    const made = document.createElement(tag);
    made.className = `line ${line.kind}`;
    for (const name of ["label", "counts", "own", "hint"]) {
      if (name === "own") bar(line, made);
      if (!line[name] && name !== "counts") continue;
      const text = made.appendChild(document.createElement("span"));
      text.className = `explorer-study-${name}`;
      if (name === "counts" && line.at) {
        const link = text.appendChild(document.createElement("a"));
        link.setAttribute("href", line.at);
        link.textContent = line[name];
      } else text.textContent = line[name];
      made.append(" ");
    }
    return made;
  }

  const axis = part("chart").querySelector(".axis");
  const selection = lineOf({ kind: "selection", label: words["chart selection"], counts: "", own: " ",
    marks: [0, 0, 0] }, "span");
  const marks = selection.querySelector("svg");
  marks.replaceChildren();
  marks.classList.add("explorer-selection-marks");
  const ahead = draw("rect", { class: "ahead", y: 9, height: 6 }, marks);
  const range = draw("line", { class: "range", y1: 12, y2: 12 }, marks);
  const diamond = draw("polygon", { class: "diamond" }, marks);
  const point = draw("line", { class: "point", y1: 6, y2: 18 }, marks);

  /** Moves the marks of the selection to what was found. */
  function drawSelection(found, text) {
    /** Sets attributes of a mark, or hides it where it has none. */
    const move = (mark, attributes) => Object.entries({ visibility: attributes ? "visible" : "hidden", ...attributes })
      .forEach(([key, value]) => mark.setAttribute(key, value));
    selection.querySelector(".explorer-study-own").textContent = text;
    selection.querySelector(".explorer-study-counts").textContent = found ? `${found.events}/${found.people}` : "";
    marks.setAttribute("data-standing", found ? found.standing : "none");
    const known = (...codes) => found && codes.every((code) => code !== data.notShown && digits(code) !== unknown);
    const { estimate, ci_low: low, ci_high: high, prediction_low: from, prediction_high: to, bound } = found ?? {};
    const [x, x1, x2] = [estimate, low, high].map(at);
    const pooled = known(estimate, low, high) && ["provisional", "headline"].includes(found.standing);
    const single = known(estimate, low, high) && !pooled;
    const bounded = known(bound) && (found.events ? { x1: at(bound), x2: 1000 } : { x1: 0, x2: at(bound) });
    move(diamond, pooled && { points: `${x1},12 ${x},4 ${x2},12 ${x},20` });
    move(ahead, pooled && known(from, to) && { x: at(from), width: at(to) - at(from) });
    move(point, single && { x1: x, x2: x });
    move(range, single ? { x1, x2 } : bounded);
  }

  // ---- the page follows the state --------------------------------------------------------

  const isProtocol = () => state.model === 0 && state.bits === everything(pool());
  const flip = { 0: "1", 1: "0" };
  const toggled = (i) => Array.from(state.bits, (bit, j) => (i === j ? flip[bit] : bit)).join("");
  const allowed = (bits) => !bits.includes("1") || pool().places.has(bits);

  /** Writes a text, and takes the element away where there is none. */
  function put(name, text) {
    part(name).textContent = text;
    part(name).hidden = !text;
  }

  let waiting = 0;
  /** Tells a screen reader, once the reader has stopped changing things. */
  function announce(text) {
    clearTimeout(waiting);
    waiting = setTimeout(() => { part("said").textContent = text; }, QUIET);
  }

  /** The order in which studies are listed: places of the pool's studies. */
  function sorted(studies) {
    const by = { plan: () => 0, size: (one) => -Number(one.counts.split("/")[1]), rate: (one) => one.marks[1] }[sortChoice.value];
    return studies.map((_, i) => i).sort((a, b) => by(studies[a]) - by(studies[b]) || a - b);
  }

  /** Builds the list of studies of the chosen pool, and the lines below them. */
  function listStudies() {
    list.replaceChildren(...sorted(pool().studies).map((i) => {
      const item = document.createElement("li");
      const label = item.appendChild(lineOf(pool().studies[i], "label"));
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value: String(i), autocomplete: "off" });
      label.prepend(box);
      return item;
    }));
    part("chart").replaceChildren(...pool().lines.map((line) => lineOf(line, "span")), selection, axis);
    limit.textContent = pool().limit;
    limit.hidden = !pool().limit;
    list.dataset.pool = `${state.pool} ${sortChoice.value}`;
  }

  /** Shows the state: every text, mark and control, and the address. */
  function show({ said = true, written = true } = {}) {
    poolChoice.value = String(state.pool);
    modelChoice.value = String(state.model);
    if (list.dataset.pool !== `${state.pool} ${sortChoice.value}`) listStudies();
    list.querySelectorAll("input").forEach((box) => {
      const place = Number(box.value);
      box.checked = state.bits[place] === "1";
      box.removeAttribute("aria-disabled");
      if (!allowed(toggled(place))) box.setAttribute("aria-disabled", "true");
    });
    const found = lookUp(pool(), state.model, state.bits);
    const told = tell(found);
    const ticked = state.bits.replaceAll("0", "").length;
    const exploratory = isProtocol() ? "" : fill(words.exploratory, { ticked, all: state.bits.length,
      model: fill(words[state.model ? "other model" : "own model"], data.models[state.model]) });
    const change = isProtocol() ? "" : told.change;
    const gone = pool().studies.filter((_, i) => state.bits[i] === "0").map((study) => study.label);
    put("protocol", `${words.protocol} ${pool().protocol}`);
    put("banner", exploratory && `${exploratory} ${words.unchanged}`);
    put("result", `${words.selection} ${told.sentence}`);
    put("change", [told.mean, change].filter(Boolean).join(" "));
    put("note", told.note);
    put("left-out", gone.length ? fill(words["left out"], { studies: gone.join("; ") }) : words["nothing left out"]);
    drawSelection(found, told.chart);
    selection.hidden = isProtocol();
    part("view").hidden = state.pool === 0 && isProtocol();
    if (said) announce([exploratory || words.protocol, told.sentence, change].filter(Boolean).join(" "));
    if (written) writeAddress();
  }

  /** Moves to a state that the reader chose. */
  function choose(changes) {
    Object.assign(state, changes);
    put("stale", "");
    show();
  }

  // ---- the address -----------------------------------------------------------------------

  /** Keeps the state in the address; a plain anchor is left alone at the protocol's state. */
  function writeAddress() {
    const plain = state.pool === 0 && isProtocol();
    if (plain && !location.hash.startsWith(PREFIX)) return;
    const hash = `${PREFIX}${pool().key}.${data.models[state.model].key}.${state.bits}`;
    try {
      history.replaceState(null, "", plain ? location.pathname + location.search : hash);
    } catch { /* a page inside another may not write its address; it works without */ }
  }

  /** @returns {object | null} the state an address names, if this page has it */
  function readAddress() {
    const found = /^#try=([0-9a-f]{8})\.([0-9a-f]{8})\.([01]{1,999})$/.exec(location.hash);
    if (!found) return null;
    const place = data.pools.findIndex((one) => one.key === found[1]);
    const model = data.models.findIndex((one) => one.key === found[2]);
    const bits = found[3];
    if (place < 0 || model < 0 || bits.length !== data.pools[place].studies.length) return null;
    if (bits.includes("1") && !data.pools[place].places.has(bits)) return null;
    return { pool: place, model, bits };
  }

  /** Follows the address where it speaks of a selection, or of nothing. */
  function followAddress(said) {
    if (location.hash && !location.hash.startsWith(PREFIX)) return;
    const named = location.hash ? readAddress() : start();
    Object.assign(state, named ?? start());
    put("stale", named ? "" : words.stale);
    show({ said, written: false });
  }

  // ---- start -----------------------------------------------------------------------------

  data.pools.forEach((one) => { one.places = new Map(one.subsets.map((bits, i) => [bits, i])); });
  list.addEventListener("click", (event) => {
    if (!event.target.matches("input[aria-disabled]")) return;
    event.preventDefault();
    announce(pool().limit);
  });
  list.addEventListener("change", (event) => choose({ bits: toggled(Number(event.target.value)) }));
  poolChoice.addEventListener("change", () => {
    const place = Number(poolChoice.value);
    choose({ pool: place, bits: everything(data.pools[place]) });
  });
  modelChoice.addEventListener("change", () => choose({ model: Number(modelChoice.value) }));
  sortChoice.addEventListener("change", () => show({ said: false, written: false }));
  root.querySelector("#explorer-all").addEventListener("click", () => choose({ bits: everything(pool()) }));
  root.querySelector("#explorer-reset").addEventListener("click", () => choose(start()));
  window.addEventListener("hashchange", () => followAddress(true));

  part("choose").hidden = false;
  followAddress(false);
  show({ said: false, written: false });
  if (location.hash.startsWith(PREFIX)) root.scrollIntoView();
})();
