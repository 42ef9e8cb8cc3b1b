//! The table of indicators: one entry each.

use engine::time::Timestamp;

use super::{Definition, Parameter, Rule, Stream};
use crate::candle::Candle;
use crate::indicators::convention::AtrTv;
use crate::indicators::streaming::MAX_PERIOD;
use crate::indicators::{
    Adx, AdxValue, Atr, Bollinger, BollingerValue, CandlePatterns, Cci, Channel, Convention, Donchian, Ema, Keltner, Macd,
    MacdValue, Mfi, Natr, Obv, Pattern, Rma, Roc, Rsi, Sma, Squeeze, SqueezeValue, StdDev, Stochastic, StochasticValue,
    Supertrend, SupertrendValue, Trend, TrueRange, VwapCumulative, VwapRolling, VwapSession, WilliamsR, Wma,
};

/// Every indicator over candles, but for single patterns.
pub const INDICATORS: &[Definition] = &[
    define("sma", "simple moving average", &[period(20)], &["sma"], |p| closes(Sma::new(count(p[0])), Sma::update)),
    define("ema", "exponential moving average", &[period(20)], &["ema"], |p| closes(Ema::new(count(p[0])), Ema::update)),
    define("rma", "Wilder's moving average", &[period(14)], &["rma"], |p| closes(Rma::new(count(p[0])), Rma::update)),
    define("talib_rma", "the same", &[period(14)], &["rma"], |p| closes(Rma::new(count(p[0])), Rma::update)),
    define("wma", "weighted moving average", &[period(20)], &["wma"], |p| closes(Wma::new(count(p[0])), Wma::update)),
    define("stddev", "standard deviation of the close", &[span(20)], &["stddev"], |p| {
        closes(StdDev::new(count(p[0])), StdDev::update)
    })
    .also(&["std_dev"]),
    define("bbands", "Bollinger bands", BANDS, &["upper", "middle", "lower"], |p| {
        each(Bollinger::new(count(p[0]), p[1]), |bands, _, candle| {
            cells(bands.update(candle.close), |BollingerValue { upper, middle, lower }| [upper, middle, lower])
        })
    })
    .also(&["bollinger"]),
    define("percent_b", "the close's place between the Bollinger bands", BANDS, &["percent_b"], |p| {
        each(Bollinger::new(count(p[0]), p[1]), |bands, _, candle| {
            bands.update(candle.close);
            [bands.percent_b(candle.close)]
        })
    }),
    define("bandwidth", "the distance of the Bollinger bands", BANDS, &["bandwidth"], |p| {
        each(Bollinger::new(count(p[0]), p[1]), |bands, _, candle| {
            bands.update(candle.close);
            [bands.bandwidth()]
        })
    }),
    define(
        "squeeze",
        "whether the Bollinger bands are at their narrowest",
        &[span(20), whole("lookback", 1, 125.0)],
        &["bandwidth", "squeezed", "released"],
        |p| {
            each(Squeeze::new(count(p[0]), count(p[1])), |squeeze, _, candle| {
                cells(squeeze.update(candle.close), |SqueezeValue { bandwidth, is_squeezed, released }| {
                    [bandwidth, f64::from(u8::from(is_squeezed)), f64::from(u8::from(released))]
                })
            })
        },
    ),
    define("rsi", "relative strength index", &[span(14)], &["rsi"], |p| closes(Rsi::new(count(p[0])), Rsi::update)),
    define(
        "macd",
        "moving average convergence/divergence",
        &[whole("fast", 2, 12.0), whole("slow", 2, 26.0), whole("signal", 1, 9.0)],
        &["macd", "signal", "hist"],
        |p| {
            each(Macd::new(count(p[0]), count(p[1]), count(p[2])), |macd, _, candle| {
                cells(macd.update(candle.close), |MacdValue { macd, signal, histogram }| [macd, signal, histogram])
            })
        },
    )
    .under((|p| p[0] < p[1], "its fast must be below its slow")),
    define(
        "stoch",
        "stochastic oscillator",
        &[whole("k", 1, 14.0), whole("slow_k", 1, 3.0), whole("d", 1, 3.0)],
        &["slowk", "slowd"],
        |p| {
            each(Stochastic::new(count(p[0]), count(p[1]), count(p[2])), |stochastic, _, candle| {
                cells(stochastic.update(candle), |StochasticValue { k, d }| [k, d])
            })
        },
    )
    .also(&["stochastic"]),
    define("willr", "Williams %R", &[span(14)], &["willr"], |p| candles(WilliamsR::new(count(p[0])), WilliamsR::update))
        .also(&["williams_r"]),
    define("cci", "commodity channel index", &[span(20)], &["cci"], |p| candles(Cci::new(count(p[0])), Cci::update)),
    define("roc", "rate of change, in percent", &[period(10)], &["roc"], |p| closes(Roc::new(count(p[0])), Roc::update)),
    define("trange", "true range", &[], &["trange"], |_| candles(TrueRange::new(), TrueRange::update)).also(&["true_range"]),
    define("atr", "average true range", &[period(14)], &["atr"], |p| candles(Atr::new(count(p[0])), Atr::update)),
    define("atr_tv", "average true range, as TradingView starts it", &[period(14)], &["atr"], |p| {
        candles(AtrTv::new(count(p[0])), AtrTv::update)
    })
    .column("atr", "_tv"),
    define("natr", "average true range in percent of the close", &[period(14)], &["natr"], |p| {
        candles(Natr::new(count(p[0])), Natr::update)
    }),
    define("adx", "average directional index", &[span(14)], &["adx"], |p| {
        each(Adx::new(count(p[0])), |adx, _, candle| [adx.update(candle).and_then(|AdxValue { adx, .. }| adx)])
    }),
    define("plus_di", "+DI, the share of the range that moved up", &[span(14)], &["plus_di"], |p| {
        each(Adx::new(count(p[0])), |adx, _, candle| cells(adx.update(candle), |AdxValue { plus_di, .. }| [plus_di]))
    }),
    define("minus_di", "-DI, the share of the range that moved down", &[span(14)], &["minus_di"], |p| {
        each(Adx::new(count(p[0])), |adx, _, candle| cells(adx.update(candle), |AdxValue { minus_di, .. }| [minus_di]))
    }),
    define("donchian", "Donchian channel", &[period(20)], CHANNEL, donchian),
    define("talib_donchian", "the same", &[period(20)], CHANNEL, donchian),
    define("keltner", "Keltner channel, as TradingView has it", KELTNER, CHANNEL, |p| keltner(p, Convention::TradingView)),
    define("talib_kc", "Keltner channel, as TA-Lib has it", KELTNER, CHANNEL, |p| keltner(p, Convention::TaLib)),
    define(
        "supertrend",
        "Supertrend, as TradingView starts it; its direction is 0 before there is one",
        SUPERTREND,
        &["supertrend", "direction", "final_upper", "final_lower"],
        |p| {
            each(Supertrend::new(count(p[0]), p[1]), |supertrend, _, candle| {
                let value = supertrend.update(candle);
                let [line, upper, lower] = cells(value, |SupertrendValue { value, upper, lower, .. }| [value, upper, lower]);
                [line, Some(direction(value)), upper, lower]
            })
        },
    ),
    define("talib_supertrend", "Supertrend, as TA-Lib starts it", SUPERTREND, &["supertrend", "trend"], |p| {
        each(Supertrend::with_convention(count(p[0]), p[1], Convention::TaLib), |supertrend, _, candle| {
            let value = supertrend.update(candle);
            [value.map(|supertrend| supertrend.value), Some(direction(value))]
        })
    }),
    define("obv", "on-balance volume", &[], &["obv"], |_| candles(Obv::new(), Obv::update)),
    define("mfi", "money flow index", &[span(14)], &["mfi"], |p| candles(Mfi::new(count(p[0])), Mfi::update)),
    define("vwap_session", "volume-weighted average price since 00:00 UTC", &[], &["vwap"], |_| {
        each(VwapSession::new(), |vwap, opened_at, candle| [vwap.update(opened_at, candle)])
    })
    .also(&["vwap"])
    .column("vwap_session_utc_day", ""),
    define("vwap_rolling", "volume-weighted average price of the last candles", &[period(20)], &["vwap"], |p| {
        candles(VwapRolling::new(count(p[0])), VwapRolling::update)
    }),
    define("talib_vwap_cumulative", "volume-weighted average price of all candles", &[], &["vwap"], |_| {
        candles(VwapCumulative::new(), VwapCumulative::update)
    })
    .also(&["vwap_cumulative"]),
    define(
        "candles",
        "the best known candle patterns",
        &[],
        &["cdlengulfing", "cdlhammer", "cdldoji", "cdlmorningstar", "cdlshootingstar"],
        |_| patterns(&[Pattern::Engulfing, Pattern::Hammer, Pattern::Doji, Pattern::MorningStar, Pattern::ShootingStar]),
    ),
    define("patterns", "every candle pattern", &[], &Pattern::NAMES, |_| patterns(&Pattern::ALL)),
];

