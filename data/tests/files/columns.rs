//! Parquet and Feather as other programs write them.

use std::path::{Path, PathBuf};

use data::files::ReadOptions;
use expect_test::{Expect, expect};

use crate::{Folder, read, transcript};

fn written_by_pandas(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/written_by_pandas").join(name)
}

fn check(name: &str, expected: &Expect) {
    expected.assert_eq(&transcript(&read(&written_by_pandas(name), &ReadOptions::default()).unwrap()));
}

#[test]
fn floats_become_the_decimals_that_their_writer_meant() {
    let candles = expect![[r"
        2024-01-01T01:00:00Z bar 2024-01-01T00:00:00Z 1h 4228358000000 4229862000000 4226102000000 4229861000000 3592724000
        2024-01-01T02:00:00Z bar 2024-01-01T01:00:00Z 1h 4229861000000 4230000000000 4200000000000 4210000000000 100000000
    "]];
    check("BTC_USDT-1h.feather", &candles);
    check("BTC-USDT_1h.parquet", &candles);
    check(
        "BTC-USDT.parquet",
        &expect![[r"
            2024-01-01T00:00:00.000000001Z trade 4228350000000 100000 Buy Some(7)
            2024-01-01T00:00:00.000000002Z trade 4228360000000 200000000 Sell Some(8)
        "]],
    );
}

#[test]
fn noise_behind_the_decimals_is_an_error_that_names_the_row() {
    let options = ReadOptions { interval: "1h".parse().ok(), ..ReadOptions::default() };
    let error = read(&written_by_pandas("noise_1h.parquet"), &options).unwrap_err().to_string();
    let expected = "noise_1h.parquet:1: open 0.30000000000000004 has 17 decimals, BTC-USDT has 12: 12 are the most that can be kept: round \
         the column";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn a_file_of_columns_cut_anywhere_is_an_error_and_never_a_panic() {
    let folder = Folder::new();
    for name in ["BTC_USDT-1h.feather", "BTC-USDT_1h.parquet"] {
        let whole = std::fs::read(written_by_pandas(name)).unwrap();
        for kept in (0..whole.len()).step_by(61) {
            let path = folder.file(name, &whole[..kept]);
            let error = read(&path, &ReadOptions::default()).unwrap_err().to_string();
            assert!(error.contains(name), "{kept}: {error}");
        }
        let mut noisy = whole.clone();
        for at in (0..whole.len()).step_by(37) {
            noisy[at] ^= 0xff;
            let path = folder.file(name, &noisy);
            // What the flipped byte means decides: another price is no damage that a reader can see.
            let _ =
                read(&path, &ReadOptions::default()).map_err(|error| assert!(error.to_string().contains(name), "{at}: {error}"));
            noisy[at] ^= 0xff;
        }
    }
}
