use std::fmt::Write;
use std::fs;

use expect_test::{Expect, expect};
use replays::backtest::Backtest;
use replays::config::Config;
use replays::report::Timing;

use super::*;

/// Two months of made-up hours of two instruments.
fn document() -> Document {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, mut price, seed) in [("AAA", 50_000_u64, 3_u64), ("BBB", 9_000, 8)] {
        let mut state = seed;
        let mut below = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
        for hour in 0..1_440_u64 {
            let open = price;
            price = price * (9_900 + below(202)) / 10_000;
            let (high, low) = (open.max(price) + below(20), open.min(price) - below(20));
            let time = 1_700_438_400_000 + hour * 3_600_000;
            let cents = [open, high, low, price].map(|price| format!("{}.{:02}", price / 100, price % 100));
            writeln!(text, "{time},{},9", cents.join(",")).unwrap();
        }
        let path = dir.path().join(format!("{name}-USDT_1h.csv"));
        fs::write(&path, text).unwrap();
        paths.push(path.display().to_string());
    }
    let config = format!(
        r#"
        data.paths = {paths:?}
        risk.enabled = false
        [[strategy]]
        name = "ema_cross"
        fast = 5
        slow = 20
        size = "1"
        [[strategy]]
        name = "mean_reversion"
        size = "2"
        "#
    );
    let config: Config = toml::from_str(&config).expect("a configuration");
    let mut document = Backtest::prepare(config).unwrap().run(None).unwrap();
    document.summary.timing = Timing::default();
    document
}

fn shown(document: &Document, look: &Look, extent: Extent) -> String {
    let mut text = String::new();
    for (title, mut table) in sections(document, look, extent) {
        table.force_no_tty();
        writeln!(text, "{title}\n{}\n", table.trim_fmt()).unwrap();
    }
    let mut footer_text = Vec::new();
    figures::footer(document, extent, &mut footer_text).unwrap();
    text + &String::from_utf8(footer_text).unwrap()
}

fn is(expected: &Expect, text: &str) {
    expected.assert_eq(text);
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(WIDTH.into()), "a line is {widest:?} wide");
}

