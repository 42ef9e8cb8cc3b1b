//! `tickfold at`: how things stood at a moment.

use std::fmt::Display;
use std::io::Write;

use clap::Args;
use engine::number::{Decimal, Rate};
use replays::explain::standing::{Holding, LastSignal, RiskState, Waiting};
use replays::explain::{Instant, Standing};
use serde_json::{Value, json};

use crate::cli::Globals;
use crate::commands::why::open;
use crate::exit::{Exit, Failure};
use crate::table::{drawn, pairs, table};

/// Show how things stood at a moment: portfolio, open orders, strategies and risk
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold at last end
  tickfold at last 2018-06-01
  tickfold at last 2018-06-01T12:00:00Z --json | jq .positions
  tickfold at last seq:1234       just after a record
  tickfold at last -1h            an hour before the end")]
pub struct At {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
    /// When: a time or a day in UTC, seq:N, end, or -1h
    #[arg(value_name = "TIME", allow_hyphen_values = true)]
    instant: Instant,
}

impl At {
    /// Shows it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let (id, mut history) = open(globals, &self.run)?;
        let count = self.instant.count(&mut history)?;
        let standing = Standing::after(&mut history, count)?;
        if globals.json {
            let mut document = json!(standing);
            let fields = document.as_object_mut();
            let fields = fields.ok_or_else(|| Failure::new(Exit::Failed, "a standing is an object"))?;
            fields.insert("run_id".to_owned(), Value::String(id));
            writeln!(out, "{document:#}")?;
            return Ok(());
        }
        Ok(shown(&standing, out)?)
    }
}

fn shown(standing: &Standing, out: &mut dyn Write) -> std::io::Result<()> {
    let currency = standing.currency.map_or_else(String::new, |currency| currency.to_string());
    let after = standing.seq.map_or_else(|| "before the first record".to_owned(), |seq| format!("after record {seq}"));
    writeln!(out, "{} ({after})\nequity {} {currency}", standing.at, or_dash(standing.equity.map(|equity| short(equity.0, 8))))?;
    let mut balances = table(&["Currency", "Amount", &format!("In {currency}")], |column| column > 0);
    for balance in &standing.balances {
        let value = or_dash(balance.value.map(|value| short(value.0, 8)));
        balances.add_row([balance.currency.to_string(), short(balance.amount.0, 12).to_string(), value]);
    }
    writeln!(out, "\nBALANCES\n{}", drawn(balances))?;
    if !standing.positions.is_empty() {
        writeln!(out, "\nPOSITIONS\n{}", positions(&standing.positions))?;
    }
    if !standing.orders.is_empty() {
        writeln!(out, "\nOPEN ORDERS\n{}", orders(&standing.orders))?;
    }
    if !standing.signals.is_empty() {
        writeln!(out, "\nLAST SIGNALS\n{}", signals(&standing.signals))?;
    }
    if !standing.regimes.is_empty() {
        let mut regimes = table(&["Instrument", "Trend", "Volatility"], |_| false);
        for seen in &standing.regimes {
            let of = |word: &str, bps: u16| format!("{word} {}", percent(Rate::from_bps(bps.into())));
            let (trend, volatility) =
                (of(seen.trend, seen.trend_confidence_bps), of(seen.volatility, seen.volatility_confidence_bps));
            regimes.add_row([seen.instrument.clone(), trend, volatility]);
        }
        writeln!(out, "\nREGIMES\n{}", drawn(regimes))?;
    }
    writeln!(out, "\nRISK\n{}", risk(&standing.risk))?;
    let mut prices = table(&["Instrument", "Last price", "At"], |column| column == 1);
    for last in &standing.prices {
        prices.add_row([last.instrument.clone(), or_dash(last.price.map(|price| price.0)), last.at.to_string()]);
    }
    writeln!(out, "\nPRICES\n{}", drawn(prices))
}

