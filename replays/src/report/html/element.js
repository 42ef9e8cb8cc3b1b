// Elements. What comes from the log becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function put(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** An HTML element. An attribute `onclick` is a listener. */
function make(tag, attributes, ...children) {
  return put(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function draw(tag, attributes, ...children) {
  return put(document.createElementNS(SVG, tag), attributes, children);
}

function text(x, y, attributes, ...children) {
  return draw("text", { x: round(x), y: round(y), ...attributes }, ...children);
}

function line(x1, y1, x2, y2, attributes) {
  return draw("line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), ...attributes });
}

/** Tenths of a pixel are enough, and keep the page small. */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** A path through the points that are there; a gap where one is missing. */
function pathOf(points) {
  let path = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    path += `${pen}${round(x)},${round(y)}`;
    pen = "L";
  }
  return path;
}

/** The same, closed down to `base`. */
function areaOf(points, base) {
  let path = "";
  let first = null;
  let last = null;
  const close = () => {
    if (first !== null) path += `L${round(last)},${round(base)}L${round(first)},${round(base)}Z`;
    first = null;
  };
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      close();
      continue;
    }
    path += first === null ? `M${round(x)},${round(y)}` : `L${round(x)},${round(y)}`;
    first ??= x;
    last = x;
  }
  close();
  return path;
}

/** Buttons of which one is pressed. */
function choice(label, options, chosen, choose) {
  const buttons = options.map(([value, name]) =>
    make("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => press(value) }, name),
  );
  const press = (value) => {
    options.forEach(([other], index) => buttons[index].setAttribute("aria-pressed", String(other === value)));
    choose(value);
  };
  return make("div", { class: "choice", role: "group", "aria-label": label }, buttons);
}
