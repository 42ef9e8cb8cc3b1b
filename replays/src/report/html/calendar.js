// The months as a heat map, and the years as bars.

function calendar(run) {
  const months = (run.periods?.months ?? []).map((month) => ({
    key: String(month.key),
    strategy: number(month.return),
    holding: number(month.holding_return),
    profit: number(month.profit),
    trips: number(month.trips?.count),
  }));
  const years = (run.periods?.years ?? []).map((year) => ({
    key: String(year.key),
    strategy: number(year.return),
    holding: number(year.holding_return),
  }));
  const held = months.some((month) => month.holding !== null);
  const box = make("div", { class: "box" });
  const good = months.filter((month) => month.strategy > 0).length;
  const best = months.reduce((best, month) => (best === null || month.strategy > best.strategy ? month : best), null);
  const worst = months.reduce((worst, month) => (worst === null || month.strategy < worst.strategy ? month : worst), null);
  const told =
    months.length === 0
      ? null
      : prose(
          `${plural(months.length, "month")}, ${good} of them with a gain;`,
          `the best was ${monthName(best.key)} with ${change(best.strategy)},`,
          `the worst ${monthName(worst.key)} with ${change(worst.strategy)}.`,
        );
  const show = (which) => box.replaceChildren(heatTable(months, years, which, told));
  const names = [
    ["strategy", "Strategy"],
    ["holding", "Holding"],
    ["excess", "Difference"],
  ];
  if (months.length > 0) show("strategy");
  return make(
    "figure",
    { class: "chart", id: "chart-months" },
    make(
      "figcaption",
      {},
      make(
        "div",
        { class: "heading" },
        make("h3", {}, "Monthly returns, %"),
        make("div", { class: "tools" }, held && months.length > 0 ? choice("Whose", names, "strategy", show) : null),
      ),
      told ? make("p", { class: "note" }, told) : null,
    ),
    months.length > 0 ? box : make("p", { class: "empty" }, "There is no equity yet, so there are no months."),
  );
}

function monthName(key) {
  const [year, month] = key.split("-");
  return `${MONTHS[Number(month) - 1] ?? month} ${year}`;
}

function valueOf(row, which) {
  if (!row) return null;
  if (which !== "excess") return row[which];
  return row.strategy === null || row.holding === null ? null : row.strategy - row.holding;
}

function heatTable(months, years, which, told) {
  const byKey = new Map(months.map((month) => [month.key, month]));
  const names = years.length > 0 ? years.map((year) => year.key) : [...new Set(months.map((month) => month.key.slice(0, 4)))];
  const all = months.map((month) => Math.abs(valueOf(month, which) ?? 0)).sort((left, right) => left - right);
  // One wild month must not make the others pale.
  const full = all[Math.floor((all.length - 1) * 0.9)] || all[all.length - 1] || 1;
  const cell = (row, total) => {
    const value = valueOf(row, which);
    if (value === null) return make("td", { class: total ? "none total" : "none" }, row ? NONE : "");
    const tint = Math.abs(value) < 5e-5 ? "" : value > 0 ? "warm" : "cold";
    const decimals = Math.abs(value) >= 0.9995 ? 0 : full < 0.01 ? 2 : 1;
    const one = make(
      "td",
      { class: `${total ? "total " : ""}${tint}`, title: `${row.key}: ${change(value)}` },
      signed(value * 100, decimals),
    );
    one.style.setProperty("--heat", `${Math.round(6 + 44 * Math.min(1, Math.abs(value) / full))}%`);
    return one;
  };
  return make(
    "table",
    { class: "heat", "aria-label": told },
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("th", { scope: "col" }, "Year"),
        MONTHS.map((month) => make("th", { scope: "col" }, month)),
        make("th", { scope: "col" }, "Year"),
      ),
    ),
    make(
      "tbody",
      {},
      names.map((year) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, year),
          MONTHS.map((_, index) => cell(byKey.get(`${year}-${two(index + 1)}`))),
          cell(
            years.find((one) => one.key === year),
            true,
          ),
        ),
      ),
    ),
  );
}

/** Bars side by side for each year. */
function yearsChart(run) {
  const rows = (run.periods?.years ?? []).map((year) => ({
    key: String(year.key),
    values: [number(year.return), number(year.holding_return)],
    count: number(year.trips?.count),
  }));
  const held = rows.some((row) => row.values[1] !== null);
  return columns({
    id: "years",
    title: "Yearly returns",
    note: held
      ? "The strategy against holding. The first and the last year may be parts of one."
      : "The first and the last year may be parts of one.",
    height: 250,
    label: rows
      .map((row) => `${row.key}: ${change(row.values[0])}${held ? `, holding ${change(row.values[1])}` : ""}`)
      .join("; "),
    empty: rows.some((row) => row.values.some((value) => value !== null && value !== 0))
      ? null
      : "Equity did not move in any year.",
    rows,
    series: [{ name: "Strategy", kind: "mine" }, ...(held ? [{ name: "Holding", kind: "hold" }] : [])],
    format: (value) => change(value),
    shares: true,
    extra: (row) => entry(null, "Round trips", count(row.count)),
  });
}
