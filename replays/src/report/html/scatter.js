// Round trips as points.

/** The words for a round trip under the pointer. */
function tripEntries(run, trip) {
  return [
    make("span", { class: "when" }, `${trip.instrument}, ${trip.strategy}`),
    entry(`${trip.outcome} dotted`, "Return", change(trip.rate)),
    entry(null, "Profit", `${gained(trip.profit)} ${run.currency}`),
    entry(null, "In", `${moment(trip.entryAt)} at ${price(trip.entryPrice)}`),
    entry(null, "Out", `${moment(trip.exitAt)} at ${price(trip.exitPrice)}`),
    entry(null, "Held", duration(trip.seconds)),
    entry(null, "Exit", trip.exit),
    entry(null, "Order", `#${trip.entry_order} to #${trip.exit_order}`),
  ];
}

/** `views`: `{ key, name, x, y, xName, yName, scale, axis, fromZero, diagonal }`, of which one is shown. */
function scatter(options) {
  const { run, views } = options;
  let view = views[0];
  const usable = (one) =>
    run.trips.rows.filter((trip) => Number.isFinite(one.x(trip) ?? NaN) && Number.isFinite(one.y(trip) ?? NaN));
  const shown = options.empty ? [] : views.filter((one) => usable(one).length > 0);
  view = shown[0];
  const chart = figure({
    ...options,
    note: prose(options.note, sampled(run)),
    empty: options.empty ?? (shown.length === 0 ? options.missing : null),
    tools:
      shown.length > 1
        ? choice(
            "View",
            shown.map((one) => [one.key, one.name]),
            view?.key,
            (key) => {
              view = shown.find((one) => one.key === key);
              chart.paint();
            },
          )
        : [],
    paint(svg, width, height, self) {
      const trips = usable(view);
      const bottom = height - AXIS_HEIGHT - 16;
      const right = width - 8;
      const y = linear(extent(trips.map(view.y), [0]), [bottom, 20], 5);
      const left = widthOf(y.ticks.map(y.shares));
      const xs = extent(trips.map(view.x), view.fromZero ? [0] : []);
      const x = view.scale(xs, [left + 6, right - 4], width);
      svg.append(
        draw("g", {}, valueRules(y, left, right, y.shares)),
        view.axis(x, bottom, left, right),
        axisName(left, 10, view.yName),
        axisName(right, height - 3, view.xName, "end"),
      );
      if (view.diagonal) {
        const reach = Math.min(
          xs[1],
          Math.abs(view.diagonal > 0 ? Math.max(...trips.map(view.y)) : Math.min(...trips.map(view.y))),
        );
        svg.append(line(x(0), y(0), x(reach), y(view.diagonal * reach), { class: "middle" }));
      }
      const places = trips.map((trip) => [x(view.x(trip)), y(view.y(trip))]);
      const radius = trips.length > 600 ? 2.4 : 3.2;
      svg.append(
        draw(
          "g",
          { class: "points" },
          trips.map((trip, index) => pointOf(trip, places[index], radius)),
        ),
      );
      const ring = draw("circle", { class: "ring", r: radius + 2.5, visibility: "hidden" });
      svg.append(ring);
      const find = (px, py) => {
        let best = 0;
        let least = Infinity;
        places.forEach(([cx, cy], index) => {
          const far = (cx - px) ** 2 + (cy - py) ** 2;
          if (far < least) [best, least] = [index, far];
        });
        return best;
      };
      const won = trips.filter((trip) => trip.outcome === "gain").length;
      walk(svg, trips.length, find, (index) => {
        ring.setAttribute("visibility", index === null ? "hidden" : "visible");
        if (index === null) {
          self.readout.replaceChildren(
            entry("gain dotted", "Gains", count(won)),
            entry("loss square", "Losses", count(trips.filter((trip) => trip.outcome === "loss").length)),
          );
          return;
        }
        ring.setAttribute("cx", round(places[index][0]));
        ring.setAttribute("cy", round(places[index][1]));
        self.readout.replaceChildren(...tripEntries(run, trips[index]));
      });
    },
  });
  return chart;
}

/** Gains are circles, losses are squares: told apart without colours too. */
function pointOf(trip, [x, y], radius) {
  if (trip.outcome !== "loss") return draw("circle", { class: `point ${trip.outcome}`, cx: round(x), cy: round(y), r: radius });
  const side = radius * 1.75;
  return draw("rect", {
    class: "point loss",
    x: round(x - side / 2),
    y: round(y - side / 2),
    width: round(side),
    height: round(side),
  });
}

