//! What of a book is missing, and what is there twice.

use std::path::{Path, PathBuf};

use data::files::{FaultCounts, FileError, Policy, ReadOptions, Source, check, history, import};
use engine::event::Input;
use engine::market::Level;
use engine::time::Timestamp;
use expect_test::{Expect, expect};

use crate::{Folder, instrument, read, transcript};

const BOOKS: &str = "ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size\n";

fn book(rows: &str, expected: &Expect) {
    let folder = Folder::new();
    let events = read(&folder.file("books.csv", format!("{BOOKS}{rows}")), &ReadOptions::default()).unwrap();
    expected.assert_eq(&transcript(&events));
}

#[test]
fn a_snapshot_that_is_stamped_late_holds_nothing_up() {
    book(
        "1704067200005,1,snapshot,,5,,bid,1,1\n1704067200001,2,update,6,6,,bid,1,2\n1704067200009,3,update,7,7,,bid,1,3\n",
        &expect![[r"
            2024-01-01T00:00:00.005Z snapshot 1+0
            2024-01-01T00:00:00.005Z delta 1+0
            2024-01-01T00:00:00.009Z delta 1+0
        "]],
    );
}

#[test]
fn a_missing_message_empties_the_book_until_the_next_snapshot() {
    // Binance's futures say which message came before.
    book(
        "1704067200000,1,snapshot,,5,,bid,1,1\n1704067200001,2,update,4,7,3,bid,1,2\n1704067200002,3,update,9,11,7,bid,1,2\n\
         1704067200003,4,update,15,16,13,bid,1,3\n1704067200004,5,update,18,19,16,ask,2,3\n\
         1704067200005,6,snapshot,,16,,bid,1,1\n1704067200005,6,snapshot,,16,,ask,2,1\n1704067200006,7,update,20,21,19,bid,1,3\n",
        &expect![[r"
            2024-01-01T00:00:00Z snapshot 1+0
            2024-01-01T00:00:00.001Z delta 1+0
            2024-01-01T00:00:00.002Z delta 1+0
            2024-01-01T00:00:00.003Z gap 2024-01-01T00:00:00.002Z 2024-01-01T00:00:00.003Z
            2024-01-01T00:00:00.003Z snapshot 0+0
            2024-01-01T00:00:00.005Z snapshot 1+1
            2024-01-01T00:00:00.005Z delta 0+1
            2024-01-01T00:00:00.006Z delta 1+0
        "]],
    );
    // Its spot market counts on. That no snapshot comes any more is no fault of the file.
    book(
        "1704067200000,1,snapshot,,5,,bid,1,1\n1704067200001,2,update,6,7,,bid,1,2\n1704067200002,3,update,9,9,,bid,1,2\n\
         1704067200003,4,update,10,10,,bid,1,2\n",
        &expect![[r"
            2024-01-01T00:00:00Z snapshot 1+0
            2024-01-01T00:00:00.001Z delta 1+0
            2024-01-01T00:00:00.002Z gap 2024-01-01T00:00:00.001Z 2024-01-01T00:00:00.002Z
            2024-01-01T00:00:00.002Z snapshot 0+0
        "]],
    );
    // The snapshot itself may be too old for what comes after it.
    book(
        "1704067200000,1,update,8,9,,bid,1,1\n1704067200001,2,snapshot,,5,,bid,1,2\n",
        &expect![[r"
            2024-01-01T00:00:00.001Z snapshot 1+0
            2024-01-01T00:00:00.001Z gap 2024-01-01T00:00:00.001Z 2024-01-01T00:00:00.001Z
            2024-01-01T00:00:00.001Z snapshot 0+0
        "]],
    );
}

#[test]
fn okx_writes_minus_one_where_nothing_came_before() {
    book(
        "1704067200000,1,snapshot,,5,-1,bid,1,1\n1704067200001,2,update,,9,5,bid,1,2\n1704067200002,3,update,,3,9,bid,1,3\n\
         1704067200003,4,update,,4,3,bid,1,3\n",
        &expect![[r"
            2024-01-01T00:00:00Z snapshot 1+0
            2024-01-01T00:00:00.001Z delta 1+0
            2024-01-01T00:00:00.002Z delta 1+0
            2024-01-01T00:00:00.003Z delta 1+0
        "]],
    );
}

#[test]
fn a_snapshot_older_than_the_book_and_an_update_told_twice_change_nothing() {
    book(
        "1704067200000,1,snapshot,,5,,bid,1,1\n1704067200001,2,update,6,7,,bid,1,2\n1704067200002,3,update,8,9,,bid,2,2\n\
         1704067200002,4,snapshot,,8,,bid,1,2\n1704067200003,5,update,6,7,,bid,1,2\n1704067200003,6,update,10,11,,bid,1,3\n",
        &expect![[r"
            2024-01-01T00:00:00Z snapshot 1+0
            2024-01-01T00:00:00.001Z delta 1+0
            2024-01-01T00:00:00.002Z delta 1+0
            2024-01-01T00:00:00.003Z delta 1+0
        "]],
    );
}

#[test]
fn a_check_counts_the_gaps_of_a_book() {
    let folder = Folder::new();
    let rows = "1704067200000,1,snapshot,,5,,bid,1,1\n1704067200001,2,update,7,7,,bid,1,2\n1704067200002,3,snapshot,,8,,bid,1,2\n\
                1704067200003,4,update,9,9,,bid,1,2\n1704067200009,5,update,11,11,,bid,1,2\n";
    let report = check(folder.file("books.csv", format!("{BOOKS}{rows}")), &ReadOptions::default()).unwrap();
    assert_eq!((report.rows, report.events, report.faults), (5, 3, FaultCounts::default()));
    let gaps: Vec<_> = report.gaps.listed.iter().map(|gap| format!("{} {} {}", gap.from, gap.to, gap.missing_bars)).collect();
    assert_eq!(gaps, ["2024-01-01T00:00:00Z 2024-01-01T00:00:00.001Z 0", "2024-01-01T00:00:00.003Z 2024-01-01T00:00:00.009Z 0"]);
    assert_eq!((report.gaps.count, report.gaps.missing_bars, report.gaps.largest), (2, 0, Some(report.gaps.listed[1])));
}

#[test]
fn a_window_begins_with_the_book_as_it_is_then() {
    let folder = Folder::new();
    let rows = "1704067200000,1,snapshot,,5,,bid,1,1\n1704067200000,1,snapshot,,5,,ask,3,1\n1704067200001,2,update,6,6,,bid,2,7\n\
                1704067200001,2,update,6,6,,bid,1,0\n1704067200005,3,update,7,7,,ask,3,4\n1704067200006,4,snapshot,,7,,ask,3,4\n";
    let path = folder.file("books.csv", format!("{BOOKS}{rows}"));
    let from = |ms: i64| {
        let from = Some(Timestamp((1_704_067_200_000 + ms) * 1_000_000));
        read(&path, &ReadOptions { from, ..ReadOptions::default() }).unwrap()
    };
    let events = from(2);
    expect![[r"
        2024-01-01T00:00:00.005Z snapshot 1+1
        2024-01-01T00:00:00.005Z delta 0+1
        2024-01-01T00:00:00.006Z snapshot 0+1
    "]]
    .assert_eq(&transcript(&events));
    let Input::BookSnapshot(book) = &events[0].1 else { panic!("{events:?}") };
    let whole = |levels: &[Level]| levels.iter().map(|level| (level.price.0, level.size.0)).collect::<Vec<_>>();
    assert_eq!((whole(&book.bids), whole(&book.asks)), (vec![(200_000_000, 700_000_000)], vec![(300_000_000, 100_000_000)]));
    assert_eq!((from(0).len(), from(6).len(), from(7).len()), (4, 1, 0));
}

/// Reads files as one instrument each has, without the folder's name in the error.
fn together(folder: &Folder, files: &[(&Path, u32)], policy: Policy) -> Result<(Vec<(Timestamp, Input)>, u64), String> {
    let options = ReadOptions { policy, ..ReadOptions::default() };
    let sources = files.iter().map(|&(path, id)| (Source::open(path, &options).unwrap(), instrument(id, "BTC-USDT", (8, 8))));
    let mut stream = history(sources.collect());
    let events = stream.by_ref().collect::<Result<Vec<_>, FileError>>();
    match events {
        Ok(events) => Ok((events, stream.skipped())),
        Err(error) => Err(error.to_string().replace(&format!("{}/", folder.path().display()), "")),
    }
}

#[test]
fn the_same_file_twice_is_refused() {
    let folder = Folder::new();
    let trades = folder.file("t.csv", "ts_ms,price,size,side\n1704067200000,1,1,buy\n1704067201000,2,1,buy\n");
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink(&trades, &link).unwrap();
    for policy in [Policy::Strict, Policy::Lenient] {
        let error = together(&folder, &[(&trades, 0), (&link, 0)], policy).unwrap_err();
        assert_eq!(error, "link.csv: it is given twice: give it once");
    }
    // Two instruments may well have the same history.
    assert_eq!(together(&folder, &[(&trades, 0), (&link, 1)], Policy::Strict).unwrap().0.len(), 4);
    let out = folder.path().join("out.csv");
    assert!(import([&trades, &link], &out, &ReadOptions::default()).unwrap_err().to_string().ends_with("give it once"));
    assert!(!out.exists());
}

#[test]
fn files_that_overlap_are_refused_where_their_rows_have_no_ids() {
    let folder = Folder::new();
    for (header, row) in [
        ("ts_ms,price,size,side\n", ",1,1,buy"),
        ("ts_ms,bid_price,bid_size,ask_price,ask_size\n", ",1,1,2,1"),
        ("ts_ms,rate\n", ",0.0001"),
        (BOOKS, ",1,snapshot,,,,bid,1,1"),
    ] {
        let file = |name: &str, seconds: &[u8]| -> PathBuf {
            let rows: Vec<_> = seconds.iter().map(|second| format!("170406720{second}000{row}\n")).collect();
            folder.file(name, format!("{header}{}", rows.concat()))
        };
        let (one, two) = (file("one.csv", &[1, 3, 5]), file("two.csv", &[3, 4]));
        let error = together(&folder, &[(&one, 0), (&two, 0)], Policy::Strict).unwrap_err();
        assert!(
            error.starts_with("one.csv:")
                && error.ends_with(" another file began at 2024-01-01T00:00:03Z: do the files overlap?")
        );
        assert_eq!(together(&folder, &[(&one, 0), (&two, 0)], Policy::Lenient).unwrap().1, 1, "{header}");
        assert_eq!(together(&folder, &[(&one, 0), (&two, 1)], Policy::Strict).unwrap().0.len(), 5, "{header}");
        // The end of one may share its time with the beginning of the other, in whatever order they are given.
        let later = file("later.csv", &[5, 6]);
        for files in [[(&*one, 0), (&*later, 0)], [(&*later, 0), (&*one, 0)]] {
            assert_eq!(together(&folder, &files, Policy::Strict).unwrap().0.len(), 5, "{header}");
        }
    }
}

#[test]
fn a_first_bar_beside_the_grid_of_the_others_is_the_bad_one() {
    let folder = Folder::new();
    let bars: String = [30, 60, 120, 180, 210, 240].map(|second| format!("{},1,2,0.5,1.5,10\n", 1_704_067_200 + second)).concat();
    let path = folder.file("BTC-USDT_1m.csv", format!("ts,open,high,low,close,volume\n{bars}"));
    let error = together(&folder, &[(&path, 0)], Policy::Strict).unwrap_err();
    expect!["BTC-USDT_1m.csv:2: a bar that opens at 2024-01-01T00:00:30Z is none of the 1m bars since 2024-01-01T00:01:00Z"]
        .assert_eq(&error);
    let (events, skipped) = together(&folder, &[(&path, 0)], Policy::Lenient).unwrap();
    assert_eq!((events.len(), skipped), (4, 2));
}
