// Scales: from values to pixels, and where the ticks are.

/** A step of 1, 2, 2.5 or 5 times a power of ten, about as large or larger. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 2.5, 5]) if (rough <= factor * power * 1.1) return factor * power;
  return 10 * power;
}

/** `least` to `most`, never empty and never of one value. */
function extent(values, always = []) {
  let least = Infinity;
  let most = -Infinity;
  for (const value of [values, always].flat()) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least > most) return [0, 1];
  if (least === most) {
    const room = Math.abs(least) * 0.02 || 1;
    return [least - room, most + room];
  }
  return [least, most];
}

/** Widened to whole steps, about `wanted` of them. */
function linear([least, most], [from, to], wanted = 5) {
  const step = niceStep((most - least) / Math.max(1, wanted));
  const low = Math.floor(least / step + 1e-9) * step;
  const high = Math.ceil(most / step - 1e-9) * step;
  const scale = (value) => (value === null || value === undefined ? NaN : from + ((value - low) / (high - low)) * (to - from));
  const ticks = [];
  for (let index = 0; index <= Math.round((high - low) / step); index += 1) ticks.push(low + index * step);
  return Object.assign(scale, {
    ticks: ticks.map((tick) => (Math.abs(tick) < step / 1e6 ? 0 : tick)),
    label: stepped(step),
    shares: (value) => `${stepped(step * 100)(value * 100)}${THIN}%`,
    invert: (pixel) => low + ((pixel - from) / (to - from)) * (high - low),
  });
}

/** For positive values. Ticks are 1, 2 and 5 times powers of ten, or linear ones where the range is short. */
function logarithmic([least, most], [from, to], wanted = 5) {
  const [low, high] = [Math.log(least), Math.log(most)];
  const room = (high - low) * 0.03 || 0.01;
  const [bottom, top] = [low - room, high + room];
  const scale = (value) => (value > 0 ? from + ((Math.log(value) - bottom) / (top - bottom)) * (to - from) : NaN);
  let ticks = [];
  for (let power = Math.floor(Math.log10(least)) - 1; power <= Math.ceil(Math.log10(most)); power += 1) {
    for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
  }
  const within = (list) => list.filter((tick) => tick >= Math.exp(bottom) && tick <= Math.exp(top));
  ticks = within(ticks);
  let step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  if (ticks.length < 3) {
    const even = linear([least, most], [from, to], wanted);
    ticks = within(even.ticks);
    step = even.ticks[1] - even.ticks[0];
  } else if (ticks.length > wanted * 2) {
    ticks = ticks.filter((tick) => /^1(e|0|$|\.)|^0?\.?0*1$/.test(String(tick)));
  }
  const fine = stepped(step);
  return Object.assign(scale, {
    ticks,
    label: (value) => (value >= 1 ? fine(value) : price(value)),
    invert: (pixel) => Math.exp(bottom + ((pixel - from) / (to - from)) * (top - bottom)),
  });
}

/** Months, days or hours of a year, as many as fit. The first of a longer unit names it. */
function timely([first, last], [from, to], wanted = 6) {
  const length = Math.max(1, last - first);
  const scale = (ms) => from + ((ms - first) / length) * (to - from);
  const invert = (pixel) => first + ((pixel - from) / (to - from)) * length;
  const rough = length / Math.max(1, wanted);
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((months) => months * 30.44 * DAY_MS >= rough) ?? 240;
  const shorter = [
    60e3,
    300e3,
    900e3,
    1800e3,
    3600e3,
    2 * 3600e3,
    3 * 3600e3,
    6 * 3600e3,
    12 * 3600e3,
    DAY_MS,
    2 * DAY_MS,
    3 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
  ];
  const step = shorter.find((step) => step >= rough);
  return Object.assign(scale, { ticks: step ? even(first, last, step) : monthly(first, last, months), invert });
}

function even(first, last, step) {
  const ticks = [];
  // Weeks begin on Mondays; the epoch was a Thursday.
  const origin = step >= 7 * DAY_MS ? 4 * DAY_MS : 0;
  for (let at = Math.ceil((first - origin) / step) * step + origin; at <= last; at += step) {
    const date = new Date(at);
    const midnight = at % DAY_MS === 0;
    const hour = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
    const name = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    const year = ticks.some((tick) => tick.year === date.getUTCFullYear()) ? "" : ` ${date.getUTCFullYear()}`;
    ticks.push({
      at,
      year: midnight ? date.getUTCFullYear() : null,
      text: midnight ? `${name}${year}` : hour,
      strong: step < DAY_MS && midnight,
    });
  }
  return ticks;
}

function monthly(first, last, months) {
  const ticks = [];
  const begin = new Date(first);
  const origin = begin.getUTCFullYear() * 12;
  for (let month = Math.floor(origin / months) * months; ; month += months) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > last) return ticks;
    if (at < first) continue;
    const january = month % 12 === 0;
    ticks.push({ at, text: january ? String(Math.floor(month / 12)) : MONTHS[month % 12], strong: january && months < 12 });
  }
}

/** The index of the value that is nearest; `values` ascend. */
function nearest(values, wanted) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle;
    else high = middle;
  }
  return wanted - values[low] <= values[high] - wanted ? low : high;
}