const BANDS: &[Parameter] = &[span(20), number("deviations", 2.0)];
const CHANNEL: &[&str] = &["upper", "middle", "lower"];
const KELTNER: &[Parameter] = &[period(20), whole("atr_period", 1, 10.0), number("multiplier", 2.0)];
const SUPERTREND: &[Parameter] = &[period(10), number("multiplier", 3.0)];

const fn define(
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    outputs: &'static [&'static str],
    build: fn(&[f64]) -> Stream,
) -> Definition {
    Definition { name, aliases: &[], summary, parameters, outputs, column: (name, ""), rule: None, build }
}

impl Definition {
    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn column(self, stem: &'static str, ending: &'static str) -> Self {
        Self { column: (stem, ending), ..self }
    }

    const fn under(self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self }
    }
}

/// A period of one candle or more.
const fn period(default: u32) -> Parameter {
    whole("period", 1, default as f64)
}

/// A period of two candles or more.
const fn span(default: u32) -> Parameter {
    whole("period", 2, default as f64)
}

const fn whole(name: &'static str, least: u32, default: f64) -> Parameter {
    Parameter { name, default, least: least as f64, most: MAX_PERIOD as f64, is_whole: true }
}

const fn number(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default, least: 0.0, most: 1000.0, is_whole: false }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was parsed as a whole number within its range")]
fn count(parameter: f64) -> u32 {
    parameter as u32
}

