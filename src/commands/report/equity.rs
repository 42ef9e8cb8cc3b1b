//! `tickfold report --equity`: the measures of a curve that no run made.

use std::io::Write;
use std::path::Path;

use comfy_table::{ContentArrangement, Table};
use engine::time::Timestamp;
use replays::metrics::compat::{self, Tool};
use replays::metrics::rolling::{WINDOWS_DAYS, Window, rolling};
use replays::metrics::{CONVENTIONS, Closed, Described, Measure, Measures, Series, Unit, calendar, drawdown};
use serde_json::{Map, Value, json};

use super::Report;
use super::curve::{Curve, read_trades};
use crate::cli::Globals;
use crate::exit::Failure;
use crate::summary::{right, table};

/// How many of the deepest drawdowns are shown.
const DRAWDOWNS: usize = 10;
/// A terminal that is 100 wide shows all of it.
const WIDTH: u16 = 100;
/// Of a curve with a point a day.
const OF_EACH_DAY: &str = "of the daily equity";
/// Of a curve with more.
const OF_EVERY_POINT: &str = "max drawdown, longest drawdown, calmar and the list of drawdowns are of every point of the file; \
     ratios, ulcer index, serenity and rolling windows are of the daily equity";

/// A yearly rate, not a percentage.
pub(super) fn risk_free(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > -1.0);
    rate.ok_or_else(|| "it is a yearly rate such as 0.04 for 4 %".to_owned())
}

/// What another program would say, a line each, or as its document.
pub(super) fn print_compat(
    tool: Tool,
    series: &Series,
    closed: &[Closed],
    globals: &Globals,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let values = compat::values(tool, series, closed);
    if globals.json {
        return Ok(writeln!(out, "{}", compat::text(&values))?);
    }
    let mut all = table(1, &["Name", "Value"]);
    flatten("", &values, &mut all);
    Ok(writeln!(out, "{}", all.trim_fmt())?)
}

impl Report {
    /// Reads the curve and its trades, and prints what they come to.
    pub(super) fn of_curve(&self, equity: &Path, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let curve = Curve::read(equity)?;
        let closed = self.trades.as_deref().map(read_trades).transpose()?;
        if let Some(other) = self.compat {
            // The others take each row for a day, whatever its date.
            return print_compat(other.tool(), &curve.daily, closed.as_deref().unwrap_or_default(), globals, out);
        }
        let told = Told::of(&curve, closed.as_deref(), self.risk_free);
        if globals.json {
            return Ok(writeln!(out, "{:#}", told.document())?);
        }
        for (title, table) in told.tables() {
            if !table.is_empty() {
                writeln!(out, "{title}\n{}\n", table.trim_fmt())?;
            }
        }
        for (name, convention) in told.conventions() {
            writeln!(out, "{name}: {convention}")?;
        }
        if told.carried_days > 0 {
            let days = told.carried_days;
            writeln!(out, "days carried forward: {days} without a point of their own; they count as returns of zero")?;
        }
        Ok(writeln!(out, "f is {} % a year", self.risk_free * 100.0)?)
    }
}

/// What is told of a curve.
struct Told<'a> {
    /// A point for each day.
    series: Series,
    /// What drawdowns are of: every point.
    points: &'a Series,
    /// Which is to be said.
    drawdown: &'static str,
    /// Days that the file has no point of.
    carried_days: usize,
    measures: Measures,
    risk_free: f64,
}

impl<'a> Told<'a> {
    fn of(curve: &'a Curve, closed: Option<&[Closed]>, risk_free: f64) -> Self {
        let series = curve.daily.carried_forward();
        let measures = match closed {
            Some(closed) => Measures::of(&series, closed, risk_free),
            None => Measures::without_trades(&series, risk_free),
        };
        let (measures, drawdown) =
            if curve.is_finer() { (measures.with_drawdowns_of(&curve.points), OF_EVERY_POINT) } else { (measures, OF_EACH_DAY) };
        let carried_days = series.at.len().saturating_sub(curve.daily.at.len());
        Self { series, points: &curve.points, drawdown, carried_days, measures, risk_free }
    }

    fn conventions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        CONVENTIONS.into_iter().chain([("drawdown", self.drawdown)])
    }

    fn document(&self) -> Value {
        let Self { series, measures, risk_free, .. } = self;
        let described = measures.described();
        let own = described.iter().map(|measure| (measure.key, measure.convention));
        let conventions: Map<String, Value> =
            own.chain(self.conventions()).map(|(name, convention)| (name.to_owned(), convention.into())).collect();
        let money = |value: Option<&f64>| value.map(f64::to_string);
        json!({
            "from": series.at.first(),
            "to": series.at.last(),
            "equity": { "start": money(series.equity.first()), "end": money(series.equity.last()) },
            "risk_free": risk_free,
            "periods_per_year": 365,
            "days_carried_forward": self.carried_days,
            "metrics": described.iter().map(|measure| (measure.key.to_owned(), written(measure))).collect::<Map<_, _>>(),
            "reasons": measures.reasons(),
            "conventions": conventions,
            "drawdowns": drawdown::worst(self.points, DRAWDOWNS),
            "rolling": WINDOWS_DAYS.map(|days| columns(days, &rolling(series, days, *risk_free))),
            "months": calendar::months(series),
            "years": calendar::years(series),
        })
    }

    fn tables(&self) -> [(&'static str, Table); 4] {
        [
            ("MONTHLY RETURNS", months(&self.series)),
            ("DRAWDOWNS", drawdowns(self.points)),
            ("ROLLING WINDOWS", windows(&self.series, self.risk_free)),
            ("MEASURES", figures(&self.measures)),
        ]
    }
}

