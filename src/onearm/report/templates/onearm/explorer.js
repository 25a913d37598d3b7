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
  const list = root.querySelector("fieldset ul");

  const limit = root.querySelector("#explorer-limit");
  const everything = (pool) => "1".repeat(pool.studies.length);
  const start = () => ({ pool: 0, model: 0, bits: everything(data.pools[0]) });

  /** What is chosen: places of pool and model, and one "0" or "1" a study. */
  const state = start();

  // ---- looking up ------------------------------------------------------------------------

  const unpacked = new Map();

  /** @param {string} text base64 @param {number} width bytes a number, the lowest first */
  function unpack(text, width) {
    if (!unpacked.has(text)) {
      const view = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
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

  /** One result of the diagram: @returns a function that moves its marks to what was found. */
  function row(name, top) {
    const y = top + 12;
    const caption = draw("text", { x: 0, y: top }, outer);
    const group = draw("g", { class: `explorer-${name}-marks` }, inner);
    const ahead = draw("rect", { class: "ahead", y: y - 3, height: 6 }, group);
    const range = draw("line", { class: "range", y1: y, y2: y }, group);
    const diamond = draw("polygon", { class: "diamond" }, group);
    const point = draw("line", { class: "point", y1: y - 6, y2: y + 6 }, group);
    /** Sets attributes of a mark, or hides it where it has none. */
    const move = (mark, attributes) => Object.entries({ visibility: attributes ? "visible" : "hidden", ...attributes })
      .forEach(([key, value]) => mark.setAttribute(key, value));
    return (found, text) => {
      caption.textContent = text;
      group.setAttribute("data-standing", found ? found.standing : "none");
      const known = (...codes) => found && codes.every((code) => code !== data.notShown && digits(code) !== unknown);
      const { estimate, ci_low: low, ci_high: high, prediction_low: from, prediction_high: to, bound } = found ?? {};
      const [x, x1, x2] = [estimate, low, high].map(at);
      const pooled = known(estimate, low, high) && ["provisional", "headline"].includes(found.standing);
      const single = known(estimate, low, high) && !pooled;
      const bounded = known(bound) && (found.events ? { x1: at(bound), x2: 1000 } : { x1: 0, x2: at(bound) });
      move(diamond, pooled && { points: `${x1},${y} ${x},${y - 8} ${x2},${y} ${x},${y + 8}` });
      move(ahead, pooled && known(from, to) && { x: at(from), width: at(to) - at(from) });
      move(point, single && { x1: x, x2: x });
      move(range, single ? { x1, x2 } : bounded);
    };
  }

  part("chart").setAttribute("aria-label", words.chart);
  const outer = draw("svg", { width: "100%", height: 104, focusable: "false" }, part("chart"));
  const inner = draw("svg", { width: "100%", height: 84, viewBox: "0 0 1000 84", preserveAspectRatio: "none" }, outer);
  for (const tick of [0, 25, 50, 75, 100]) {
    draw("line", { class: "tick", x1: tick * 10, x2: tick * 10, y1: 20, y2: 84 }, inner);
    const anchor = { 0: "start", 100: "end" }[tick] ?? "middle";
    draw("text", { class: "tick", x: `${tick}%`, y: 100, "text-anchor": anchor }, outer).textContent = `${tick} %`;
  }
  const drawProtocol = row("protocol", 14);
  const drawSelection = row("selection", 54);

  // ---- the page follows the state --------------------------------------------------------

  const pool = () => data.pools[state.pool];
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

  /** Builds the list of studies of the chosen pool. */
  function listStudies() {
    list.replaceChildren(...pool().studies.map((study, i) => {
      const item = document.createElement("li");
      const label = item.appendChild(document.createElement("label"));
      const box = label.appendChild(document.createElement("input"));
      Object.assign(box, { type: "checkbox", value: String(i), autocomplete: "off" });
      for (const name of ["label", "counts", "own", "hint"]) {
        if (!study[name]) continue;
        label.append(" ");
        const text = label.appendChild(document.createElement("span"));
        text.className = `explorer-study-${name}`;
        text.textContent = study[name];
      }
      return item;
    }));
    limit.textContent = pool().limit;
    limit.hidden = !pool().limit;
    list.dataset.pool = String(state.pool);
  }

  /** Shows the state: every text, mark and control, and the address. */
  function show({ said = true, written = true } = {}) {
    poolChoice.value = String(state.pool);
    modelChoice.value = String(state.model);
    if (list.dataset.pool !== String(state.pool)) listStudies();
    list.querySelectorAll("input").forEach((box, i) => {
      box.checked = state.bits[i] === "1";
      box.removeAttribute("aria-disabled");
      if (!allowed(toggled(i))) box.setAttribute("aria-disabled", "true");
    });
    const protocol = lookUp(pool(), 0, everything(pool()));
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
    drawProtocol(protocol, fill(words["chart protocol"], { short: pool().short }));
    drawSelection(found, told.chart);
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
  root.querySelector("#explorer-all").addEventListener("click", () => choose({ bits: everything(pool()) }));
  root.querySelector("#explorer-reset").addEventListener("click", () => choose(start()));
  window.addEventListener("hashchange", () => followAddress(true));

  part("off").hidden = true;
  part("on").hidden = false;
  followAddress(false);
  show({ said: false, written: false });
  if (location.hash.startsWith(PREFIX)) root.scrollIntoView();
})();
