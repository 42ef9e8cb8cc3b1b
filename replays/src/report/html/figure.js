// A figure: its title, what it says in words, its buttons, a line of values under the pointer, and the drawing.

/** Everything that is drawn again when the page's width changes. */
const figures = [];

/** The pixels of a drawing, and of its parts. */
const NARROW = 560;
const AXIS_HEIGHT = 24;
const CHARACTER = 6.3;

/**
 * `options`: `id`, `title`, `note`, `height` (pixels, or a function of the width), `label` (what a reader who does not see it
 * must know), `empty` (why there is nothing to draw, or null), `roomy` (a class that keeps room for long values, so that the
 * drawing does not move under the pointer), `tools` (elements), and `paint(svg, width, height, figure)`.
 */
function figure(options) {
  const readout = make("p", { class: `readout ${options.roomy ?? ""}` });
  const stage = make("div", { class: "stage" });
  const element = make(
    "figure",
    { class: "chart", id: `chart-${options.id}` },
    make(
      "figcaption",
      {},
      make(
        "div",
        { class: "heading" },
        make("h3", {}, options.title),
        options.empty ? null : make("div", { class: "tools" }, options.tools ?? []),
      ),
      options.note && !options.empty ? make("p", { class: "note" }, options.note) : null,
    ),
    options.empty ? make("p", { class: "empty" }, options.empty) : [readout, stage],
  );
  const self = { element, readout, label: options.label, paint: () => {} };
  if (options.empty) return self;
  self.paint = () => {
    const width = Math.max(240, Math.floor(stage.clientWidth || 640));
    const height = typeof options.height === "function" ? options.height(width) : options.height;
    const held = document.activeElement?.closest?.("svg") === stage.firstElementChild && stage.firstElementChild !== null;
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": self.label });
    options.paint(svg, width, height, self);
    // Read out what the keys show; the pointer would say too much.
    svg.addEventListener("keydown", () => readout.setAttribute("aria-live", "polite"));
    svg.addEventListener("pointermove", () => readout.removeAttribute("aria-live"));
    stage.replaceChildren(svg);
    if (held) svg.focus();
  };
  figures.push(self);
  return self;
}

/** Swatch, name and value: a legend that tells the value under the pointer. */
function entry(kind, name, value) {
  return make(
    "span",
    { class: "entry" },
    kind ? make("i", { class: `swatch ${kind}` }) : null,
    make("span", { class: "name" }, name),
    " ",
    make("b", {}, value),
  );
}

/** The pixels that the labels of a scale need. */
function widthOf(labels) {
  return Math.ceil(labels.reduce((most, label) => Math.max(most, label.length), 2) * CHARACTER) + 8;
}

/** Horizontal rules with their values, left of the drawing. */
function valueRules(scale, left, right, label) {
  return scale.ticks.map((tick) => {
    const y = scale(tick);
    return draw(
      "g",
      { class: tick === 0 ? "rule zero" : "rule" },
      line(left, y, right, y),
      text(left - 7, y + 3.5, { "text-anchor": "end" }, label(tick)),
    );
  });
}

/** Times along the bottom; those that would run into the one before are left out. */
function timeAxis(scale, top, bottom, left, right) {
  const axis = draw("g", { class: "times" });
  let free = -Infinity;
  for (const { at, text: name, strong } of scale.ticks) {
    const x = scale(at);
    const half = (name.length * CHARACTER) / 2;
    axis.append(line(x, bottom, x, bottom + 4, { class: "tick" }));
    const middle = Math.min(Math.max(x, left - 20 + half), right + 8 - half);
    if (middle - half < free) continue;
    if (strong) axis.append(line(x, top, x, bottom, { class: "grid" }));
    axis.append(text(middle, bottom + 17, { "text-anchor": "middle", class: strong ? "strong" : null }, name));
    free = middle + half + 8;
  }
  return axis;
}

/** Plain values along the bottom. */
function valueAxis(scale, bottom, label) {
  let free = -Infinity;
  return draw(
    "g",
    { class: "times" },
    scale.ticks.map((tick) => {
      const name = label(tick);
      const half = (name.length * CHARACTER) / 2;
      const mark = line(scale(tick), bottom, scale(tick), bottom + 4, { class: "tick" });
      if (scale(tick) - half < free) return mark;
      free = scale(tick) + half + 8;
      return [mark, text(scale(tick), bottom + 17, { "text-anchor": "middle" }, name)];
    }),
  );
}

/** The name of an axis, in its corner. */
function axisName(x, y, name, anchor = "start") {
  return text(x, y, { class: "axis-name", "text-anchor": anchor }, name);
}

/**
 * Lets the pointer and the arrow keys walk over `length` places. `place` tells the index at a pixel (x, y),
 * `show(index)` shows it, `show(null)` what is shown at rest.
 */
function walk(svg, length, place, show) {
  let at = null;
  const go = (index) => {
    at = index;
    show(index);
  };
  const pointed = (event) => {
    const box = svg.getBoundingClientRect();
    const zoom = svg.viewBox.baseVal.width / (box.width || 1);
    go(place((event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom));
  };
  svg.setAttribute("tabindex", "0");
  svg.classList.add("walked");
  svg.addEventListener("pointermove", pointed);
  svg.addEventListener("pointerdown", pointed);
  svg.addEventListener("pointerleave", () => go(null));
  svg.addEventListener("blur", () => go(null));
  svg.addEventListener("keydown", (event) => {
    const stride = event.shiftKey ? Math.max(1, Math.round(length / 20)) : 1;
    const targets = { ArrowLeft: (at ?? length) - stride, ArrowRight: (at ?? -1) + stride, Home: 0, End: length - 1 };
    if (event.key === "Escape") go(null);
    if (!(event.key in targets) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(Math.min(length - 1, Math.max(0, targets[event.key])));
  });
  show(null);
}
