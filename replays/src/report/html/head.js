// The head of the page: what it is, in a title and one paragraph, and the figures that matter most.

const ISSUED = { backtest: "Backtest report", paper: "Paper trading report", live: "Live trading report", run: "Report" };

function titleOf(run) {
  const strategies = (run.groups?.strategies ?? []).map((group) => String(group.key));
  const instruments = (run.market ?? []).map((market) => String(market.symbol));
  const who = strategies.length > 0 ? listed(strategies, "strategies") : "No trades";
  return `${who} on ${listed(instruments, "instruments")}`;
}

function head(run) {
  document.title = `${titleOf(run)} \u2013 Tickfold`;
  const instruments = (run.market ?? []).map((market) => market.symbol);
  const theme = make("button", { type: "button", id: "theme", class: "alone" });
  themed(theme);
  return [
    make("div", { class: "brand" }, make("p", {}, make("b", {}, "Tickfold"), `\u2002${ISSUED[run.mode]}`), theme),
    make("h1", {}, titleOf(run)),
    make(
      "p",
      { class: "under" },
      [spanOf(run), instruments.length > 3 ? instruments.join(", ") : null, run.currency ? `in ${run.currency}` : null]
        .filter(Boolean)
        .join(" \u00b7 "),
    ),
    story(run),
    warnings(run),
    keyFigures(run),
  ];
}

/** The days of a run; the minutes too of a short one. */
function spanOf({ from, to }) {
  if (from === null || to === null) return "without market data";
  return to - from < 3 * DAY_MS ? `${moment(from)} to ${moment(to)} UTC` : `${day(from)} to ${day(to)}`;
}

/** The run in one paragraph. */
function story(run) {
  const strong = (content) => make("b", {}, content);
  if (run.start === null || run.end === null)
    return make("p", { class: "story" }, "There is no equity: no market data came, or none that gives what is owned a price.");
  const gain = run.value("total_return");
  const years = run.to !== null && run.from !== null ? (run.to - run.from) / (365 * DAY_MS) : 0;
  const cagr = run.value("cagr");
  const said = [
    strong(`${money(run.start)} ${run.currency}`),
    " became ",
    strong(`${money(run.end)} ${run.currency}`),
    `: ${change(gain)}`,
    years > 1.05 && cagr !== null ? `, or ${change(cagr)} a year` : "",
    ".",
  ];
  // What was deposited or withdrawn is in the equity, and no gain.
  if (gain !== null && Math.abs(run.end / run.start - 1 - gain) > 1e-4)
    said.push(" Deposits and withdrawals are not in the return.");
  const held = holdingReturn(run);
  if (held !== null) said.push(` Holding instead made ${change(held)}.`);
  const worst = run.drawdowns[0];
  if (worst)
    said.push(
      ` At worst equity was ${percent(worst.depth)} below its peak, on ${day(worst.trough)}`,
      worst.recovery === null ? ", and it has not been back since." : ".",
    );
  const won = run.value("win_rate");
  if (run.trips.total > 0)
    said.push(
      ` Of ${plural(run.trips.total, "round trip")} ${percent(won, 0)} won; fees were ${money(run.metrics?.fees)} ${run.currency}.`,
    );
  else said.push(" No round trip was completed.");
  return make("p", { class: "story" }, said);
}

function holdingReturn(run) {
  const held = run.daily.holding ?? [];
  const last = held[held.length - 1] ?? null;
  return last === null || !(held[0] > 0) ? null : last / held[0] - 1;
}

function warnings(run) {
  const told = [];
  const stop = run.restraint?.stopped_by;
  if (stop)
    told.push(
      `New exposure was stopped${stop.since ? ` on ${moment(instant(stop.since))} UTC` : ""} by ${stop.by}, and still was at the end.`,
    );
  if (number(run.skipped_rows) > 0)
    told.push(
      `${plural(number(run.skipped_rows), "row")} of market data ${run.skipped_rows === 1 ? "was" : "were"} malformed and skipped.`,
    );
  const open = (run.holdings ?? []).length;
  if (open > 0)
    told.push(`${plural(open, "position")} ${open === 1 ? "is" : "are"} still open at the end, valued at the last price.`);
  return told.map((text) => make("p", { class: "warning", role: "note" }, text));
}

function keyFigures(run) {
  const held = holdingReturn(run);
  const worst = run.drawdowns[0];
  const expectancy = number(run.metrics?.expectancy);
  const aside = (name, key, show) => (run.value(key) === null ? null : `${name} ${show(run.value(key))}`);
  const rows = [
    [
      "Total return",
      change(run.value("total_return")),
      held === null ? null : `holding ${change(held)}`,
      run.value("total_return"),
    ],
    ["Return a year", change(run.value("cagr")), aside("volatility", "volatility", (value) => percent(value)), run.value("cagr")],
    [
      "Largest drawdown",
      percent(run.value("max_drawdown")),
      worst ? plural(Math.round(worst.days), "day") + (worst.recovery === null ? " and not over" : " to recover") : null,
    ],
    ["Sharpe ratio", ratio(run.value("sharpe")), aside("Sortino", "sortino", ratio)],
    ["Calmar ratio", ratio(run.value("calmar")), aside("value at risk", "var_95", (value) => percent(Math.abs(value)))],
    ["Win rate", percent(run.value("win_rate"), 1), plural(run.trips.total, "round trip")],
    [
      "Profit factor",
      ratio(run.value("profit_factor")),
      expectancy === null ? null : `${gained(expectancy)} ${run.currency} a round trip`,
    ],
    [
      "Time in the market",
      percent(run.value("exposure"), 1),
      number(run.metrics?.fees) === null ? null : `fees ${money(run.metrics.fees)} ${run.currency}`,
    ],
  ];
  return make(
    "dl",
    { class: "figures" },
    rows.map(([name, value, note, tone]) =>
      make(
        "div",
        {},
        make("dt", {}, name),
        make("dd", { class: ["value", toneOf(tone)].filter(Boolean).join(" ") }, value),
        note ? make("dd", { class: "aside" }, note) : null,
      ),
    ),
  );
}

/** Light, dark, or as the system is; kept where the browser lets a page keep something. */
function themed(button) {
  const root = document.documentElement;
  const order = ["system", "light", "dark"];
  const stored = () => {
    try {
      return localStorage.getItem("tickfold-theme");
    } catch {
      return null;
    }
  };
  let chosen = order.includes(stored()) ? stored() : "system";
  const show = () => {
    if (chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = chosen;
    button.textContent = { system: "Theme: auto", light: "Theme: light", dark: "Theme: dark" }[chosen];
  };
  button.addEventListener("click", () => {
    chosen = order[(order.indexOf(chosen) + 1) % order.length];
    try {
      localStorage.setItem("tickfold-theme", chosen);
    } catch {
      // A page that may keep nothing forgets it.
    }
    show();
  });
  show();
}
