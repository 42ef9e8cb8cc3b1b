// An instrument's price with the round trips in it. Zoom by dragging over a range, by the buttons, or by the keys + and -.

function pricesChart(run) {
  const charted = run.prices.filter((prices) => prices.bars.length > 1);
  const tradedIn = (prices) => run.trips.rows.filter((trip) => trip.instrument === prices.instrument).length;
  // The one that was traded most comes first to the eye.
  let chosen = charted.reduce((most, prices) => (most === null || tradedIn(prices) > tradedIn(most) ? prices : most), null);
  let range = null;
  const view = () => {
    const { bars, length } = chosen;
    const whole = [bars[0].at, bars[bars.length - 1].at + length];
    if (!range) return whole;
    const least = length * 8;
    const size = Math.min(whole[1] - whole[0], Math.max(least, range[1] - range[0]));
    const from = Math.max(whole[0], Math.min(whole[1] - size, (range[0] + range[1] - size) / 2));
    return [from, from + size];
  };
  const zoom = (factor, shift = 0) => {
    const [from, to] = view();
    const [middle, half] = [(from + to) / 2 + shift * (to - from), ((to - from) / 2) * factor];
    range = [middle - half, middle + half];
    const whole = chosen.bars[chosen.bars.length - 1].at + chosen.length - chosen.bars[0].at;
    if (range[1] - range[0] >= whole) range = null;
    chart.paint();
  };
  const select = make(
    "select",
    {
      "aria-label": "Instrument",
      onchange: () => {
        chosen = charted[select.selectedIndex];
        range = null;
        chart.label = describePrices(run, chosen);
        chart.paint();
      },
    },
    charted.map((prices) => make("option", { selected: prices === chosen }, prices.instrument)),
  );
  const button = (sign, name, act) => make("button", { type: "button", "aria-label": name, title: name, onclick: act }, sign);
  const chart = figure({
    id: "prices",
    title: "Price and trades",
    note: prose(
      "Triangles are entries, at their price; a line leads from each to its exit, in blue with a round end for a gain, in orange",
      "with a square end for a loss. Drag over a range to see it closer, twice-click to see all.",
      charted.some((prices) => prices.regimes.length > 0)
        ? "The strip below is the regime: blue where the market trended, strong where it moved much."
        : null,
      sampled(run),
    ),
    roomy: "two",
    height: (width) => (width < NARROW ? 320 : 440),
    label: chosen ? describePrices(run, chosen) : "",
    empty: chosen ? null : "The log has no prices, or only one.",
    tools: chosen
      ? [
          charted.length > 1 ? select : null,
          make(
            "div",
            { class: "choice", role: "group", "aria-label": "Zoom" },
            button("\u2190", "Earlier", () => zoom(1, -0.4)),
            button("\u2192", "Later", () => zoom(1, 0.4)),
            button("+", "Closer", () => zoom(0.5)),
            button(MINUS, "Farther", () => zoom(2)),
            button("All", "All of it", () => {
              range = null;
              chart.paint();
            }),
          ),
        ]
      : [],
    paint(svg, width, height, self) {
      const [from, to] = view();
      const bars = chosen.bars.filter((bar) => bar.at + chosen.length > from && bar.at < to);
      const trips = run.trips.rows.filter(
        (trip) => trip.instrument === chosen.instrument && trip.exitAt >= from && trip.entryAt <= to,
      );
      const bottom = height - AXIS_HEIGHT - (chosen.regimes.length > 0 ? 16 : 0);
      const right = width - 8;
      const y = linear(
        extent(
          bars.flatMap((bar) => [bar.low, bar.high]),
          trips.flatMap((trip) => [trip.entryPrice, trip.exitPrice]),
        ),
        [bottom, 10],
        Math.round(height / 70),
      );
      const left = widthOf(y.ticks.map(y.label));
      const x = timely([from, to], [left, right], width < NARROW ? 4 : 9);
      const clip = draw("clipPath", { id: "prices-clip" }, draw("rect", { x: left, y: 0, width: right - left, height: bottom }));
      const inside = draw("g", { "clip-path": "url(#prices-clip)" }, candles(bars, chosen.length, x, y), legs(trips, x, y));
      svg.append(
        clip,
        draw("g", {}, valueRules(y, left, right, y.label)),
        timeAxis(x, 10, height - AXIS_HEIGHT, left, right),
        inside,
        regimeStrip(chosen.regimes, from, to, x, bottom + 5),
      );
      const hair = draw("g", { class: "hair", visibility: "hidden" }, line(0, 0, 0, bottom));
      const ring = draw("circle", { class: "ring", r: 6, visibility: "hidden" });
      svg.append(hair, ring);
      if (bars.length === 0) return;
      const at = bars.map((bar) => bar.at + chosen.length / 2);
      let pixel = [NaN, NaN];
      const place = (px, py) => {
        pixel = [px, py];
        return nearest(at, x.invert(px));
      };
      walk(svg, bars.length, place, (index) => showBar(run, self, { hair, ring, bars, trips, x, y, at, chosen, index, pixel }));
      dragging(svg, left, right, bottom, (a, b) => {
        range = [x.invert(a), x.invert(b)];
        chart.paint();
      });
      svg.addEventListener("dblclick", () => {
        range = null;
        chart.paint();
      });
      svg.addEventListener("keydown", (event) => {
        const keys = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => zoom(1e9) };
        if (event.ctrlKey || event.metaKey || !(event.key in keys)) return;
        event.preventDefault();
        keys[event.key]();
      });
    },
  });
  return chart;
}