fn positions(held: &[Holding]) -> String {
    let header = ["Strategy", "Instrument", "Quantity", "Average price", "Unrealised", "Realised", "Fees", "Guard"];
    let mut table = table(&header, |column| (2..7).contains(&column));
    for holding in held {
        let rate = holding.unrealised_rate.map_or_else(String::new, |rate| format!(" ({})", percent(rate)));
        let guard = holding.guard.map_or_else(String::new, |guard| {
            let at =
                |what: &str, price: Option<engine::number::Price>| price.map(|price| format!("{what} {}", price.0.normalize()));
            let both: Vec<String> = [at("stop", guard.stop), at("target", guard.target)].into_iter().flatten().collect();
            both.join(", ")
        });
        let mut remarks = vec![guard];
        if holding.unprotected.is_positive() {
            remarks.push(format!("{} bare", holding.unprotected));
        }
        if holding.is_closing {
            remarks.push("on its way out".to_owned());
        }
        remarks.retain(|remark| !remark.is_empty());
        table.add_row([
            holding.owner.clone(),
            holding.instrument.clone(),
            short(holding.quantity.0, 12).to_string(),
            or_dash(holding.average_price.map(|price| price.0)),
            format!("{}{rate}", or_dash(holding.unrealised.map(|amount| short(amount.0, 8)))),
            short(holding.realised.0, 8).to_string(),
            short(holding.fees.0, 8).to_string(),
            remarks.join("; "),
        ]);
    }
    drawn(table)
}

fn orders(open: &[Waiting]) -> String {
    let header = ["Order", "Remaining", "Price", "From the last price", "Status"];
    let mut table = table(&header, |column| (1..4).contains(&column));
    for order in open {
        let status = if order.is_ending { format!("{}, to be canceled", order.status) } else { order.status.to_owned() };
        table.add_row([
            order.text.clone(),
            short(order.remaining.0, 12).to_string(),
            or_dash(order.price.map(|price| price.0.normalize())),
            or_dash(order.distance.map(percent)),
            status,
        ]);
    }
    drawn(table)
}

fn signals(last: &[LastSignal]) -> String {
    let header = ["Strategy", "Instrument", "Wants", "Sure", "Record", "At", "Because"];
    let mut table = table(&header, |column| (3..5).contains(&column));
    for signal in last {
        let wants = if signal.is_waiting { format!("{}, waits", signal.direction) } else { signal.direction.to_owned() };
        let reasons: Vec<String> = signal.reasons.iter().map(|(name, value)| format!("{name}={value}")).collect();
        table.add_row([
            signal.strategy.clone(),
            signal.instrument.clone(),
            wants,
            percent(Rate::from_bps(signal.confidence_bps.into())),
            signal.seq.to_string(),
            signal.at.to_string(),
            reasons.join(" "),
        ]);
    }
    drawn(table)
}

fn risk(risk: &RiskState) -> String {
    let mut table = pairs();
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    let is_paused = risk.pauses.iter().any(|pause| pause.instrument.is_none());
    row(
        "New exposure",
        if risk.is_halted {
            "halted"
        } else if is_paused {
            "paused"
        } else {
            "allowed"
        }
        .to_owned(),
    );
    for pause in &risk.pauses {
        let scope = pause.instrument.as_deref().map_or_else(String::new, |symbol| format!(" in {symbol}"));
        let until = pause.until.map_or_else(|| "until resumed".to_owned(), |until| format!("until {until}"));
        row("Paused", format!("{}{scope} {until}", pause.breaker));
    }
    for trouble in &risk.troubles {
        row("Trouble", (*trouble).to_owned());
    }
    let below = |share: Option<Rate>, mark: Option<engine::number::Amount>| {
        let mark = or_dash(mark.map(|mark| short(mark.0, 8)));
        format!("{} below {mark}", or_dash(share.map(percent)))
    };
    row("Drawdown from the peak", below(risk.drawdown, risk.peak));
    row("Since the day began", below(risk.day_loss, risk.day_start));
    row("Losses in a row", risk.losses_in_a_row.to_string());
    if let Some(adjusted_at) = risk.adjusted_at {
        let (least, scale) = (bps(risk.min_confidence_bps), bps(risk.size_scale_bps));
        row("Controller", format!("signals of at least {least}, entries at {scale}, since {adjusted_at}"));
    }
    if let Some(health) = risk.health {
        let parts: Vec<String> = risk.health_parts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        row("Health", format!("{health} of 100: {}", parts.join(", ")));
    }
    drawn(table)
}

fn bps(bps: u32) -> String {
    percent(Rate::from_bps(bps.into()))
}

fn percent(rate: Rate) -> String {
    format!("{} %", short(rate.0.saturating_mul(Decimal::ONE_HUNDRED), 2))
}

fn short(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp(decimals).normalize()
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
