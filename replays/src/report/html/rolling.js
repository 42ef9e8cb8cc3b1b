// Measures over the last days, day by day.

/** Sharpe ratio and volatility over the last days. */
function rollingChart(run) {
  const windows = (run.rolling ?? [])
    .map((one) => ({
      days: one.days,
      sharpe: numbers(one.sharpe),
      sortino: numbers(one.sortino),
      volatility: numbers(one.volatility),
    }))
    .filter((one) => one.sharpe.some((value) => value !== null) || one.volatility.some((value) => value !== null));
  const shortest = Math.min(...(run.rolling ?? []).map((one) => one.days));
  let chosen = windows[0];
  const length = run.daily.days.length;
  const last = (list) => list.findLast((value) => value !== null) ?? null;
  const chart = timeline({
    id: "rolling",
    title: "Rolling Sharpe ratio and volatility",
    note: "Each point looks back over that many days; annualised over 365.",
    height: (width) => (width < NARROW ? 300 : 340),
    label: chosen
      ? prose(
          `Over the last ${chosen.days} days the Sharpe ratio is ${ratio(last(chosen.sharpe))}`,
          `and the volatility ${percent(last(chosen.volatility), 1)} at the end of the run.`,
        )
      : "",
    empty: chosen
      ? null
      : prose(
          `The run has ${plural(length, "day")};`,
          Number.isFinite(shortest) ? `the shortest window needs ${shortest},` : "there is no window to look back over,",
          "in which equity moves.",
        ),
    times: run.daily.days,
    panels: () => [
      {
        share: 3,
        name: "Sharpe ratio",
        always: [0],
        format: ratio,
        series: [{ name: `Sharpe, ${chosen.days} days`, kind: "mine", values: chosen.sharpe }],
      },
      {
        share: 2,
        name: "Volatility, a year",
        always: [0, 0.01],
        format: (value) => percent(value, 1),
        shares: true,
        series: [{ name: "Volatility", kind: "third", values: chosen.volatility, area: true }],
      },
    ],
    tools:
      windows.length > 1
        ? choice(
            "Window",
            windows.map((one) => [one.days, `${one.days} days`]),
            chosen?.days,
            (days) => {
              chosen = windows.find((one) => one.days === days);
              chart.paint();
            },
          )
        : [],
  });
  return chart;
}
