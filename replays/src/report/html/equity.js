// Equity against holding, how far it is below its peak, and how much of it is at risk, over one axis of time.

function equityChart(run) {
  const { curve: daily } = run;
  const shown = { log: false, holding: daily.holding?.length > 0 };
  const empty = daily.times.length < 2 ? "Nothing had a price yet, so there is no equity to draw." : null;
  const exposed = daily.exposure?.some((share) => share !== null);
  const worst = run.drawdowns[0];
  const when = daily.fine ? "Equity after fills and at 00:00 UTC" : "Equity at 00:00 UTC";
  const unit = run.currency ? `, ${run.currency}` : "";
  const chart = timeline({
    id: "equity",
    title: `Equity${unit}`,
    note:
      daily.holding?.length > 0
        ? prose(
            `${when}, against the same money put into the instruments in equal parts at their first prices`,
            daily.fine ? "and left alone, drawn from day to day." : "and left alone.",
          )
        : `${when}.`,
    height: (width) => (width < NARROW ? 440 : 560),
    label: describeEquity(run),
    empty,
    times: daily.times,
    when: daily.fine ? moment : day,
    bands:
      worst && stretch(run, worst) < 0.75
        ? [
            {
              from: worst.start,
              to: worst.recovery ?? daily.times[daily.times.length - 1],
              name: `deepest fall, ${change(-worst.depth)}`,
            },
          ]
        : [],
    panels: () => [
      {
        share: 6,
        log: shown.log,
        format: money,
        series: [
          { name: "Strategy", kind: "mine", values: daily.equity },
          ...(shown.holding ? [{ name: "Holding", kind: "hold", values: daily.holding }] : []),
        ],
      },
      {
        share: 2,
        name: "Drawdown",
        always: [0, -0.01],
        format: (value) => change(value),
        shares: true,
        series: [{ name: "Drawdown", kind: "loss", values: daily.drawdown, area: true }],
      },
      ...(exposed
        ? [
            {
              share: 1.5,
              name: "Exposure, share of equity",
              always: [0, 0.1],
              format: (value) => percent(value, 1),
              shares: true,
              series: [{ name: "Exposure", kind: "third", values: daily.exposure, area: true }],
            },
          ]
        : []),
    ],
    tools: [
      choice(
        "Scale",
        [
          [false, "Linear"],
          [true, "Log"],
        ],
        false,
        (log) => {
          shown.log = log;
          chart.paint();
        },
      ),
      daily.holding?.length > 0
        ? choice(
            "Lines",
            [
              [true, "With holding"],
              [false, "Strategy alone"],
            ],
            true,
            (holding) => {
              shown.holding = holding;
              chart.paint();
            },
          )
        : null,
    ],
  });
  return chart;
}

/** The part of the run that a fall takes. One that takes nearly all of it need not be pointed at. */
function stretch({ daily }, { start, recovery }) {
  const last = daily.times[daily.times.length - 1];
  return ((recovery ?? last) - start) / Math.max(1, last - daily.times[0]);
}

function describeEquity(run) {
  const { daily } = run;
  const parts = [
    `Equity went from ${money(run.start)} to ${money(run.end)} ${run.currency}, ${change(run.value("total_return"))}.`,
  ];
  if (daily.holding?.length > 0) {
    const held = daily.holding[daily.holding.length - 1];
    if (held !== null && daily.equity[0] > 0)
      parts.push(`Holding would have ended at ${money(held)}, ${change(held / daily.equity[0] - 1)}.`);
  }
  const worst = run.drawdowns[0];
  if (worst)
    parts.push(
      `The deepest fall was ${percent(worst.depth)}, from ${day(worst.start)} to ${day(worst.trough)},`,
      worst.recovery ? `made good on ${day(worst.recovery)}.` : "not made good yet.",
    );
  return parts.join(" ");
}
