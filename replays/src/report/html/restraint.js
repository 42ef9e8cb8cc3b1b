// What held the run back, and how the controls moved.

function restraintTable(run) {
  const restraint = run.restraint ?? {};
  const rows = [
    ...Object.entries(restraint.denials ?? {}).map(([name, times]) => ({ kind: "Denied", name, times })),
    ...Object.entries(restraint.breakers ?? {}).map(([name, times]) => ({ kind: "Breaker", name, times })),
    ...(number(restraint.adjustments) > 0
      ? [{ kind: "Control", name: "adjustments of size and confidence", times: restraint.adjustments }]
      : []),
    ...(number(restraint.alerts) > 0 ? [{ kind: "Alert", name: "alerts", times: restraint.alerts }] : []),
    ...(number(run.rejections) > 0 ? [{ kind: "Rejected", name: "orders that the venue refused", times: run.rejections }] : []),
    ...(number(run.cancellations) > 0
      ? [{ kind: "Canceled", name: "orders that ended without being asked to", times: run.cancellations }]
      : []),
  ];
  if (rows.length === 0) return make("p", { class: "empty" }, "Nothing was denied, and no breaker tripped.");
  const most = Math.max(...rows.map((row) => number(row.times) ?? 0), 1);
  return put(
    table(
      "By reason",
      [
        { name: "Kind", cell: (row) => row.kind },
        { name: "Reason", words: true, cell: (row) => row.name },
        {
          name: "Times",
          cell: (row) => [
            count(row.times),
            draw(
              "svg",
              { class: "meter", viewBox: "0 0 76 9", "aria-hidden": "true" },
              draw("rect", { class: "bar", width: round((76 * (number(row.times) ?? 0)) / most), height: 9 }),
            ),
          ],
        },
      ],
      rows,
    ),
    { class: "box slim" },
    [],
  );
}

/** Steps as columns on the times at which any of them changes. */
function controlsChart(run) {
  const changes = run.changes ?? {};
  const read = (steps, scale) =>
    (steps ?? [])
      .map((step) => ({ at: instant(step.at), value: number(step.value) === null ? null : step.value * scale }))
      .filter((step) => step.at !== null);
  const lines = [
    {
      name: "Size scale",
      kind: "mine",
      steps: read(changes.size_scale_bps, 1e-4),
      format: (value) => percent(value, 0),
      shares: true,
    },
    {
      name: "Least confidence",
      kind: "third",
      steps: read(changes.min_confidence_bps, 1e-4),
      format: (value) => percent(value, 0),
      shares: true,
    },
    { name: "Health", kind: "loss", steps: read(changes.health, 1), format: (value) => fixed(value, 0) },
  ].filter((line) => line.steps.length > 0);
  const edges = lines.length > 0 ? [run.from, run.to] : [];
  const times = [...new Set([...edges, ...lines.flatMap((line) => line.steps.flatMap((step) => [step.at, step.at + 1]))])]
    .filter((at) => at !== null)
    .sort((left, right) => left - right);
  const column = (steps) => {
    let index = -1;
    return times.map((at) => {
      while (index + 1 < steps.length && steps[index + 1].at < at) index += 1;
      return index < 0 ? null : steps[index].value;
    });
  };
  return timeline({
    id: "controls",
    title: "Controls and health",
    note: prose(
      "How the controller set the size of entries and the confidence that a signal needs, and the health score that it keeps",
      "of each day.",
    ),
    height: 90 * Math.max(1, lines.length) + 60,
    label: lines
      .map(
        (line) =>
          `${line.name} changed ${plural(line.steps.length, "time")} and was ${line.format(line.steps[line.steps.length - 1].value)} at the end`,
      )
      .join("; "),
    empty:
      times.length < 2 || lines.length === 0 ? "The controller did not change anything: it is off, or had no reason to." : null,
    times,
    when: moment,
    panels: () =>
      lines.map((line) => ({
        share: 1,
        name: line.name,
        always: [0],
        format: line.format,
        shares: line.shares,
        series: [{ name: line.name, kind: line.kind, values: column(line.steps) }],
      })),
  });
}