/// An indicator with several outputs, or one that is fed in its own way.
fn each<I: 'static, const N: usize>(mut indicator: I, update: fn(&mut I, Timestamp, &Candle) -> [Option<f64>; N]) -> Stream {
    Box::new(move |opened_at, candle, row| row.extend(update(&mut indicator, opened_at, candle)))
}

fn closes<I: 'static>(mut indicator: I, update: fn(&mut I, f64) -> Option<f64>) -> Stream {
    Box::new(move |_, candle, row| row.push(update(&mut indicator, candle.close)))
}

fn candles<I: 'static>(mut indicator: I, update: fn(&mut I, &Candle) -> Option<f64>) -> Stream {
    Box::new(move |_, candle, row| row.push(update(&mut indicator, candle)))
}

fn cells<V, const N: usize>(value: Option<V>, cells: fn(V) -> [f64; N]) -> [Option<f64>; N] {
    value.map_or([None; N], |value| cells(value).map(Some))
}

pub(super) fn patterns(patterns: &'static [Pattern]) -> Stream {
    let mut all = CandlePatterns::new();
    Box::new(move |_, candle, row| {
        let _ = all.update(candle);
        row.extend(patterns.iter().map(|pattern| Some(f64::from(all.score(*pattern)))));
    })
}

fn donchian(p: &[f64]) -> Stream {
    each(Donchian::new(count(p[0])), |channel, _, candle| cells(channel.update(candle), lines))
}

fn keltner(p: &[f64], convention: Convention) -> Stream {
    let channel = Keltner::with_convention(count(p[0]), count(p[1]), p[2], convention);
    each(channel, |channel, _, candle| cells(channel.update(candle), lines))
}

fn lines(Channel { upper, middle, lower }: Channel) -> [f64; 3] {
    [upper, middle, lower]
}

fn direction(value: Option<SupertrendValue>) -> f64 {
    match value.map(|supertrend| supertrend.direction) {
        Some(Trend::Up) => 1.0,
        Some(Trend::Down) => -1.0,
        None => 0.0,
    }
}
