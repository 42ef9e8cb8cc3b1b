// Columns: one group of bars for each name, above and below zero.

/**
 * `options`: as of a figure, and `rows` of `{ key, name, long, values }`, `series` of `{ name, kind }`, `format`, `shares`,
 * `extra(row)` for more to read out of a row, and `rest()` for what is read out without one.
 */
function columns(options) {
  return figure({
    ...options,
    paint(svg, width, height, self) {
      const { rows, series } = options;
      const bottom = height - AXIS_HEIGHT;
      const right = width - 4;
      const y = linear(
        extent(
          rows.flatMap((row) => row.values.slice(0, series.length)),
          [0],
        ),
        [bottom, 12],
        4,
      );
      const label = options.shares ? y.shares : y.label;
      const left = widthOf(y.ticks.map(label));
      const slot = (right - left) / rows.length;
      const bar = Math.min(34, (slot * 0.72) / series.length);
      svg.append(draw("g", {}, valueRules(y, left, right, label)));
      let free = -Infinity;
      const groups = rows.map((row, index) => {
        const middle = left + slot * (index + 0.5);
        const name = row.name ?? row.key;
        const half = (name.length * CHARACTER) / 2;
        const bars = series.map((one, place) => {
          const value = row.values[place];
          if (value === null || value === undefined) return null;
          const [above, below] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
          const kind = one.kind ?? (value >= 0 ? "gain" : "loss");
          return draw("rect", {
            class: `bar ${kind}`,
            x: round(middle - (bar * series.length) / 2 + bar * place),
            width: round(Math.max(1, bar - 1)),
            y: round(above),
            height: Math.max(value === 0 ? 0 : 0.6, round(below - above)),
          });
        });
        const group = draw("g", {}, bars);
        if (middle - half >= free) {
          group.append(text(middle, bottom + 17, { "text-anchor": "middle" }, name));
          free = middle + half + 4;
        }
        return group;
      });
      svg.append(draw("g", {}, groups));
      walk(
        svg,
        rows.length,
        (px) => Math.max(0, Math.min(rows.length - 1, Math.floor((px - left) / slot))),
        (index) => {
          groups.forEach((group, at) =>
            group.querySelectorAll("rect").forEach((rect) => rect.classList.toggle("lit", at === index)),
          );
          const row = rows[index ?? rows.length - 1];
          if (index === null && options.rest) self.readout.replaceChildren(...options.rest());
          else {
            self.readout.replaceChildren(
              make("span", { class: "when" }, row.long ?? row.key),
              ...series.map((one, place) => entry(one.kind, one.name, options.format(row.values[place]))),
              ...[options.extra?.(row) ?? []].flat(),
            );
          }
        },
      );
    },
  });
}

/** Profit by the hour, the weekday or the month in which round trips ended. */
function clockChart(run, id, title, groups, naming) {
  const rows = (groups ?? []).map((group, index) => ({
    key: String(group.key),
    ...naming(String(group.key), index),
    values: [number(group.profit)],
    group,
  }));
  const traded = rows.filter((row) => number(row.group.count) > 0);
  const best = traded.reduce((best, row) => (best === null || row.values[0] > best.values[0] ? row : best), null);
  const worst = traded.reduce((worst, row) => (worst === null || row.values[0] < worst.values[0] ? row : worst), null);
  const told = best
    ? prose(
        `best ${best.long} with ${gained(best.values[0])} ${run.currency},`,
        `worst ${worst.long} with ${gained(worst.values[0])} ${run.currency}`,
      )
    : "";
  return columns({
    id,
    title,
    height: 200,
    label: `${title}: ${told}.`,
    empty: traded.length === 0 ? (withoutTrips(run) ?? "No round trip falls into any of these.") : null,
    rows,
    series: [{ name: "Profit", kind: undefined }],
    format: (value) => `${gained(value)} ${run.currency}`,
    extra: (row) => [entry(null, "Round trips", count(row.group.count)), entry(null, "Won", percent(row.group.win_rate, 0))],
    rest: () =>
      [
        best ? entry("gain square", `Best, ${best.long}`, gained(best.values[0])) : null,
        worst && worst !== best ? entry("loss square", `Worst, ${worst.long}`, gained(worst.values[0])) : null,
      ].filter(Boolean),
  });
}
