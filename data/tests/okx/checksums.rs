//! Captures of 2022, when each book message still had its checksum: it is reproduced by every one of them.

use std::collections::BTreeMap;

use data::okx::book::RawBook;
use data::okx::message::{Frame, PushData};
use engine::market::Side;

use super::payloads::{files, folder, values};

#[test]
fn captured_books_reproduce_their_checksums() {
    let Some(folder) = folder() else { return };
    let (mut count, mut deepest) = (0, 0);
    for path in files(&folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")) {
        let mut books: BTreeMap<String, RawBook> = BTreeMap::new();
        for value in values(&path) {
            let frame = value.get("frame").unwrap_or(&value);
            let Ok(Frame::Push(push)) = Frame::parse(&frame.to_string()) else { continue };
            let PushData::Books(messages) = &push.data else { continue };
            for message in messages.iter().filter(|message| message.seq_id.is_absent()) {
                let Some(checksum) = message.checksum.0 else { continue };
                let book = books.entry(push.arg.inst_id.to_string()).or_default();
                book.apply(push.action, message).unwrap_or_else(|error| panic!("{}: {error}: {value}", path.display()));
                assert_eq!(i64::from(book.checksum()), checksum, "{}: {value}", path.display());
                deepest = deepest.max(book.levels(Side::Buy).len()).max(book.levels(Side::Sell).len());
                count += 1;
            }
        }
    }
    println!("{count} checksums are reproduced, of books of up to {deepest} levels a side");
    if count == 0 {
        eprintln!("SKIPPED: {} holds no book with a checksum", folder.display());
    }
}
