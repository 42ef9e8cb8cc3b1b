// The document as charts need it: decimals and times become numbers, days become columns with their times.

/** Milliseconds since 1970 of an instant of UTC; null where there is none. */
function instant(value) {
  if (typeof value !== "string") return null;
  const ms = Date.parse(value.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(ms) ? null : ms;
}

function numbers(list) {
  return (list ?? []).map(number);
}

function readRun(document) {
  const run = { ...document };
  run.from = instant(document.from);
  run.to = instant(document.to);
  run.currency = document.equity?.currency ?? "";
  run.start = number(document.equity?.start);
  run.end = number(document.equity?.end);
  run.daily = readDaily(run, document.daily ?? {});
  run.curve = readCurve(run.daily, document.moments ?? []);
  run.trips = readTrips(document.trips ?? {});
  run.prices = (document.prices ?? []).map((prices) => readPrices(prices, document.changes?.regimes?.[prices.instrument]));
  run.drawdowns = (document.drawdowns ?? []).map((fall) => ({
    ...fall,
    start: instant(fall.start),
    trough: instant(fall.trough),
    recovery: instant(fall.recovery),
  }));
  run.measures = new Map((document.figures ?? []).map((figure) => [figure.key, figure]));
  run.value = (key) => number(run.measures.get(key)?.value) ?? number(document.metrics?.[key]);
  run.mode = ["backtest", "paper", "live"].find((mode) => mode === String(document.mode).toLowerCase()) ?? "run";
  return run;
}

/** Each column begins with the start of the first day, so that the first day's move is seen. */
function readDaily(run, daily) {
  const first = daily.first ? Date.parse(`${daily.first}T00:00:00Z`) : NaN;
  const start = number(daily.start);
  if (Number.isNaN(first) || start === null) return { times: [], equity: [], days: [], returns: [] };
  const length = (daily.equity ?? []).length;
  // A day's value is that of 00:00 UTC of the next, or of the run's end.
  const days = Array.from({ length }, (_, index) => Math.min(first + (index + 1) * DAY_MS, run.to ?? Infinity));
  const held = numbers(daily.holding);
  return {
    days,
    times: [Math.max(first, Math.min(run.from ?? first, days[0] ?? first)), ...days],
    equity: [start, ...numbers(daily.equity)],
    holding: held.some((value) => value !== null) ? [start, ...held] : [],
    drawdown: [0, ...numbers(daily.drawdown).map((share) => (share === null ? null : -share))],
    exposure: [null, ...numbers(daily.exposure)],
    returns: numbers(daily.returns),
    trips: numbers(daily.trips),
    profits: numbers(daily.trip_profit),
  };
}

/** What the equity chart draws: the days, and of a short run the moments between them too. */
function readCurve(daily, moments) {
  const steps = moments
    .map((step) => [instant(step.at), number(step.value)])
    .filter(([at, value]) => at !== null && value !== null);
  if (steps.length === 0 || daily.times.length < 2) return daily;
  const known = new Map([...steps, ...daily.times.map((at, index) => [at, daily.equity[index]])]);
  const times = [...known.keys()].sort((left, right) => left - right);
  const equity = times.map((at) => known.get(at));
  let peak = equity[0];
  const drawdown = equity.map((value) => {
    peak = Math.max(peak, value);
    return peak > 0 ? value / peak - 1 : null;
  });
  const holding = daily.holding.length > 0 ? times.map((at) => between(daily.times, daily.holding, at)) : [];
  return { times, equity, drawdown, holding, exposure: [], fine: true };
}

/** The value at a time on the straight line between the two that are known beside it. */
function between(times, values, at) {
  const next = Math.min(
    times.length - 1,
    Math.max(
      1,
      times.findIndex((time) => time >= at),
    ),
  );
  const [from, to] = [times[next - 1], times[next]];
  const [start, end] = [values[next - 1], values[next]];
  if (start === null || end === null) return null;
  return to > from ? start + ((end - start) * (at - from)) / (to - from) : end;
}

function readTrips(trips) {
  const rows = (trips.rows ?? []).map((trip) => {
    const [entryAt, exitAt] = [instant(trip.entry_at), instant(trip.exit_at)];
    const profit = number(trip.profit);
    return {
      ...trip,
      entryAt,
      exitAt,
      profit,
      rate: number(trip.return),
      adverse: number(trip.adverse),
      favourable: number(trip.favourable),
      entryPrice: number(trip.entry_price),
      exitPrice: number(trip.exit_price),
      seconds: entryAt === null || exitAt === null ? null : Math.max(0, (exitAt - entryAt) / 1000),
      outcome: profit > 0 ? "gain" : profit < 0 ? "loss" : "even",
    };
  });
  return { total: number(trips.total) ?? rows.length, every: number(trips.every) ?? 1, rows };
}

function readPrices(prices, regimes) {
  const length = (number(prices.interval_seconds) ?? 0) * 1000;
  const from = instant(prices.from);
  const columns = ["open", "high", "low", "close"].map((name) => numbers(prices[name]));
  const bars = columns[3].map((close, index) => ({
    at: from + index * length,
    open: columns[0][index],
    high: columns[1][index],
    low: columns[2][index],
    close,
  }));
  const spans = (regimes ?? [])
    .map((regime) => ({ at: instant(regime.at), name: String(regime.name) }))
    .filter((regime) => regime.at !== null);
  return {
    instrument: String(prices.instrument),
    length,
    regimes: spans,
    bars: from === null || length <= 0 ? [] : bars.filter((bar) => bar.close !== null),
  };
}

/** Up to three names, or how many there are. */
function listed(names, noun) {
  if (names.length === 0) return `no ${noun}`;
  if (names.length > 3) return `${names.length} ${noun}`;
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/** Why there is no chart of trades. */
function withoutTrips(run) {
  if (run.trips.total > 0) return null;
  return number(run.fills) > 0
    ? "No round trip was completed: what was bought is still held."
    : "Nothing was traded, so there is nothing to show.";
}

/** That not all round trips are there, where it is so. */
function sampled({ trips }) {
  return trips.every > 1 ? `Shown is every ${trips.every}${ordinal(trips.every)} of ${count(trips.total)} round trips.` : null;
}

function ordinal(value) {
  if (value % 100 > 10 && value % 100 < 14) return "th";
  return ["th", "st", "nd", "rd"][value % 10] ?? "th";
}
