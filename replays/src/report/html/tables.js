// Tables.

/** A table in a box of its own. A column is `{ name, cell(row), words }`; a cell is text or an element. */
function table(caption, columns, rows, foot) {
  const cells = (tag, row) =>
    columns.map((column, index) => {
      const content = column.cell(row);
      return make(index === 0 ? "th" : tag, { scope: index === 0 ? "row" : null, class: classOf(column, row) }, content);
    });
  return make(
    "div",
    { class: "box", tabindex: "0", role: "region", "aria-label": caption },
    make(
      "table",
      {},
      make("caption", {}, caption),
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          columns.map((column) => make("th", { scope: "col", class: column.words ? "words" : null }, column.name)),
        ),
      ),
      make(
        "tbody",
        {},
        rows.map((row) => make("tr", {}, cells("td", row))),
      ),
      foot ? make("tfoot", {}, make("tr", {}, cells("td", foot))) : null,
    ),
  );
}

function classOf(column, row) {
  const tone = column.tone ? toneOf(column.tone(row)) : null;
  return [column.words ? "words" : null, column.wrap ? "wrap" : null, tone].filter(Boolean).join(" ") || null;
}

function toneOf(value) {
  const read = number(value);
  return read > 0 ? "gain" : read < 0 ? "loss" : null;
}

/** A share as a small bar beside its number. */
function meter(share) {
  const read = number(share);
  if (read === null) return NONE;
  return [
    percent(read, 1),
    draw(
      "svg",
      { class: "meter", viewBox: "0 0 76 9", "aria-hidden": "true" },
      draw("rect", { class: "track", width: 76, height: 9 }),
      draw("rect", { class: "bar gain", width: round(76 * Math.max(0, Math.min(1, read))), height: 9 }),
    ),
  ];
}

/** Round trips by what they have in common. */
function groupsTable(run, caption, name, groups, extra = [], foot = null) {
  if (!groups || groups.length === 0) return null;
  return table(
    caption,
    [
      { name, cell: (row) => row.key },
      { name: "Round trips", cell: (row) => count(row.count) },
      { name: "Won", cell: (row) => meter(row.win_rate) },
      { name: "Mean return", cell: (row) => change(row.mean_return), tone: (row) => row.mean_return },
      { name: `Profit, ${run.currency}`, cell: (row) => gained(row.profit), tone: (row) => row.profit },
      { name: "Of equity", cell: (row) => change(row.profit_share) },
      { name: "Profit factor", cell: (row) => ratio(row.profit_factor) },
      { name: "Mean duration", cell: (row) => duration(row.mean_held_seconds) },
      ...extra,
    ],
    groups,
    groups.length > 1 ? foot : null,
  );
}

/** All round trips as one row. */
function total(run) {
  const all = run.round_trips ?? {};
  const profit = (number(all.gross_profit) ?? 0) - (number(all.gross_loss) ?? 0);
  const trips = number(all.count) ?? 0;
  const held = number(all.held_ns);
  return {
    key: "All",
    count: trips,
    win_rate: trips > 0 ? all.wins / trips : null,
    mean_return: trips > 0 ? number(all.return_sum) / trips : null,
    profit,
    profit_share: run.start > 0 ? profit / run.start : null,
    profit_factor: number(all.gross_loss) > 0 ? number(all.gross_profit) / number(all.gross_loss) : null,
    mean_held_seconds: trips > 0 && held !== null ? held / trips / 1e9 : null,
  };
}

function drawdownsTable(run) {
  if (run.drawdowns.length === 0) return make("p", { class: "empty" }, "Equity was never below a peak at the end of a day.");
  return table(
    "The deepest falls below a peak",
    [
      { name: "From", cell: (fall) => day(fall.start) },
      { name: "Lowest", cell: (fall) => day(fall.trough) },
      { name: "Recovered", cell: (fall) => (fall.recovery === null ? "not yet" : day(fall.recovery)) },
      { name: "Depth", cell: (fall) => change(-fall.depth), tone: (fall) => -fall.depth },
      { name: "Days down", cell: (fall) => count(Math.round((fall.trough - fall.start) / DAY_MS)) },
      { name: "Days in all", cell: (fall) => count(Math.round(fall.days)) },
    ],
    run.drawdowns,
  );
}

