//! What is read from files of every known form.

use std::fmt::Write;

use data::files::{BarTime, Kind, Policy, ReadOptions, Source, history};
use engine::event::Input;
use engine::time::Timestamp;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::{Folder, instrument, pack, read, transcript, zip};

const CANDLES: &str = "ts_ms,open,high,low,close,volume
1704067200000,42283.58000000,42298.62,42261.02,42298.61,35.92724
1704067260000,42298.62,42320,42298.61,42320,21.16779000
";

fn check(name: &str, content: impl AsRef<[u8]>, expected: &Expect) {
    let folder = Folder::new();
    let events = read(&folder.file(name, content), &ReadOptions::default()).unwrap();
    expected.assert_eq(&transcript(&events));
}

#[test]
fn packed_or_not_the_events_are_the_same() {
    let expected = expect![[r"
        2024-01-01T00:01:00Z bar 2024-01-01T00:00:00Z 1m 4228358000000 4229862000000 4226102000000 4229861000000 3592724000
        2024-01-01T00:02:00Z bar 2024-01-01T00:01:00Z 1m 4229862000000 4232000000000 4229861000000 4232000000000 2116779000
    "]];
    for name in ["a.csv", "a.csv.gz", "a.csv.zst", "a.zip", "BTC-USDT_1m.csv", "A.CSV"] {
        check(name, CANDLES, &expected);
    }
    check("a.csv", CANDLES.replace('\n', "\r\n"), &expected);
    check(
        "a.csv",
        CANDLES.replace(',', "\",\"").replace('\n', "\"\n\"").trim_end_matches('"').replacen("ts_ms", "\"ts_ms", 1),
        &expected,
    );
    check("a.csv", format!("\u{feff}{CANDLES}"), &expected);
    check("a.csv", CANDLES.replace("000,4", "000000,4").replace("ts_ms", "time"), &expected);
    check("a.csv", CANDLES.replace("ts_ms", "extra,time").replace("\n17", "\nx,17"), &expected);
    check("a.csv", CANDLES.replace("42283.58000000", "4.228358e4"), &expected);
    let parts = [pack("a.gz", &CANDLES.as_bytes()[..50]), pack("a.gz", &CANDLES.as_bytes()[50..])].concat();
    let folder = Folder::new();
    std::fs::write(folder.path().join("parts.csv.gz"), parts).unwrap();
    expected.assert_eq(&transcript(&read(&folder.path().join("parts.csv.gz"), &ReadOptions::default()).unwrap()));
}

#[test]
fn trades_quotes_funding() {
    check(
        "trades.csv",
        "ts_ns,price,size,side\n1704067200000000001,50000.1,0.0100,BUY\n1704067200000000001,50000.1,2,SELL\n",
        &expect![[r"
            2024-01-01T00:00:00.000000001Z trade 5000010000000 1000000 Buy None
            2024-01-01T00:00:00.000000001Z trade 5000010000000 200000000 Sell None
        "]],
    );
    check(
        "l1.csv",
        "ts_ms,ts_ns,bid_price,bid_size,ask_price,ask_size\n1742944020840,1742944020840478284,87232.0,2.4,87232.01,0\n",
        &expect![[r"
            2025-03-25T23:07:00.840478284Z quote 8723200000000 240000000 8723201000000 0
        "]],
    );
    check(
        "funding.csv",
        "ts_ms,rate\n1760342400000,0.0000252064265645\n1760371200000,-1e-05\n",
        &expect![[r"
            2025-10-13T08:00:00Z funding 0.0000252064265645
            2025-10-13T16:00:00Z funding -0.00001
        "]],
    );
}

#[test]
fn binance_files_have_no_header() {
    check(
        "BTCUSDT-1m-2025-01.zip",
        "1735689600000000,93576.00,93610.93,93537.50,93610.93,8.21827,1735689659999999,768978.6,2631,3.9,372.1,0\n",
        &expect![[r"
            2025-01-01T00:01:00Z bar 2025-01-01T00:00:00Z 1m 9357600000000 9361093000000 9353750000000 9361093000000 821827000
        "]],
    );
    let trades = expect![[r"
        2024-01-01T00:00:00Z trade 4228358000000 100000 Sell Some(100)
        2024-01-01T00:00:00.001Z trade 4228359000000 200000 Buy Some(101)
    "]];
    check(
        "BTCUSDT-trades-2024-01.zip",
        "100,42283.58,0.001,42.28,1704067200000,True,True\n101,42283.59,0.002,84.5,1704067200001,False,True\n",
        &trades,
    );
    check(
        "BTCUSDT-trades-2024-01.csv",
        "id,price,qty,quote_qty,time,is_buyer_maker\n100,42283.58,0.001,42.28,1704067200000,true\n101,42283.59,0.002,84.5,1704067200001,false\n",
        &trades,
    );
    check(
        "BTCUSDT-aggTrades-2024-01.zip",
        "100,42283.58,0.001,5,6,1704067200000,True,True\n101,42283.59,0.002,7,7,1704067200001,False,True\n",
        &trades,
    );
    check(
        "BTCUSDT-aggTrades-2024-01.zip",
        "100,42283.58,0.001,5,6,1704067200000,true\n101,42283.59,0.002,7,7,1704067200001,false\n",
        &trades,
    );
}

#[test]
fn okx_files() {
    let trades = expect![[r"
        2024-01-01T00:00:00Z trade 4228350000000 100000 Buy Some(7)
        2024-01-01T00:00:00Z trade 4228360000000 200000 Sell Some(8)
    "]];
    let rows = "7,buy,0.001,42283.5,1704067200000\n8,sell,0.002,42283.6,1704067200000\n";
    let gbk = b"trade_id/\xbd\xbb\xd2\xd7id,side/\xbd\xbb\xd2\xd7\xb7\xbd\xcf\xf2,size/\xca\xfd\xc1\xbf,price/\xbc\xdb\xb8\xf1,created_time/\xb3\xc9\xbd\xbb\xca\xb1\xbc\xe4\n";
    check("BTC-USDT-trades-2024-01-01.zip", format!("trade_id,side,size,price,created_time\n{rows}"), &trades);
    check("BTC-USDT-trades-2024-01-01.csv", format!("交易id,交易方向,数量,价格,成交时间\n{rows}"), &trades);
    check("BTC-USDT-trades-2024-01-01.csv", [gbk.as_slice(), rows.as_bytes()].concat(), &trades);
    check(
        "BTC-USDT_1h.csv",
        "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm\n\
         BTC-USDT,1,2,0.5,1.5,10,10,15,1704067200000,1\nBTC-USDT,1.5,2,1,1,3,3,4,1704070800000,0\n",
        &expect![[r"
            2024-01-01T01:00:00Z bar 2024-01-01T00:00:00Z 1h 100000000 200000000 50000000 150000000 1000000000
        "]],
    );
}

#[test]
fn freqtrade_json_is_read_from_its_text() {
    check(
        "BTC_USDT-1h.json",
        "[[1704067200000, 42283.58, 42298.62, 42261.02, 42298.61, 35.92724],\n [1704070800000,42298.61,42300.0,4.2e4,42100,1]]\n",
        &expect![[r"
            2024-01-01T01:00:00Z bar 2024-01-01T00:00:00Z 1h 4228358000000 4229862000000 4226102000000 4229861000000 3592724000
            2024-01-01T02:00:00Z bar 2024-01-01T01:00:00Z 1h 4229861000000 4230000000000 4200000000000 4210000000000 100000000
        "]],
    );
}

#[test]
fn rows_of_levels_become_messages_and_wait_for_a_snapshot() {
    check(
        "books.csv.gz",
        "ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size\n\
         1723161255208,1,update,1,5,,bid,100,1\n\
         1723161255208,1,update,1,5,,ask,101,1\n\
         1723161255308,2,update,6,9,,bid,100,2\n\
         1723161254206,3,snapshot,,7,,bid,100,3\n\
         1723161254206,3,snapshot,,7,,bid,99,3\n\
         1723161254206,3,snapshot,,7,,ask,101,3\n\
         1723161255408,4,update,6,7,,bid,100,9\n\
         1723161255508,5,update,10,11,,bid,100,0\n\
         1723161255508,6,update,12,13,,ask,101,0\n",
        &expect![[r"
            2024-08-08T23:54:15.308Z snapshot 2+1
            2024-08-08T23:54:15.308Z delta 1+0
            2024-08-08T23:54:15.508Z delta 1+0
            2024-08-08T23:54:15.508Z delta 0+1
        "]],
    );
}

#[test]
fn missing_bars_are_a_gap_before_the_next_bar() {
    check(
        "BTC-USDT_1m.csv",
        "ts_ms,open,high,low,close,volume\n1704067200000,1,2,1,2,1\n1704067260000,1,2,1,2,1\n1704067440000,1,2,1,2,1\n",
        &expect![[r"
            2024-01-01T00:01:00Z bar 2024-01-01T00:00:00Z 1m 100000000 200000000 100000000 200000000 100000000
            2024-01-01T00:02:00Z bar 2024-01-01T00:01:00Z 1m 100000000 200000000 100000000 200000000 100000000
            2024-01-01T00:05:00Z gap 2024-01-01T00:02:00Z 2024-01-01T00:04:00Z
            2024-01-01T00:05:00Z bar 2024-01-01T00:04:00Z 1m 100000000 200000000 100000000 200000000 100000000
        "]],
    );
}

#[test]
fn what_the_caller_says_goes_before_name_and_rows() {
    let folder = Folder::new();
    let path = folder.file("ETH-USDT_1h.csv", CANDLES.replace("1704067260000", "1704070800000"));
    let options = ReadOptions {
        symbol: Some("BTC-USDT".to_owned()),
        interval: Some("30m".parse().unwrap()),
        bar_time: BarTime::Close,
        ..ReadOptions::default()
    };
    let source = Source::open(&path, &ReadOptions::default()).unwrap();
    assert_eq!((source.symbol(), source.interval().unwrap().to_string()), (Some("ETH-USDT"), "1h".to_owned()));
    assert_eq!((source.kind(), source.decimals(), source.scales()), (Kind::Candles, (2, 5), (8, 8)));
    let source = Source::open(&path, &options).unwrap();
    assert_eq!((source.symbol(), source.interval().unwrap().to_string()), (Some("BTC-USDT"), "30m".to_owned()));
    expect![[r"
        2024-01-01T00:00:00Z bar 2023-12-31T23:30:00Z 30m 4228358000000 4229862000000 4226102000000 4229861000000 3592724000
        2024-01-01T01:00:00Z gap 2024-01-01T00:00:00Z 2024-01-01T00:30:00Z
        2024-01-01T01:00:00Z bar 2024-01-01T00:30:00Z 30m 4229862000000 4232000000000 4229861000000 4232000000000 2116779000
    "]]
    .assert_eq(&transcript(&read(&path, &options).unwrap()));
    let ticks = folder.file("ticks_1m.csv", "ts_ms,price,size,side\n1704067200000,1,1,buy\n");
    let source = Source::open(ticks, &ReadOptions::default()).unwrap();
    assert_eq!((source.kind(), source.symbol(), source.interval()), (Kind::Trades, None, None));
}

#[test]
fn scales_suit_the_numbers() {
    let folder = Folder::new();
    for (price, size, decimals, scales) in [
        ("1", "1", (0, 0), (8, 8)),
        ("0.0000012345", "1", (10, 0), (10, 8)),
        ("1.50000000000000000", "0.10", (1, 1), (8, 8)),
        ("1", "9000000000000", (0, 0), (8, 3)),
        ("1", "0.123456789012345", (0, 12), (8, 12)),
    ] {
        let path = folder.file("trades.csv", format!("ts_ms,price,size,side\n1704067200000,{price},{size},buy\n"));
        let source = Source::open(path, &ReadOptions::default()).unwrap();
        assert_eq!((source.decimals(), source.scales()), (decimals, scales), "{price} {size}");
    }
}

#[test]
fn the_window_is_half_open() {
    let folder = Folder::new();
    let path =
        folder.file("t.csv", "ts_ms,price,size,side\n1704067200000,1,1,buy\n1704067201000,2,1,buy\n1704067202000,3,1,buy\n");
    let at = |ms: i64| Some(Timestamp(ms * 1_000_000));
    for (from, to, expected) in [
        (None, None, 3),
        (at(1_704_067_201_000), None, 2),
        (None, at(1_704_067_201_000), 1),
        (at(1_704_067_201_000), at(1_704_067_202_000), 1),
    ] {
        let events = read(&path, &ReadOptions { from, to, ..ReadOptions::default() }).unwrap();
        assert_eq!(events.len(), expected, "{from:?} {to:?}");
    }
}

#[test]
fn a_lenient_reader_skips_and_counts() {
    let folder = Folder::new();
    let path = folder.file(
        "t.csv",
        "ts_ms,price,size,side,trade_id\n1704067200000,1,1,buy,1\n1704067201000,-2,1,buy,2\n1704067201000,2,1,buy,3\n\
         1704067201000,2,1,buy,3\n1704067200500,2,1,buy,4\n1704067202000,2\n1704067202000,2,1,up,5\n1704067202000,4,1,sell,6\n",
    );
    let source = Source::open(path, &ReadOptions { policy: Policy::Lenient, ..ReadOptions::default() }).unwrap();
    let mut stream = history(vec![(source, instrument(0, "BTC-USDT", (8, 8)))]);
    let prices: Vec<i64> = stream
        .by_ref()
        .map(|event| match event.unwrap().1 {
            Input::Trade(trade) => trade.price.0 / 100_000_000,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((prices, stream.skipped()), (vec![1, 2, 4], 5));
}

#[test]
fn the_sample_reads_strictly() {
    let source = Source::sample(&ReadOptions::default());
    assert_eq!(
        (source.symbol(), source.kind(), source.interval().unwrap().to_string()),
        (Some("BTC-USD"), Kind::Candles, "1h".to_owned())
    );
    let instrument = instrument(0, "BTC-USD", source.scales());
    let mut stream = history(vec![(source, instrument)]);
    let events: Vec<_> = stream.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!((events.len(), stream.skipped()), (20_111, 0));
    expect![[r"
        2017-07-01T12:00:00Z bar 2017-07-01T11:00:00Z 1h 250556000000 251338000000 249512000000 250917000000 11460000000
        2019-10-17T10:00:00Z bar 2019-10-17T09:00:00Z 1h 805100000000 805683000000 802123000000 803588000000 6125000000
    "]]
    .assert_eq(&transcript(&[events[0].clone(), events[20_110].clone()]));
}

#[test]
fn dropping_the_stream_ends_its_thread() {
    let folder = Folder::new();
    let mut text = "ts_ms,price,size,side\n".to_owned();
    for time in 1_704_067_200_000_i64..1_704_067_400_000 {
        writeln!(text, "{time},1,1,buy").unwrap();
    }
    let path = folder.file("t.csv", text);
    for taken in [0, 1, 5_000, 150_000] {
        let source = Source::open(&path, &ReadOptions::default()).unwrap();
        let mut stream = history(vec![(source, instrument(0, "BTC-USDT", (8, 8)))]);
        assert_eq!(stream.by_ref().take(taken).map(Result::unwrap).count(), taken);
        // It joins the thread: a thread that did not end would hang here.
        drop(stream);
    }
}

#[test]
fn rows_before_a_bad_one_come_out_first_and_nothing_after_it() {
    let folder = Folder::new();
    let path =
        folder.file("t.csv", "ts_ms,price,size,side\n1704067200000,1,1,buy\n1704067200000,0,1,buy\n1704067200000,1,1,buy\n");
    let source = Source::open(path, &ReadOptions::default()).unwrap();
    let mut stream = history(vec![(source, instrument(0, "BTC-USDT", (8, 8)))]);
    assert!(stream.next().unwrap().is_ok());
    assert!(stream.next().unwrap().unwrap_err().to_string().ends_with("t.csv:3: price 0 is not above zero"));
    assert!(stream.next().is_none() && stream.next().is_none());
}

#[test]
fn thousands_of_files_need_few_open_ones() {
    let folder = Folder::new();
    let sources = (0..3_000_i64).rev().map(|day| {
        let time = 1_704_067_200_000 + day * 86_400_000;
        let path = folder.file(&format!("{day}.csv"), format!("ts_ms,price,size,side\n{time},1,1,buy\n{},1,1,buy\n", time + 1));
        (Source::open(path, &ReadOptions::default()).unwrap(), instrument(0, "BTC-USDT", (8, 8)))
    });
    let mut most = 0;
    let times: Vec<_> = history(sources.collect())
        .map(|event| {
            most = most.max(std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count));
            event.unwrap().0
        })
        .collect();
    assert!(times.len() == 6_000 && times.is_sorted() && most < 100, "{} events, {most} open files", times.len());
}

#[test]
fn a_zip_needs_no_ending_inside() {
    let folder = Folder::new();
    let path = folder.path().join("BTCUSDT-1m-2024-01.zip");
    std::fs::write(&path, zip(&[("noending", CANDLES.as_bytes())])).unwrap();
    assert_eq!(read(&path, &ReadOptions::default()).unwrap().len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_is_a_stable_sort_by_time(files in prop::collection::vec(prop::collection::vec(0_i64..20, 1..40), 1..5)) {
        let folder = Folder::new();
        let mut sources = Vec::new();
        let mut naive = Vec::new();
        for (index, steps) in files.iter().enumerate() {
            let mut time = 1_704_067_200_000;
            let mut text = "ts_ms,price,size,side,trade_id\n".to_owned();
            for (row, step) in steps.iter().enumerate() {
                time += step / 4;
                writeln!(text, "{time},1,1,buy,{}", row + 1).unwrap();
                naive.push((time * 1_000_000, u32::try_from(index).unwrap(), Some(row as u64 + 1)));
            }
            let path = folder.file(&format!("{index}.csv"), text);
            let source = Source::open(path, &ReadOptions::default()).unwrap();
            sources.push((source, instrument(u32::try_from(index).unwrap(), "BTC-USDT", (8, 8))));
        }
        // Stable, so the order of files and of rows decides at equal times.
        naive.sort_by_key(|&(time, ..)| time);
        let merged: Vec<_> = history(sources)
            .map(|event| match event.unwrap() {
                (at, Input::Trade(trade)) => (at.0, trade.instrument.0, trade.trade_id),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(merged, naive);
    }
}
