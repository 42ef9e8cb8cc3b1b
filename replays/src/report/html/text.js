// Numbers, times and durations as text. By hand, so that every browser in every language shows the same.

const MINUS = "\u2212";
const THIN = "\u202f";
const NONE = "\u2013";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MS = 86400000;

/** A number from a number or from a decimal's text; null for everything else. */
function number(value) {
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : null;
}

/** With thousands apart and a true minus sign; what rounds to zero has no sign. */
function fixed(value, decimals) {
  const read = number(value);
  if (read === null) return NONE;
  const digits = Math.abs(read).toFixed(decimals);
  if (digits.includes("e")) return `${read < 0 ? MINUS : ""}${digits}`;
  const [whole, rest] = digits.split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = read < 0 && Number(digits) !== 0 ? MINUS : "";
  return `${sign}${apart}${rest ? `.${rest}` : ""}`;
}

/** The same, with a plus where it is one. */
function signed(value, decimals) {
  const text = fixed(value, decimals);
  return number(value) > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

function count(value) {
  return fixed(value, 0);
}

function ratio(value) {
  return fixed(value, 2);
}

function percent(share, decimals = 2) {
  const read = number(share);
  return read === null ? NONE : `${fixed(read * 100, decimals)}${THIN}%`;
}

function change(share, decimals = 2) {
  const read = number(share);
  return read === null ? NONE : `${signed(read * 100, decimals)}${THIN}%`;
}

/** Money, with two decimals; more where it is worth less than one. */
function money(value) {
  const read = number(value);
  if (read === null) return NONE;
  return fixed(read, decimalsOf(read));
}

function gained(value) {
  const read = number(value);
  return read === null ? NONE : signed(read, decimalsOf(read));
}

function decimalsOf(value) {
  const size = Math.abs(value);
  if (size >= 0.995 || size === 0) return 2;
  return Math.min(8, 1 - Math.floor(Math.log10(size)) + 1);
}

/** A price, with about six digits that matter. */
function price(value) {
  const read = number(value);
  if (read === null) return NONE;
  const size = Math.abs(read);
  if (size === 0) return "0";
  return fixed(read, Math.max(0, Math.min(8, 5 - Math.floor(Math.log10(size)))));
}

/** A tick's label: as short as the step between ticks allows. */
function stepped(step) {
  const [unit, sign] = step >= 1e6 ? [1e6, "M"] : [1, ""];
  const size = step / unit;
  let decimals = 0;
  while (decimals < 8 && Math.abs(size * 10 ** decimals - Math.round(size * 10 ** decimals)) > 1e-6 * size * 10 ** decimals)
    decimals += 1;
  return (value) => `${fixed(value / unit, decimals)}${sign}`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

/** `30 Dec 2023` */
function day(ms) {
  const at = new Date(ms);
  if (ms === null || Number.isNaN(at.getTime())) return NONE;
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** `30 Dec 2023 14:00` */
function moment(ms) {
  const at = new Date(ms);
  if (ms === null || Number.isNaN(at.getTime())) return NONE;
  const seconds = at.getUTCSeconds() ? `:${two(at.getUTCSeconds())}` : "";
  return `${day(ms)} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${seconds}`;
}

/** The two largest units that are there: `2 d 4 h`, `13 h 18 min`, `45 s`. */
function duration(seconds) {
  let rest = number(seconds);
  if (rest === null) return NONE;
  if (rest < 1) return rest === 0 ? `0${THIN}s` : `${fixed(rest * 1000, rest < 0.01 ? 1 : 0)}${THIN}ms`;
  rest = Math.round(rest);
  const parts = [];
  for (const [unit, length] of [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ]) {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    if (whole > 0) parts.push(`${count(whole)}${THIN}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** Parts of a text, apart by spaces; what is not there is left out. */
function prose(...parts) {
  return parts.filter(Boolean).join(" ");
}

/** `1 day`, `2 days`. */
function plural(quantity, one, many = `${one}s`) {
  return `${count(quantity)} ${quantity === 1 ? one : many}`;
}
