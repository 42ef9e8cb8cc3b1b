//! The event log: append, scan and codec on the ticks that all engines are compared on, the size of an event, and one
//! durable live commit beside a bare `fdatasync`.
//!
//! `TRADES_CSV=FILE` (`ts_ms,price,size,side[,trade_id]`) adds the size of real trades.

use std::fs;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use data::log::row::{decode, encode};
use data::log::{Chain, Disk, LiveWriter, Options, Reader, Writer};
use engine::event::Record;
use engine::market::Side;

mod ticks;

use ticks::{record, ticks};

const EVENTS: usize = 2_000_000;

fn write(folder: &Path, records: &[Record], piece: usize) {
    let storage = Arc::new(Disk::create(folder).expect("a folder"));
    let mut writer = Writer::create(storage, Options::default()).expect("a log");
    for records in records.chunks(piece) {
        writer.append(records).expect("room on the disk");
    }
    writer.close().expect("room on the disk");
}

fn scan(folder: &Path) -> u64 {
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(folder).expect("a folder"))).expect("a log");
    let mut count = 0;
    while let Some(block) = reader.next_block().expect("a whole log") {
        count += black_box(block).len() as u64;
    }
    count
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn bytes_an_event(name: &str, records: &[Record]) {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), records, 4_096);
    let bytes = folder_bytes(folder.path()) as f64 / records.len() as f64;
    println!("{name}: {bytes:.2} bytes an event, {} events", records.len());
}

fn real_trades(csv: &str) -> Vec<Record> {
    let mantissa = |text: &str, scale: usize| -> i64 {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<scale$}").parse().expect("a number")
    };
    let rows = csv.lines().skip(1).zip(0_u64..);
    let records = rows.map(|(line, seq)| {
        let fields: Vec<&str> = line.split(',').collect();
        let taker = if fields[3].eq_ignore_ascii_case("buy") { Side::Buy } else { Side::Sell };
        let trade_id = fields.get(4).and_then(|id| id.parse().ok());
        let at = fields[0].parse::<i64>().expect("a time") * 1_000_000;
        record(seq, at, mantissa(fields[1], 8), mantissa(fields[2], 8), taker, trade_id)
    });
    records.collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Commits of one record, and bare syncs of as many bytes into a preallocated file, taking turns.
fn live_commits() {
    const COMMITS: usize = 3_000;
    let folder = tempfile::tempdir().expect("a folder");
    let writer =
        LiveWriter::create(Arc::new(Disk::create(folder.path()).expect("a folder")), &Options::default()).expect("a log");
    let bare = fs::File::create(folder.path().join("bare")).expect("a file");
    bare.write_all_at(&vec![0; 64 << 20], 0).expect("room on the disk");
    bare.sync_all().expect("a disk");
    let frame = [7; 159];
    let (mut durable, mut syncs) = (Vec::new(), Vec::new());
    for (record, turn) in ticks(COMMITS).iter().zip(0_u64..) {
        let start = Instant::now();
        writer.append(std::slice::from_ref(record)).expect("an open log");
        writer.wait_durable(record.seq + 1).expect("a disk");
        durable.push(start.elapsed());
        let start = Instant::now();
        bare.write_all_at(&frame, turn * frame.len() as u64).expect("room on the disk");
        bare.sync_data().expect("a disk");
        syncs.push(start.elapsed());
    }
    let (durable, bare) = (median(durable), median(syncs));
    println!(
        "one durable live commit: p50 {durable:?}, bare fdatasync p50 {bare:?}, ratio {:.3}",
        durable.as_secs_f64() / bare.as_secs_f64()
    );
    writer.close().expect("a disk");
}

fn benchmarks(criterion: &mut Criterion) {
    let records = ticks(EVENTS);
    bytes_an_event("peers' ticks", &records);
    let mut group = criterion.benchmark_group("log");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    for (name, piece) in [("append", 4_096), ("append one by one", 1)] {
        group.bench_function(name, |bencher| {
            let fresh = || tempfile::tempdir().expect("a folder");
            bencher.iter_batched_ref(fresh, |folder| write(folder.path(), &records, piece), BatchSize::PerIteration);
        });
    }
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &records, 4_096);
    group.bench_function("scan", |bencher| bencher.iter(|| assert_eq!(scan(folder.path()), EVENTS as u64)));
    let block = &records[..4_096];
    group.throughput(Throughput::Elements(4_096)).sample_size(50);
    let mut rows = Vec::new();
    for record in block {
        encode(record, &mut rows).expect("small");
    }
    group.bench_function("encode rows", |bencher| {
        bencher.iter(|| {
            rows.clear();
            for record in block {
                encode(record, &mut rows).expect("small");
            }
            black_box(rows.len())
        });
    });
    group.bench_function("decode rows", |bencher| {
        bencher.iter(|| {
            let mut rest = &rows[..];
            while !rest.is_empty() {
                let (record, len) = decode(rest).expect("a row");
                black_box(record);
                rest = &rest[len..];
            }
        });
    });
    group.bench_function("chain", |bencher| {
        bencher.iter(|| {
            let mut chain = Chain::default();
            for record in block {
                chain.append(record).expect("small");
            }
            chain.digest()
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    live_commits();
    if let Ok(path) = std::env::var("TRADES_CSV") {
        let csv = fs::read_to_string(&path).expect("a readable file");
        bytes_an_event(&path, &real_trades(&csv));
    }
    benchmarks(&mut criterion);
    criterion.final_summary();
}