function describePrices(run, prices) {
  const { bars, instrument } = prices;
  const trips = run.trips.rows.filter((trip) => trip.instrument === instrument);
  const last = bars[bars.length - 1];
  const won = trips.filter((trip) => trip.outcome === "gain").length;
  return prose(
    `${instrument} went from ${price(bars[0].open ?? bars[0].close)} on ${day(bars[0].at)}`,
    `to ${price(last.close)} on ${day(last.at)}; ${plural(trips.length, "round trip")} are shown in it, ${won} with a gain.`,
  );
}

/** Candles where they are wide enough to be told apart, else the range of each bar and a line of closes. */
function candles(bars, length, x, y) {
  const wide = bars.length > 0 ? x(bars[0].at + length) - x(bars[0].at) : 0;
  const middle = (bar) => x(bar.at + length / 2);
  if (wide < 4) {
    const ranges = bars.map((bar) => `M${round(middle(bar))},${round(y(bar.high))}V${round(y(bar.low))}`).join("");
    return draw(
      "g",
      {},
      draw("path", { class: "candle", d: ranges, "stroke-width": Math.max(0.6, Math.min(1.4, round(wide * 0.7))) }),
      draw("path", {
        class: "line",
        d: pathOf(bars.map((bar) => [middle(bar), y(bar.close)])),
        "stroke-opacity": 0.55,
        "stroke-width": 1,
      }),
    );
  }
  const body = Math.min(14, wide * 0.66);
  return draw(
    "g",
    {},
    bars.map((bar) => {
      const [above, below] = [Math.min(y(bar.open), y(bar.close)), Math.max(y(bar.open), y(bar.close))];
      return draw(
        "g",
        { class: `candle ${bar.close >= bar.open ? "up" : "down"}` },
        line(middle(bar), y(bar.high), middle(bar), y(bar.low)),
        draw("rect", {
          x: round(middle(bar) - body / 2),
          width: round(body),
          y: round(above),
          height: Math.max(0.8, round(below - above)),
        }),
      );
    }),
  );
}

/** What kind of market it was thought to be: blue where it went somewhere, stronger where it moved much. */
function regimeStrip(regimes, from, to, x, top) {
  return draw(
    "g",
    { class: "regimes" },
    regimes.map(({ at, name }, index) => {
      const [start, end] = [Math.max(from, at), Math.min(to, regimes[index + 1]?.at ?? to)];
      if (end <= start) return null;
      const kind = `${name.startsWith("trend") ? "trending" : "ranging"}${name.endsWith("calm") ? "" : " wild"}`;
      return draw("rect", { class: kind, x: round(x(start)), width: Math.max(0.3, round(x(end) - x(start))), y: top, height: 8 });
    }),
  );
}

function regimeAt(regimes, at) {
  return regimes.findLast((regime) => regime.at <= at)?.name;
}