#[test]
fn a_page_says_what_a_trader_asks_first() {
    is(
        &expect![[r"
            INSTRUMENTS, USDT
             Instrument   Market  Trips   Profit  Of start  Average  Avg held  Win  Draw  Loss  Win %
            ───────────────────────────────────────────────────────────────────────────────────────────
             BBB-USDT    -9.44 %     57   -13.13   -0.13 %  -0.30 %   13h 07m   17     0    40   29.8
             AAA-USDT    -1.07 %     59  -124.35   -1.24 %  -0.38 %   13h 29m   15     0    44   25.4
             all         -5.25 %    116  -137.48   -1.37 %  -0.34 %   13h 18m   32     0    84   27.6

            STRATEGIES AND THEIR EXITS, USDT
             Strategy        Factor  Trips   Profit  Of start  Average  Avg held  Win  Draw  Loss  Win %
            ──────────────────────────────────────────────────────────────────────────────────────────────
             mean_reversion    1.06     15     2.48    0.02 %   0.18 %   11h 40m   10     0     5   66.7
             · signal             -      9    39.53    0.40 %   1.05 %   11h 53m    9     0     0  100.0
             · target             -      1     4.86    0.05 %   2.56 %    7h 00m    1     0     0  100.0
             · stop            0.00      5   -41.91   -0.42 %  -1.86 %   12h 12m    0     0     5    0.0
             ema_cross         0.52    101  -139.96   -1.40 %  -0.42 %   13h 33m   22     0    79   21.8
             · signal          0.52    101  -139.96   -1.40 %  -0.42 %   13h 33m   22     0    79   21.8
             all                       116  -137.48   -1.37 %  -0.34 %   13h 18m   32     0    84   27.6
             · target             -      1     4.86    0.05 %   2.56 %    7h 00m    1     0     0  100.0
             · stop            0.00      5   -41.91   -0.42 %  -1.86 %   12h 12m    0     0     5    0.0
             · signal          0.66    110  -100.42   -1.00 %  -0.30 %   13h 25m   31     0    79   28.2

            OPEN POSITIONS, quote currency
             Strategy        Instrument  Quantity  Average price  Last price  Unrealised
            ──────────────────────────────────────────────────────────────────────────────
             mean_reversion  BBB-USDT           2          82.98        82.2       -1.56

            MONTHLY RETURNS, %
             Year   Jan  Feb  Mar  Apr  May  Jun  Jul  Aug  Sep  Oct   Nov  Dec  Year
            ───────────────────────────────────────────────────────────────────────────
             2023                                                     -0.2  0.1  -0.1
             2024  -1.3                                                          -1.3

            DRAWDOWNS, USDT
                 Depth    Loss        Peak      Trough   Recovered  Days down  Days in all
            ────────────────────────────────────────────────────────────────────────────────
             1  1.49 %  149.62  2023-12-13  2024-01-19     not yet         37           37
             2  0.52 %   51.79  2023-11-24  2023-12-06  2023-12-13         12           19
             3  0.03 %    2.64  2023-11-21  2023-11-22  2023-11-23          1            2

            SUMMARY
             From                        2023-11-20 00:00    Events / decisions             2,880 / 530
             To                          2024-01-19 00:00    Orders / fills                   259 / 233
             Starting equity               10,000.00 USDT    Denied/rejected/canceled         0 / 0 / 0
             Final equity                   9,860.79 USDT    Round trips                            116
             Total return                         -1.39 %    Win rate / factor           27.59 % / 0.59
             Holding the instruments              -5.25 %    Expectancy                      -1.19 USDT
             CAGR                                 -8.17 %    Payoff / SQN                  1.54 / -1.86
             Max drawdown                          1.49 %    Best / worst              8.11 % / -2.32 %
             Longest drawdown                     37 days    Held, won / lost           1d 03h / 7h 56m
                                                             In a row, won / lost                 3 / 8
             Sharpe / Sortino               -4.67 / -5.77    Exposure                           77.01 %
             Calmar / omega                  -5.47 / 0.53    Turnover a year                 49.1 times
             Probabilistic Sharpe                  3.85 %    Fees                            80.78 USDT
             Volatility                            1.82 %    Slippage                          0.00 bps
             VaR / CVaR 95 %, daily     -0.14 % / -0.21 %    Balance AAA                     0.00000000
             Alpha / beta to holding       -7.87 % / 0.02    Balance BBB                     2.00000000
                                                             Balance USDT                 9696.39489000
             Best day                  2023-12-10  0.22 %    Digest                    ce5319970fd28d08
             Worst day                2024-01-06  -0.25 %    Engine                             0.000 s
             Days won / same / lost           23 / 1 / 36    Events a second                          0

            Returns and drawdowns are those of the daily equity at 00:00 UTC, 365 days a year,
            risk-free 0 % a year. Profits are after fees. Holding is equal parts at the first prices.
        "]],
        &shown(&document(), &Look::default(), Extent::Page),
    );
}

#[test]
fn a_breakdown_has_a_line_a_period() {
    let look = Look { breakdown: vec![Breakdown::Week, Breakdown::Year] };
    let all = sections(&document(), &look, Extent::Page);
    let mut text = String::new();
    for (title, mut table) in all.into_iter().filter(|(title, _)| title.starts_with("BY ")) {
        table.force_no_tty();
        writeln!(text, "{title}\n{}\n", table.trim_fmt()).unwrap();
    }
    is(
        &expect![[r"
        BY WEEK, USDT
         Week         Return  Holding  Profit    Equity  Trips  Trip profit  Win  Draw  Loss  Win %
        ─────────────────────────────────────────────────────────────────────────────────────────────
         2023-11-20  -0.12 %   5.49 %  -11.75  9,988.25     10       -11.75    4     0     6   40.0
         2023-11-27  -0.14 %  -4.34 %  -14.29  9,973.96     15       -13.65    5     0    10   33.3
         2023-12-04   0.07 %   1.19 %    6.55  9,980.51     10       -16.76    1     0     9   10.0
         2023-12-11   0.11 %  -4.00 %   11.07  9,991.57     13        29.07    3     0    10   23.1
         2023-12-18  -0.05 %   6.13 %   -5.16  9,986.41     16        -7.00    6     0    10   37.5
         2023-12-25   0.04 %   5.66 %    3.79  9,990.21     14        -8.52    4     0    10   28.6
         2024-01-01  -0.63 %  -2.80 %  -62.89  9,927.31     16       -44.08    4     0    12   25.0
         2024-01-08  -0.28 %  -2.50 %  -27.86  9,899.46     14       -29.71    4     0    10   28.6
         2024-01-15  -0.39 %  -9.06 %  -38.66  9,860.79      8       -35.08    1     0     7   12.5

        BY YEAR, USDT
         Year   Return   Holding   Profit    Equity  Trips  Trip profit  Win  Draw  Loss  Win %
        ─────────────────────────────────────────────────────────────────────────────────────────
         2023  -0.10 %    9.93 %    -9.79  9,990.21     78       -28.61   23     0    55   29.5
         2024  -1.30 %  -13.81 %  -129.41  9,860.79     38      -108.87    9     0    29   23.7

    "]],
        &text,
    );
}

#[test]
fn all_of_it_has_every_measure() {
    let document = document();
    let text = shown(&document, &Look::default(), Extent::Whole);
    assert!(document.figures.iter().all(|figure| text.contains(figure.name)), "{text}");
    let titles: Vec<String> = sections(&document, &Look::default(), Extent::Whole).into_iter().map(|(title, _)| title).collect();
    let expected = [
        "INSTRUMENTS, USDT",
        "STRATEGIES AND THEIR EXITS, USDT",
        "OPEN POSITIONS, quote currency",
        "BY WEEKDAY OF THE EXIT, USDT",
        "BY HOUR OF THE EXIT, UTC, USDT",
        "MONTHLY RETURNS, %",
        "DRAWDOWNS, USDT",
        "FILLS, USDT",
        "LAST AND WORST WINDOWS",
        "MEASURES",
        "SUMMARY",
    ];
    assert_eq!(titles, expected);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH.into()), "{text}");
}