/** Every measure with how it is computed, or why it does not exist. */
function figuresTable(run) {
  const groups = new Map();
  for (const figure of run.figures ?? []) groups.set(figure.group, [...(groups.get(figure.group) ?? []), figure]);
  if (groups.size === 0) return make("p", { class: "empty" }, "The log has no equity, so nothing can be measured.");
  const row = (one) => {
    const missing = number(one.value) === null;
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, one.name),
      make("td", {}, missing ? NONE : measured(run, one)),
      make(
        "td",
        { class: "words wrap why" },
        missing && one.reason ? [make("b", {}, `Not there: ${one.reason}.`), " "] : null,
        one.convention,
      ),
    );
  };
  return make(
    "div",
    { class: "box fits", tabindex: "0", role: "region", "aria-label": "All measures" },
    make(
      "table",
      { class: "measures" },
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          ["Measure", "Value", "How it is computed"].map((name, index) =>
            make("th", { scope: "col", class: index === 2 ? "words" : null }, name),
          ),
        ),
      ),
      [...groups].map(([group, figures]) =>
        make(
          "tbody",
          {},
          make("tr", { class: "group" }, make("th", { colspan: 3, scope: "rowgroup" }, group[0].toUpperCase() + group.slice(1))),
          figures.map(row),
        ),
      ),
    ),
  );
}

function measured(run, { unit, value }) {
  if (unit === "share") return percent(value);
  if (unit === "days") return `${fixed(value, Number.isInteger(value) ? 0 : 1)}${THIN}d`;
  if (unit === "count") return fixed(value, Number.isInteger(value) ? 0 : 1);
  if (unit === "currency" || unit === "amount") return `${money(value)} ${run.currency}`;
  const size = Math.abs(value);
  return fixed(value, size > 0 && size < 0.1 ? 4 : 2);
}

/** The ten best and the ten worst round trips. */
function tripsTable(run) {
  const rows = run.trips.rows.filter((trip) => trip.rate !== null);
  if (rows.length === 0) return null;
  const sorted = [...rows].sort((left, right) => right.rate - left.rate || left.exit_order - right.exit_order);
  const shown = sorted.length > 20 ? [...sorted.slice(0, 10), ...sorted.slice(-10)] : sorted;
  return table(
    prose(sorted.length > 20 ? "The ten best and the ten worst round trips." : "Round trips, the best first.", sampled(run)),
    [
      { name: "Instrument", cell: (trip) => trip.instrument },
      { name: "Strategy", words: true, cell: (trip) => trip.strategy },
      { name: "Entry", cell: (trip) => moment(trip.entryAt) },
      { name: "at", cell: (trip) => price(trip.entryPrice) },
      { name: "Exit", cell: (trip) => moment(trip.exitAt) },
      { name: "at", cell: (trip) => price(trip.exitPrice) },
      { name: "Why", words: true, cell: (trip) => trip.exit },
      { name: "Return", cell: (trip) => change(trip.rate), tone: (trip) => trip.rate },
      { name: `Profit, ${run.currency}`, cell: (trip) => gained(trip.profit), tone: (trip) => trip.profit },
      { name: "Orders", cell: (trip) => `#${trip.entry_order}, #${trip.exit_order}` },
    ],
    shown,
  );
}

function costsTables(run) {
  const costs = run.costs ?? {};
  const sides = [
    ["Maker", costs.maker],
    ["Taker", costs.taker],
  ].map(([name, side]) => ({
    name,
    fills: number(side?.fills) ?? 0,
    notional: number(side?.notional) ?? 0,
    fees: number(side?.fees) ?? 0,
  }));
  const all = sides.reduce((sum, side) => ({
    name: "All",
    fills: sum.fills + side.fills,
    notional: sum.notional + side.notional,
    fees: sum.fees + side.fees,
  }));
  const bps = (side) => (side.notional > 0 ? `${fixed((side.fees / side.notional) * 10000, 1)}${THIN}bp` : NONE);
  const instruments = Object.entries(costs.fees_by_instrument ?? {}).map(([key, fees]) => ({ key, fees: number(fees) }));
  return [
    table(
      "Fees by the kind of fill",
      [
        { name: "Fill", cell: (side) => side.name },
        { name: "Fills", cell: (side) => count(side.fills) },
        { name: `Notional, ${run.currency}`, cell: (side) => money(side.notional) },
        { name: `Fees, ${run.currency}`, cell: (side) => money(side.fees) },
        { name: "Rate", cell: bps },
      ],
      sides,
      all,
    ),
    instruments.length > 0
      ? table(
          "Fees by instrument",
          [
            { name: "Instrument", cell: (row) => row.key },
            { name: `Fees, ${run.currency}`, cell: (row) => money(row.fees) },
            { name: "Share", cell: (row) => (all.fees > 0 ? meter(row.fees / all.fees) : NONE) },
          ],
          instruments,
        )
      : null,
  ];
}

/** Names and values beside each other. */
function facts(pairs) {
  return make(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );
}
