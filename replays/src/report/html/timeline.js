// Panels over one axis of time, with one crosshair through all of them.

/**
 * `options`: as of a figure, and `times` (ms, ascending), `panels()`, `bands` (spans of time that stand out: `{ from, to, name }`)
 * and `when` (how a time is read out). A panel is `{ share, name, log, always, format, shares, series }`: `share` is its part of
 * the height, `shares` says that its values are some. A series is `{ name, kind, values, area }` with a value for each time.
 */
function timeline(options) {
  return figure({
    ...options,
    paint(svg, width, height, self) {
      const panels = options.panels();
      const gap = 32;
      const full = height - AXIS_HEIGHT - gap * (panels.length - 1) - 20;
      const whole = panels.reduce((sum, panel) => sum + panel.share, 0);
      let top = 20;
      const laid = panels.map((panel) => {
        const bottom = top + (full * panel.share) / whole;
        const scale = scaleOf(panel, bottom, top);
        const made = { ...panel, top, bottom, scale, label: panel.shares ? scale.shares : scale.label };
        top = bottom + gap;
        return made;
      });
      const left = Math.max(...laid.map((panel) => widthOf(panel.scale.ticks.map(panel.label))));
      const right = width - 10;
      const { times: at } = options;
      const x = timely([at[0], at[at.length - 1]], [left, right], width < NARROW ? 4 : 9);
      const bottom = laid[laid.length - 1].bottom;
      for (const band of options.bands ?? []) svg.append(bandOf(band, x, laid[0].top, bottom));
      for (const panel of laid) svg.append(drawPanel(panel, at, x, left, right));
      svg.append(timeAxis(x, 20, bottom, left, right));
      const dots = laid.flatMap((panel) =>
        panel.series.map((one) => ({ one, panel, dot: draw("circle", { r: 3.2, class: `dot ${one.kind}` }) })),
      );
      const hair = draw(
        "g",
        { class: "hair", visibility: "hidden" },
        line(0, 14, 0, bottom),
        dots.map(({ dot }) => dot),
      );
      svg.append(hair);
      walk(
        svg,
        at.length,
        (px) => nearest(at, x.invert(px)),
        (index) => {
          const shown = index ?? at.length - 1;
          hair.setAttribute("visibility", index === null ? "hidden" : "visible");
          hair.firstChild.setAttribute("x1", round(x(at[shown])));
          hair.firstChild.setAttribute("x2", round(x(at[shown])));
          for (const { one, panel, dot } of dots) {
            const y = panel.scale(one.values[shown]);
            dot.setAttribute("visibility", Number.isFinite(y) && index !== null ? "visible" : "hidden");
            if (!Number.isFinite(y)) continue;
            dot.setAttribute("cx", round(x(at[shown])));
            dot.setAttribute("cy", round(y));
          }
          self.readout.replaceChildren(
            make("span", { class: "when" }, (options.when ?? day)(at[shown])),
            ...dots.map(({ one, panel }) => entry(one.kind, one.name, panel.format(one.values[shown]))),
          );
        },
      );
    },
  });
}

/** A span of time behind the lines, named where there is room. */
function bandOf({ from, to, name }, x, top, bottom) {
  const [start, end] = [x(from), x(to)];
  const fits = end - start > name.length * CHARACTER + 8;
  return draw(
    "g",
    { class: "band" },
    draw("rect", { x: round(start), width: round(Math.max(1, end - start)), y: top, height: round(bottom - top) }),
    fits ? text((start + end) / 2, top + 13, { "text-anchor": "middle" }, name) : null,
  );
}

function scaleOf(panel, bottom, top) {
  const all = panel.series.flatMap((one) => one.values);
  const [least, most] = extent(all, panel.always ?? []);
  const wanted = Math.max(2, Math.round((bottom - top) / 52));
  return panel.log && least > 0
    ? logarithmic([least, most], [bottom, top], wanted)
    : linear([least, most], [bottom, top], wanted);
}

function drawPanel(panel, at, x, left, right) {
  const { scale, top, bottom } = panel;
  const group = draw(
    "g",
    { class: "panel" },
    valueRules(scale, left, right, panel.label),
    panel.name ? axisName(left, top - 8, panel.name) : null,
  );
  for (const one of panel.series) {
    const points = one.values.map((value, index) => [x(at[index]), scale(value)]);
    if (one.area) {
      const base = Math.min(bottom, Math.max(top, scale(0)));
      group.append(draw("path", { class: `area ${one.kind}`, d: areaOf(points, Number.isFinite(base) ? base : bottom) }));
    }
    group.append(draw("path", { class: `line ${one.kind}`, d: pathOf(points) }));
  }
  return group;
}
