// The page: its sections in the order of reading.

function sections(run) {
  const { groups = {} } = run;
  const hour = (key) => ({ name: two(Number(key)), long: `${two(Number(key))}:00 to ${two((Number(key) + 1) % 24)}:00` });
  const weekday = (key, index) => ({ name: WEEKDAYS[index] ?? key, long: key });
  const pair = (...figures) => make("div", { class: "pair" }, figures);
  return [
    ["performance", "Performance", null, () => [equityChart(run).element]],
    [
      "returns",
      "Returns",
      null,
      () => [calendar(run), pair(yearsChart(run).element, distributionChart(run).element), daysFacts(run)],
    ],
    ["risk", "Risk", null, () => [rollingChart(run).element, drawdownsTable(run)]],
    [
      "trades",
      "Trades",
      null,
      () => [
        pair(tripsChart(run).element, excursionsChart(run).element),
        pricesChart(run).element,
        folded("Best and worst round trips", tripsTable(run)),
      ],
    ],
    [
      "breakdown",
      "Where it came from",
      "Round trips by what they have in common. Hours and weekdays are of the exit, in UTC.",
      () => [
        groupsTable(
          run,
          "By instrument",
          "Instrument",
          groups.instruments,
          [{ name: "Its price", cell: (row) => change((run.market ?? []).find((market) => market.symbol === row.key)?.change) }],
          total(run),
        ) ?? make("p", { class: "empty" }, withoutTrips(run) ?? "No round trips."),
        (groups.strategies ?? []).length > 1 ? groupsTable(run, "By strategy", "Strategy", groups.strategies) : null,
        groupsTable(run, "By exit", "Exit", groups.exits),
        (groups.strategies ?? []).length > 1
          ? groupsTable(
              run,
              "By strategy and exit",
              "Strategy, exit",
              (groups.strategy_exits ?? []).map((row) => ({ ...row, key: `${row.strategy}, ${row.exit}` })),
            )
          : null,
        pair(
          clockChart(run, "hours", "Profit by hour", groups.hours, hour).element,
          clockChart(run, "weekdays", "Profit by weekday", groups.weekdays, weekday).element,
        ),
      ],
    ],
    [
      "restraint",
      "Held back",
      "Signals that were denied and breakers that tripped: what the risk policy did not let happen.",
      () => [restraintTable(run), controlsChart(run).element],
    ],
    ["costs", "Costs", null, () => [costsFacts(run), pair(costsTables(run))]],
    ["positions", "At the end", null, () => [holdingsTable(run)]],
    ["measures", "All measures", "With how each is computed. Equity based, 365 days a year.", () => [figuresTable(run)]],
    ["about", "About this run", null, () => [aboutFacts(run)]],
  ];
}

function folded(name, content) {
  return content ? make("details", {}, make("summary", {}, name), content) : null;
}

function daysFacts(run) {
  const { days = {} } = run;
  const one = (day) => (day ? `${change(day.return)}, ${gained(day.profit)} ${run.currency}, on ${day.date}` : null);
  return facts([
    ["Days", `${count(days.wins)} gained, ${count(days.losses)} lost, ${count(days.draws)} did not move`],
    ["Best day", one(days.best)],
    ["Worst day", one(days.worst)],
    [
      "Streaks",
      run.streaks && run.trips.total > 0
        ? `at most ${plural(run.streaks.wins, "win")} and ${plural(run.streaks.losses, "loss", "losses")} in a row`
        : null,
    ],
  ]);
}

function costsFacts(run) {
  const costs = run.costs ?? {};
  const fees = Object.entries(costs.fees ?? {}).map(([currency, amount]) => `${money(amount)} ${currency}`);
  const slippage = number(costs.slippage_bps);
  return facts([
    ["Fees as taken", fees.length > 0 ? fees.join(", ") : "none"],
    [
      "Slippage",
      slippage === null
        ? `${NONE} no fill has an arrival price`
        : prose(
            number(costs.slippage) === null ? null : `${gained(costs.slippage)} ${run.currency},`,
            `${signed(slippage, 2)}${THIN}bp against the prices when the orders were asked for; what is worse is positive`,
          ),
    ],
    ["Of the starting equity", run.start > 0 ? percent(number(run.metrics?.fees) / run.start) : null],
  ]);
}

