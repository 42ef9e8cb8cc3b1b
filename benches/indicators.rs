//! What a bar costs: every indicator by itself, and all of them together on one instrument.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use engine::time::Timestamp;
use strategies::candle::Candle;
use strategies::indicators::{
    Adx, Atr, Bollinger, CandlePatterns, Cci, Donchian, Ema, INDICATORS, Keltner, Macd, Mfi, Natr, Obv, Rma, Roc, Rsi, Sma,
    Squeeze, StdDev, Stochastic, Supertrend, TrueRange, VwapRolling, VwapSession, WilliamsR, Wma, named,
};

const BARS: usize = 20_000;
const BAR_NS: i64 = 900_000_000_000;

/// A price that wanders, the same each time.
fn candles() -> Vec<(Timestamp, Candle)> {
    let mut dice: u64 = 1_001;
    let mut random = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut close = 43_000.0;
    (0_i64..)
        .take(BARS)
        .map(|bar| {
            let open: f64 = close;
            close = (open * (1.0 + (random() - 0.5) / 100.0) * 100.0).round() / 100.0;
            let high = open.max(close) + (random() * 5_000.0).round() / 100.0;
            let low = open.min(close) - (random() * 5_000.0).round() / 100.0;
            let volume = (random() * 20_000.0).round() / 100.0;
            (Timestamp(bar * BAR_NS), Candle { open, high, low, close, volume })
        })
        .collect()
}

/// One instrument with everything.
struct All {
    averages: (Sma, Sma, Ema, Ema, Rma, Wma, StdDev),
    bands: (Bollinger, Squeeze),
    momentum: (Rsi, Macd, Stochastic, WilliamsR, Cci, Roc),
    ranges: (TrueRange, Atr, Natr, Adx),
    channels: (Donchian, Keltner, Supertrend),
    volume: (Obv, Mfi, VwapSession, VwapRolling),
    patterns: CandlePatterns,
}

impl All {
    fn new() -> Self {
        Self {
            averages: (Sma::new(20), Sma::new(50), Ema::new(12), Ema::new(20), Rma::new(14), Wma::new(20), StdDev::new(20)),
            bands: (Bollinger::new(20, 2.0), Squeeze::new(20, 125)),
            momentum: (
                Rsi::new(14),
                Macd::new(12, 26, 9),
                Stochastic::new(14, 3, 3),
                WilliamsR::new(14),
                Cci::new(20),
                Roc::new(10),
            ),
            ranges: (TrueRange::new(), Atr::new(14), Natr::new(14), Adx::new(14)),
            channels: (Donchian::new(20), Keltner::new(20, 10, 2.0), Supertrend::new(10, 3.0)),
            volume: (Obv::new(), Mfi::new(14), VwapSession::new(), VwapRolling::new(20)),
            patterns: CandlePatterns::new(),
        }
    }

    fn update(&mut self, at: Timestamp, candle: &Candle) {
        let close = candle.close;
        let Self { averages, bands, momentum, ranges, channels, volume, patterns } = self;
        black_box((averages.0.update(close), averages.1.update(close), averages.2.update(close), averages.3.update(close)));
        black_box((averages.4.update(close), averages.5.update(close), averages.6.update(close)));
        black_box((bands.0.update(close), bands.0.percent_b(close), bands.0.bandwidth(), bands.1.update(close)));
        black_box((momentum.0.update(close), momentum.1.update(close), momentum.2.update(candle)));
        black_box((momentum.3.update(candle), momentum.4.update(candle), momentum.5.update(close)));
        black_box((ranges.0.update(candle), ranges.1.update(candle), ranges.2.update(candle), ranges.3.update(candle)));
        black_box((channels.0.update(candle), channels.1.update(candle), channels.2.update(candle)));
        black_box((volume.0.update(candle), volume.1.update(candle), volume.2.update(at, candle), volume.3.update(candle)));
        black_box(patterns.update(candle).count());
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let candles = candles();
    let mut group = criterion.benchmark_group("indicators");
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("all", |bencher| {
        bencher.iter_batched_ref(
            All::new,
            |all| candles.iter().for_each(|(at, candle)| all.update(*at, candle)),
            BatchSize::LargeInput,
        );
    });
    for known in INDICATORS {
        group.bench_function(known.name, |bencher| {
            let mut row = Vec::new();
            bencher.iter_batched_ref(
                || named(known.name).unwrap_or_else(|_| unreachable!("{} is known", known.name)),
                |indicator| {
                    for (at, candle) in &candles {
                        row.clear();
                        indicator.update(*at, candle, &mut row);
                        black_box(&row);
                    }
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();
}
