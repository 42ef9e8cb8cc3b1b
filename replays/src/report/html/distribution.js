// The distribution of the days: how often the return was how large.

/** Daily returns as a histogram, with the normal curve of the same mean and deviation. */
function distributionChart(run) {
  const whole = wholeDays(run);
  const moved = whole.filter((value) => value !== 0);
  // Days without a position would be one bar that makes all others small.
  const all = moved.length < whole.length * 0.9 ? moved : whole;
  const still = whole.length - all.length;
  const mean = all.reduce((sum, value) => sum + value, 0) / (all.length || 1);
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, all.length - 1));
  const [valueAtRisk, shortfall] = [run.value("var_95"), run.value("cvar_95")];
  const lines = [
    [valueAtRisk, "VaR 95%"],
    [shortfall, "Shortfall"],
  ]
    .filter(([at]) => at !== null)
    .map(([at, name]) => [-Math.abs(at), name]);
  return figure({
    id: "distribution",
    title: "Daily returns",
    note: prose(
      `Bars count days${still > 0 ? `, without the ${count(still)} on which equity did not move` : ""};`,
      "the curve is the normal distribution of their mean and deviation.",
      "One day of all in twenty fell below the value at risk; the shortfall is the mean of those.",
    ),
    height: 250,
    label: prose(
      `${plural(all.length, "daily return")}: mean ${change(mean, 3)}, standard deviation ${percent(deviation, 3)}`,
      ...lines.map(([at, name]) => `and ${name} ${change(at)}`),
    ),
    empty:
      whole.length < 3
        ? `The run has ${plural(whole.length, "day")}: too few for a distribution.`
        : all.length >= 3 && deviation > 0
          ? null
          : "Equity moved on too few days for a distribution.",
    paint(svg, width, height, self) {
      const bins = histogram(all, Math.max(14, Math.min(46, Math.floor(width / 13))));
      const bottom = height - AXIS_HEIGHT;
      const right = width - 8;
      const y = linear([0, Math.max(...bins.map((bin) => bin.count), 1)], [bottom, 34], 4);
      const left = widthOf(y.ticks.map(y.label));
      const [low, high] = [bins[0].from, bins[bins.length - 1].to];
      const x = (value) => left + ((value - low) / (high - low)) * (right - left);
      const { ticks, shares: label } = linear([low, high], [0, 1], width < 400 ? 4 : 7);
      svg.append(
        draw("g", {}, valueRules(y, left, right, y.label)),
        valueAxis(
          Object.assign((value) => x(value), { ticks: ticks.filter((tick) => tick >= low && tick <= high) }),
          bottom,
          label,
        ),
      );
      const bars = bins.map((bin) =>
        draw("rect", {
          class: `bar ${(bin.from + bin.to) / 2 >= 0 ? "gain" : "loss"}`,
          x: round(x(bin.from) + 0.5),
          width: Math.max(0.5, round(x(bin.to) - x(bin.from) - 1)),
          y: round(y(bin.count)),
          height: round(bottom - y(bin.count)),
        }),
      );
      const scale = all.length * (bins[0].to - bins[0].from);
      const curve = Array.from({ length: 121 }, (_, index) => low + ((high - low) * index) / 120).map((value) => [
        x(value),
        y((scale / (deviation * Math.sqrt(2 * Math.PI))) * Math.exp(-(((value - mean) / deviation) ** 2) / 2)),
      ]);
      svg.append(
        draw("g", {}, bars),
        draw("path", { class: "line bound", d: pathOf(curve.map(([px, py]) => [px, Math.max(30, py)])) }),
      );
      lines
        .filter(([at]) => at >= low && at <= high)
        .forEach(([at, name], index) => {
          const words = `${name} ${change(at)}`;
          const fits = x(at) - left > words.length * CHARACTER;
          svg.append(
            line(x(at), 6 + index * 14, x(at), bottom, { class: "limit" }),
            text(x(at) + (fits ? -5 : 5), 14 + index * 14, { class: "over", "text-anchor": fits ? "end" : "start" }, words),
          );
        });
      walk(
        svg,
        bins.length,
        (px) => Math.max(0, Math.min(bins.length - 1, Math.floor(((px - left) / (right - left)) * bins.length))),
        (index) => {
          bars.forEach((bar, at) => bar.classList.toggle("lit", at === index));
          self.readout.replaceChildren(
            ...(index === null
              ? [
                  entry(null, "Mean", change(mean, 3)),
                  entry(null, "Deviation", percent(deviation, 3)),
                  ...["skew", "kurtosis"]
                    .filter((key) => run.value(key) !== null)
                    .map((key) => entry(null, key === "skew" ? "Skew" : "Kurtosis", ratio(run.value(key)))),
                ]
              : [entry(null, `${change(bins[index].from)} to ${change(bins[index].to)}`, plural(bins[index].count, "day"))]),
          );
        },
      );
    },
  });
}

/** Bins of one width with an edge at zero, so that no bar holds gains and losses. What is far out is in the outermost. */
function histogram(all, wanted) {
  const sorted = [...all].sort((left, right) => left - right);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
  const reach = Math.max(at(0.995) - Math.min(0, at(0.005)), 1e-9);
  const step = niceStep(reach / wanted);
  const low = Math.min(Math.floor(Math.max(sorted[0], at(0.005) - reach / 4) / step), -1);
  const high = Math.max(Math.floor(Math.min(sorted[sorted.length - 1], at(0.995) + reach / 4) / step), 0);
  const bins = Array.from({ length: high - low + 1 }, (_, index) => ({
    from: (low + index) * step,
    to: (low + index + 1) * step,
    count: 0,
  }));
  for (const value of all) bins[Math.min(high, Math.max(low, Math.floor(value / step))) - low].count += 1;
  return bins;
}

/** The returns of whole days: those that the measures are made of. */
function wholeDays({ from, to, daily: { returns } }) {
  const begins = from % DAY_MS === 0 ? 0 : 1;
  const ends = to % DAY_MS === 0 ? returns.length : returns.length - 1;
  return returns.slice(begins, Math.max(begins, ends)).filter((value) => value !== null);
}
