//! `tickfold indicators`: their values, bar by bar.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use data::files::{BarTime, Policy, ReadOptions, Source, history};
use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, Price, Quantity, Rate};
use engine::time::{Interval, Timestamp};
use serde_json::{Value, json};
use strategies::bars::Bars;
use strategies::candle::Candle;
use strategies::indicators::{INDICATORS, NameError, Named, Parameter, Pattern, named, names};
use strsim::jaro_winkler;

use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::{Exit, Failure};

/// How many bars the table shows: the last ones.
const SHOWN: usize = 40;

/// Print the values of indicators, bar by bar
///
/// The column `ts` is when a bar opened, in milliseconds since 1970 UTC. Each output of an indicator is a column, empty
/// while it warms up: `rsi_14`, or `macd_12_26_9.signal` where there are several.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold indicators --data BTC-USDT_1h.csv.gz --use rsi:14,macd:12:26:9
  tickfold indicators --data BTC-USDT_1m.csv.zst --timeframe 4h --use bbands:20:2,patterns --csv > bands.csv
  tickfold indicators --data BTC-USDT_1h.csv.gz --use atr --json | jq '.[-1].atr_14'
  tickfold indicators --list")]
pub struct Indicators {
    /// A file of candles or trades (CSV, .gz, .zst, .zip, Parquet, Feather, freqtrade JSON)
    #[arg(long, value_name = "PATH", required_unless_present = "list")]
    data: Option<PathBuf>,
    /// Which ones, with their parameters: rsi:14,macd:12:26:9
    #[arg(long = "use", value_name = "NAMES", required_unless_present = "list")]
    names: Option<String>,
    /// Print a row a bar, separated by commas
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// List every indicator with its parameters and outputs
    #[arg(long, conflicts_with_all = ["data", "names"])]
    list: bool,
    /// What the file is of, where its name does not tell it
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// The length of the bars, such as 1m or 1h, where the file does not tell it
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    interval: Option<Interval>,
    /// Build bars of this length from the trades or the finer bars of the file
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    timeframe: Option<Interval>,
    /// Which end of a bar its time column is: open or close
    #[arg(long, value_name = "END", value_parser = ["open", "close"])]
    bar_time: Option<String>,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Nothing from this time on
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Skip malformed rows instead of stopping at the first
    #[arg(long)]
    lenient: bool,
}

/// What rows are printed as.
enum Form {
    Csv,
    Json { rows: u64 },
    Table { last: VecDeque<Vec<String>>, rows: u64 },
}

impl Indicators {
    /// Answers on `out`.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let (Some(path), Some(names)) = (&self.data, &self.names) else { return list(globals, out) };
        let mut indicators = parse(names)?;
        let columns: Vec<String> = indicators.iter().flat_map(Named::columns).cloned().collect();
        let twice = columns.iter().enumerate().find_map(|(at, column)| columns[..at].contains(column).then_some(column));
        if let Some(column) = twice {
            return Err(Failure::new(Exit::Usage, format!("--use asks twice for {column}")));
        }
        let source = Source::open(path, &self.options())?;
        if self.timeframe.is_none() && source.interval().is_none() {
            let kind = source.kind();
            let message = format!("{}: it holds {kind}: say with --timeframe which bars to build from them", path.display());
            return Err(Failure::new(Exit::Usage, message));
        }
        let instrument = instrument(&source);
        let mut bars = self.timeframe.map(|timeframe| Bars::new(&[timeframe]));
        let mut form = Form::begin(self.csv, globals.json, &columns, out)?;
        let mut cells = Vec::with_capacity(columns.len());
        let mut feed = |opened_at: Timestamp, candle: &Candle| {
            cells.clear();
            for indicator in &mut indicators {
                indicator.update(opened_at, candle, &mut cells);
            }
            form.row(opened_at, &columns, &cells, out)
        };
        for event in history(vec![(source, instrument.clone())]) {
            match (event?, &mut bars) {
                ((_, Input::Bar(bar)), None) => feed(bar.opened_at, &Candle::of(&bar, &instrument))?,
                ((at, input), Some(bars)) => {
                    for bar in bars.update(at, |_| Some(&instrument), &input) {
                        feed(bar.opened_at, &bar.candle)?;
                    }
                }
                _ => {}
            }
        }
        Ok(form.end(&columns, out)?)
    }

    fn options(&self) -> ReadOptions {
        ReadOptions {
            bar_time: if self.bar_time.as_deref() == Some("close") { BarTime::Close } else { BarTime::Open },
            interval: self.interval,
            symbol: self.instrument.clone(),
            policy: if self.lenient { Policy::Lenient } else { Policy::Strict },
            from: self.from,
            to: self.to,
        }
    }
}

impl Form {
    fn begin(is_csv: bool, is_json: bool, columns: &[String], out: &mut dyn Write) -> io::Result<Self> {
        if is_csv {
            writeln!(out, "ts,{}", columns.join(","))?;
            return Ok(Self::Csv);
        }
        Ok(if is_json { Self::Json { rows: 0 } } else { Self::Table { last: VecDeque::new(), rows: 0 } })
    }