/// Money is a text in JSON, everything else a number.
fn written(measure: &Described) -> Value {
    match (measure.unit, measure.value.value()) {
        (Unit::Amount, Some(value)) => value.to_string().into(),
        (_, value) => value.into(),
    }
}

/// A column a measure, as the report of a run has them.
fn columns(days: u16, windows: &[Window]) -> Value {
    let column = |measure: fn(&Window) -> Measure| windows.iter().map(measure).collect::<Vec<_>>();
    json!({
        "days": days,
        "at": windows.iter().map(|window| window.at).collect::<Vec<_>>(),
        "return": column(|window| window.total_return),
        "volatility": column(|window| window.volatility),
        "sharpe": column(|window| window.sharpe),
        "sortino": column(|window| window.sortino),
        "drawdown": column(|window| window.max_drawdown),
    })
}

fn months(series: &Series) -> Table {
    let mut all = table(1, &["Month", "Return", "Benchmark"]);
    for span in calendar::months(series) {
        let month = format!("{}-{:02}", span.year, span.month.unwrap_or_default());
        all.add_row([month.into(), right(percent(span.total_return)), right(percent(span.benchmark_return))]);
    }
    all
}

fn drawdowns(series: &Series) -> Table {
    let mut all = table(0, &["Depth", "Peak", "Trough", "Recovered", "Days in all"]);
    let date = |at: Timestamp| right(at.to_string().chars().take(10).collect::<String>());
    for fall in drawdown::worst(series, DRAWDOWNS) {
        let recovered = fall.recovery.map_or_else(|| right("not yet"), date);
        let depth = percent(Measure::of(fall.depth));
        all.add_row([right(depth), date(fall.start), date(fall.trough), recovered, right(format!("{:.0}", fall.days))]);
    }
    all
}

/// Where each window stands at the end, and how far it went.
fn windows(series: &Series, risk_free: f64) -> Table {
    let mut all = table(1, &["Window", "Return", "Worst", "Best", "Volatility", "Sharpe", "Worst", "Best", "Worst drawdown"]);
    for days in WINDOWS_DAYS {
        let windows = rolling(series, days, risk_free);
        let Some(last) = windows.last().filter(|last| last.total_return.value().is_some()) else { continue };
        let extreme = |measure: fn(&Window) -> Measure, pick: fn(f64, f64) -> f64| {
            let values = windows.iter().filter_map(|window| measure(window).value());
            values.reduce(pick).map_or(measure(last), Measure::of)
        };
        all.add_row([
            format!("{days} days").into(),
            right(percent(last.total_return)),
            right(percent(extreme(|window| window.total_return, f64::min))),
            right(percent(extreme(|window| window.total_return, f64::max))),
            right(percent(last.volatility)),
            right(decimal(last.sharpe)),
            right(decimal(extreme(|window| window.sharpe, f64::min))),
            right(decimal(extreme(|window| window.sharpe, f64::max))),
            right(percent(extreme(|window| window.max_drawdown, f64::max))),
        ]);
    }
    all
}

fn figures(measures: &Measures) -> Table {
    let mut all = table(1, &["Measure", "Value"]);
    all.set_header(["Measure".into(), right("Value"), "How it is computed, or why there is none".into()]);
    for measure in measures.described() {
        let shown = match measure.unit {
            Unit::Share => percent(measure.value),
            Unit::Ratio => measure.value.value().map_or_else(|| "-".to_owned(), |value| plus_zero(format!("{value:.4}"))),
            Unit::Amount => decimal(measure.value),
            Unit::Days | Unit::Count => measure.value.value().map_or_else(|| "-".to_owned(), |value| format!("{value:.0}")),
        };
        all.add_row([measure.name.into(), right(shown), measure.reason.unwrap_or(measure.convention).into()]);
    }
    all.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    all
}

fn percent(share: Measure) -> String {
    share.value().map_or_else(|| "-".to_owned(), |share| format!("{} %", plus_zero(format!("{:.2}", share * 100.0))))
}

fn decimal(value: Measure) -> String {
    value.value().map_or_else(|| "-".to_owned(), |value| plus_zero(format!("{value:.2}")))
}

/// What rounds to nothing has no sign.
fn plus_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
        _ => text,
    }
}

fn flatten(name: &str, value: &Value, all: &mut Table) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| {
            let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
            flatten(&name, value, all);
        }),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(plain).collect();
            all.add_row([name.into(), right(texts.join("  "))]);
        }
        value => {
            all.add_row([name.into(), right(plain(value))]);
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    }
}