function legs(trips, x, y) {
  const crowded = trips.length > 300;
  const [size, end] = crowded ? [3.2, 1.8] : [4.4, 2.8];
  return draw(
    "g",
    { class: "trips" },
    trips.map((trip) => {
      const [x1, y1, x2, y2] = [x(trip.entryAt), y(trip.entryPrice), x(trip.exitAt), y(trip.exitPrice)];
      const entered = draw("path", {
        class: "mark enter",
        d: `M${round(x1)},${round(y1 - size)}l${size},${round(size * 1.7)}h${-2 * size}z`,
      });
      const left =
        trip.outcome === "loss"
          ? draw("rect", { class: "mark loss", x: round(x2 - end), y: round(y2 - end), width: 2 * end, height: 2 * end })
          : draw("circle", { class: `mark ${trip.outcome}`, cx: round(x2), cy: round(y2), r: end * 1.15 });
      return [line(x1, y1, x2, y2, { class: `leg ${trip.outcome}` }), entered, left];
    }),
  );
}

/** The bar under the pointer, and the round trip whose end is close to it. */
function showBar(run, self, { hair, ring, bars, trips, x, y, at, chosen, index, pixel }) {
  hair.setAttribute("visibility", index === null ? "hidden" : "visible");
  ring.setAttribute("visibility", "hidden");
  if (index === null) {
    self.readout.replaceChildren(
      make("span", { class: "when" }, chosen.instrument),
      entry(null, "Bars of", duration(chosen.length / 1000)),
      entry("gain dotted", "Gains", count(trips.filter((trip) => trip.outcome === "gain").length)),
      entry("loss square", "Losses", count(trips.filter((trip) => trip.outcome === "loss").length)),
    );
    return;
  }
  const px = x(at[index]);
  hair.firstChild.setAttribute("x1", round(px));
  hair.firstChild.setAttribute("x2", round(px));
  const [cx, cy] = Number.isFinite(pixel[0]) && Math.abs(pixel[0] - px) < 30 ? pixel : [px, NaN];
  let best = null;
  for (const trip of trips) {
    for (const [tx, ty] of [
      [x(trip.entryAt), y(trip.entryPrice)],
      [x(trip.exitAt), y(trip.exitPrice)],
    ]) {
      const far = Math.hypot(tx - cx, Number.isFinite(cy) ? ty - cy : 0);
      if (far < 9 && (best === null || far < best.far)) best = { trip, far, tx, ty };
    }
  }
  if (best) {
    ring.setAttribute("visibility", "visible");
    ring.setAttribute("cx", round(best.tx));
    ring.setAttribute("cy", round(best.ty));
    self.readout.replaceChildren(...tripEntries(run, best.trip));
    return;
  }
  const bar = bars[index];
  self.readout.replaceChildren(
    make("span", { class: "when" }, moment(bar.at)),
    ...["open", "high", "low", "close"].map((name) => entry(null, name[0].toUpperCase() + name.slice(1), price(bar[name]))),
    ...[regimeAt(chosen.regimes, at[index])].filter(Boolean).map((name) => entry(null, "Regime", name)),
  );
}

/** Dragging over a range with a mouse or a pen chooses it; a finger scrolls the page. */
function dragging(svg, left, right, bottom, choose) {
  let from = null;
  const box = draw("rect", { class: "chosen", y: 0, height: bottom, visibility: "hidden" });
  svg.append(box);
  const pixel = (event) => {
    const area = svg.getBoundingClientRect();
    return Math.max(left, Math.min(right, (event.clientX - area.left) * (svg.viewBox.baseVal.width / (area.width || 1))));
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    from = pixel(event);
    if (event.isTrusted) svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = pixel(event);
    box.setAttribute("visibility", Math.abs(to - from) > 4 ? "visible" : "hidden");
    box.setAttribute("x", round(Math.min(from, to)));
    box.setAttribute("width", round(Math.abs(to - from)));
  });
  const end = (event) => {
    if (from === null) return;
    const to = pixel(event);
    const [start, stop] = [Math.min(from, to), Math.max(from, to)];
    from = null;
    box.setAttribute("visibility", "hidden");
    if (event.type === "pointerup" && stop - start > 8) choose(start, stop);
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);
}