function holdingsTable(run) {
  const balances = Object.entries(run.balances ?? {})
    .filter(([, amount]) => number(amount) !== 0)
    .map(([currency, amount]) => `${money(amount)} ${currency}`);
  const open = run.holdings ?? [];
  return [
    open.length === 0
      ? make("p", { class: "note" }, "No position is open at the end.")
      : table(
          "Positions",
          [
            { name: "Instrument", cell: (row) => row.instrument },
            { name: "Strategy", words: true, cell: (row) => row.strategy },
            { name: "Quantity", cell: (row) => price(row.quantity) },
            { name: "Mean entry", cell: (row) => price(row.average_price) },
            { name: "Last price", cell: (row) => price(row.last_price) },
            { name: "Unrealised, quote", cell: (row) => gained(row.unrealised), tone: (row) => row.unrealised },
          ],
          open,
        ),
    facts([["Balances", balances.join(", ") || null]]),
  ];
}

function aboutFacts(run) {
  const { conventions = {} } = run;
  const pairs = Array.isArray(conventions) ? conventions : Object.entries(conventions);
  const words = pairs.filter(([, value]) => ["string", "number"].includes(typeof value));
  return [
    facts([
      ["Run", run.run_id ? make("code", {}, run.run_id) : null],
      ["Digest", make("code", {}, run.digest)],
      ["Check", run.run_id ? [make("code", {}, `tickfold verify ${run.run_id}`), " derives every decision of it again."] : null],
      [
        "Ask",
        run.run_id ? [make("code", {}, `tickfold why ${run.run_id} ORDER`), " tells why there was an order or a trade."] : null,
      ],
      ["Made by", run.build],
      ["Seed", String(run.seed)],
      [
        "Log",
        `${count(run.records)} records: ${count(run.events)} of market data, ${count(run.decisions)} decisions, ${count(run.signals)} of them signals`,
      ],
      [
        "Orders",
        `${count(run.orders)} asked for, ${count(run.fills)} fills, ${count(run.denials)} denied, ${count(run.rejections)} refused by the venue`,
      ],
    ]),
    make("h3", { class: "apart" }, "Conventions"),
    facts(words.map(([name, value]) => [name.replaceAll("_", " "), String(value)])),
  ];
}

/** Marks where the reader is in the list of contents. */
function follow(links) {
  if (!("IntersectionObserver" in window)) return;
  const seen = new Set();
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
      const first = links.find(([id]) => seen.has(id));
      if (!first) return;
      for (const [id, link] of links) {
        if (id === first[0]) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-10% 0px -55% 0px" },
  );
  for (const [id] of links) watch.observe(document.getElementById(id));
}

/** Draws all figures. One that cannot be drawn says so, and does not take the others with it. */
function paint() {
  for (const figure of figures) {
    try {
      figure.paint();
    } catch (error) {
      console.error(`cannot draw ${figure.element.id}:`, error);
      figure.readout.textContent = "This chart could not be drawn.";
    }
  }
}

function open() {
  const run = readRun(JSON.parse(document.getElementById("document").textContent));
  const main = document.getElementById("main");
  document.getElementById("top").replaceChildren(...head(run).flat());
  main.replaceChildren();
  const links = [];
  for (const [id, title, lead, content] of sections(run)) {
    const section = make(
      "section",
      { id, "aria-labelledby": `${id}-title` },
      make("h2", { id: `${id}-title` }, title),
      lead ? make("p", { class: "lead" }, lead) : null,
    );
    main.append(section);
    links.push([id, make("a", { href: `#${id}` }, title)]);
    try {
      put(section, {}, [content()]);
    } catch (error) {
      console.error(`cannot show ${id}:`, error);
      section.append(make("p", { class: "empty" }, "This part could not be shown."));
    }
  }
  document.getElementById("contents").replaceChildren(
    make(
      "ol",
      {},
      links.map(([, link]) => make("li", {}, link)),
    ),
  );
  document
    .getElementById("foot")
    .replaceChildren(`Made by tickfold from the log alone. The page holds its own numbers and loads nothing.`);
  paint();
  follow(links);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    requestAnimationFrame(paint);
  });
  document.documentElement.dataset.drawn = String(figures.length);
}

open();