    fn row(&mut self, opened_at: Timestamp, columns: &[String], cells: &[Option<f64>], out: &mut dyn Write) -> io::Result<()> {
        let ts_ms = opened_at.0.div_euclid(1_000_000);
        match self {
            Self::Csv => {
                write!(out, "{ts_ms}")?;
                for cell in cells {
                    match cell {
                        Some(value) => write!(out, ",{value}")?,
                        None => write!(out, ",")?,
                    }
                }
                writeln!(out)
            }
            Self::Json { rows } => {
                write!(out, "{}{{\"ts\":{ts_ms}", if *rows == 0 { "[\n" } else { ",\n" })?;
                for (column, cell) in columns.iter().zip(cells) {
                    // The names are of letters, digits, `_` and `.` alone.
                    write!(out, ",\"{column}\":{}", Value::from(*cell))?;
                }
                write!(out, "}}")?;
                *rows += 1;
                Ok(())
            }
            Self::Table { last, rows } => {
                *rows += 1;
                if last.len() == SHOWN {
                    last.pop_front();
                }
                let cells = cells.iter().map(|cell| cell.map_or_else(String::new, rounded));
                last.push_back(std::iter::once(opened_at.to_string()).chain(cells).collect());
                Ok(())
            }
        }
    }

    fn end(self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Csv => Ok(()),
            Self::Json { rows } => writeln!(out, "{}", if rows == 0 { "[]" } else { "\n]" }),
            Self::Table { last, rows } => {
                let shown = last.len();
                let mut table = Table::new();
                table.load_style(UTF8_FULL_CONDENSED);
                table.set_header(std::iter::once("Opened at").chain(columns.iter().map(String::as_str)));
                table.add_rows(last);
                for column in table.column_iter_mut().skip(1) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
                writeln!(out, "{table}")?;
                if rows > shown as u64 {
                    eprintln!("note: these are the last {shown} of {rows} bars; --csv and --json print all");
                }
                Ok(())
            }
        }
    }
}

/// The indicators that `--use` names.
fn parse(text: &str) -> Result<Vec<Named>, Failure> {
    let wanted: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if wanted.is_empty() {
        return Err(Failure::new(Exit::Usage, "--use names no indicator: write it like rsi:14,macd:12:26:9"));
    }
    wanted.into_iter().map(|text| named(text).map_err(|error| unknown(&error))).collect()
}

fn unknown(error: &NameError) -> Failure {
    let message = match error {
        NameError::Unknown(name) => {
            let nearest = names().max_by(|a, b| jaro_winkler(a, name).total_cmp(&jaro_winkler(b, name)));
            let nearest = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
            format!("there is no indicator \"{name}\"{nearest} `tickfold indicators --list` shows all")
        }
        NameError::Parameters { given, reason, expected } => {
            format!("cannot make the indicator \"{given}\": {reason}; write it like {expected}")
        }
    };
    Failure::new(Exit::Usage, message)
}

/// Every indicator with its parameters and outputs.
fn list(globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    if globals.json {
        let parameter = |parameter: &Parameter| {
            let Parameter { name, default, least, most, is_whole } = parameter;
            json!({ "name": name, "default": default, "least": least, "most": most, "whole": is_whole })
        };
        let indicators = INDICATORS.iter().map(|known| {
            let parameters: Vec<Value> = known.parameters.iter().map(parameter).collect();
            let (name, summary) = (known.name, known.summary);
            json!({ "name": name, "aliases": known.aliases, "summary": summary, "parameters": parameters, "outputs": known.outputs })
        });
        let document = json!({ "indicators": indicators.collect::<Vec<_>>(), "patterns": &Pattern::NAMES[..] });
        return Ok(writeln!(out, "{document:#}")?);
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["Indicator", "What it is", "Parameters", "Outputs"]);
    for known in INDICATORS {
        let outputs = if known.outputs.len() > 8 { "all of them".to_owned() } else { known.outputs.join(", ") };
        let parameters: Vec<String> = known.parameters.iter().map(|known| format!("{}={}", known.name, known.default)).collect();
        table.add_row([known.name.to_owned(), known.summary.to_owned(), parameters.join(" "), outputs]);
    }
    writeln!(out, "{table}")?;
    writeln!(out, "\nEach candle pattern by itself: {}", Pattern::NAMES.join(", "))?;
    Ok(())
}

/// What to read a file as that nobody trades.
fn instrument(source: &Source) -> Instrument {
    let (price_scale, size_scale) = source.scales();
    let code = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("{text} is a currency code"));
    let step = Quantity(Decimal::new(1, size_scale.into()));
    Instrument {
        id: InstrumentId(0),
        symbol: source.symbol().unwrap_or("the instrument").to_owned(),
        base: code("BASE"),
        quote: code("QUOTE"),
        price_scale,
        size_scale,
        tick_size: Price(Decimal::new(1, price_scale.into())),
        lot_size: step,
        min_size: step,
        maker_fee: Rate::ZERO,
        taker_fee: Rate::ZERO,
    }
}

/// About six digits, which is what a person reads.
fn rounded(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        large if large >= 1_000.0 => 2,
        middle if middle >= 0.1 => 4,
        _ => 8,
    };
    format!("{value:.decimals$}")
}