/** Durations on a scale of logarithms, with ticks that a clock would have. */
function durations([least, most], [from, to]) {
  const scale = logarithmic([Math.max(least, 1e-3), Math.max(most, 2e-3)], [from, to]);
  const known = [
    [1, "1 s"],
    [10, "10 s"],
    [60, "1 min"],
    [600, "10 min"],
    [3600, "1 h"],
    [4 * 3600, "4 h"],
    [12 * 3600, "12 h"],
    [86400, "1 d"],
    [3 * 86400, "3 d"],
    [10 * 86400, "10 d"],
    [30 * 86400, "30 d"],
    [100 * 86400, "100 d"],
    [365 * 86400, "1 y"],
  ];
  const within = known.filter(([seconds]) => seconds >= least * 0.98 && seconds <= most * 1.02);
  const ticks =
    within.length > 1
      ? within
      : [
          [least, duration(least)],
          [most, duration(most)],
        ];
  const names = new Map(ticks);
  return Object.assign(scale, { ticks: ticks.map(([seconds]) => seconds), label: (seconds) => names.get(seconds) });
}

function tripsChart(run) {
  const y = { y: (trip) => trip.rate, yName: "Return" };
  const rates = run.trips.rows.map((trip) => trip.rate).filter((rate) => rate !== null);
  const held = run.trips.rows
    .map((trip) => trip.seconds)
    .filter((seconds) => seconds !== null)
    .sort((left, right) => left - right);
  return scatter({
    id: "trips",
    run,
    title: "Round trips",
    note: "Profit over cost of each, after fees, by when it ended or by how long it was held.",
    height: 330,
    roomy: "three",
    label:
      rates.length > 0
        ? prose(
            `${plural(run.trips.total, "round trip")}; returns from ${change(Math.min(...rates))} to ${change(Math.max(...rates))};`,
            `half of them were held longer than ${duration(held[Math.floor(held.length / 2)])}.`,
          )
        : "",
    empty: withoutTrips(run),
    missing: "No round trip has a return.",
    views: [
      {
        key: "when",
        name: "By time",
        x: (trip) => trip.exitAt,
        xName: "",
        scale: (range, pixels, width) => timely(range, pixels, width < NARROW ? 4 : 6),
        axis: (x, bottom, left, right) => timeAxis(x, 20, bottom, left, right),
        ...y,
      },
      {
        key: "held",
        name: "By duration",
        x: (trip) => Math.max(trip.seconds ?? NaN, 1e-3),
        xName: "Held",
        scale: durations,
        axis: (x, bottom) => valueAxis(x, bottom, x.label),
        ...y,
      },
    ],
  });
}

function excursionsChart(run) {
  const even = {
    scale: (range, pixels, width) => linear(range, pixels, width < NARROW ? 4 : 6),
    axis: (x, bottom) => valueAxis(x, bottom, x.shares),
    fromZero: true,
  };
  const rows = run.trips.rows.filter((trip) => trip.adverse !== null && trip.favourable !== null);
  const middle = (list) => [...list].sort((left, right) => left - right)[Math.floor(list.length / 2)];
  const winners = rows.filter((trip) => trip.outcome === "gain");
  return scatter({
    id: "excursions",
    run,
    title: "Excursions",
    note: prose(
      "How far the price went against a position at worst, and for it at best, before the exit.",
      "Where gains seldom went far against, a stop can be closer; where losses had been far ahead, an exit can be earlier.",
    ),
    height: 330,
    roomy: "three",
    label:
      rows.length > 0
        ? prose(
            `Half of the round trips went more than ${percent(middle(rows.map((trip) => trip.adverse)))} against the position`,
            winners.length > 0 ? `(of the winning ones ${percent(middle(winners.map((trip) => trip.adverse)))})` : null,
            `and more than ${percent(middle(rows.map((trip) => trip.favourable)))} for it.`,
          )
        : "",
    empty: withoutTrips(run),
    missing: "The log has no prices between entries and exits, so how far they went is not known.",
    views: [
      {
        key: "adverse",
        name: "Adverse",
        x: (trip) => trip.adverse,
        y: (trip) => trip.rate,
        xName: "Most against (MAE)",
        yName: "Return",
        diagonal: -1,
        ...even,
      },
      {
        key: "favourable",
        name: "Favourable",
        x: (trip) => trip.favourable,
        y: (trip) => trip.rate,
        xName: "Most in favour (MFE)",
        yName: "Return",
        diagonal: 1,
        ...even,
      },
      {
        key: "both",
        name: "Both",
        x: (trip) => trip.adverse,
        y: (trip) => trip.favourable,
        xName: "Most against (MAE)",
        yName: "Most in favour (MFE)",
        ...even,
      },
    ],
  });
}
