//! Which records of a log: by seq, kind, time, order and cause.

use std::collections::BTreeSet;

use clap::Args;
use data::log::{Index, LogError};
use engine::event::Record;
use engine::order::OrderId;
use engine::time::Timestamp;

use super::LogFolder;
use super::column::Known;
use super::kind::Kind;
use crate::commands::flags::time;
use crate::exit::{Exit, Failure};

/// The folder of the index in a run's folder.
const INDEX: &str = "index";

/// Which records; all of them when nothing is said.
#[derive(Args)]
pub struct Selection {
    /// The first record
    #[arg(long, value_name = "N")]
    from_seq: Option<u64>,
    /// The last record
    #[arg(long, value_name = "N")]
    to_seq: Option<u64>,
    /// Only records of this kind, such as order or filled; repeatable
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<Kind>,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Nothing from this time on
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Only records about this order: the seq of the record that asked for it
    #[arg(long, value_name = "N")]
    order: Option<u64>,
    /// Only what followed from this record
    #[arg(long, value_name = "N")]
    cause: Option<u64>,
}

impl Selection {
    /// Hands on the records in order, each with what is known at that point. How many there were comes back.
    ///
    /// The log is read from its beginning, because an instrument may have been listed, or listed anew, anywhere before
    /// the first record that is wanted. Its end is not read when nothing wanted can be there: times never go back, and
    /// the index knows the last record of an order or a cause.
    pub fn each(&self, folder: &LogFolder, mut take: impl FnMut(&Known, &Record) -> Result<(), Failure>) -> Result<u64, Failure> {
        let mut reader = folder.read_aloud()?;
        self.check(reader.count())?;
        let found = self.look_up(folder);
        let mut last = self.to_seq.unwrap_or(u64::MAX);
        if let Some(found) = &found {
            let Some(last_found) = found.last() else { return Ok(0) };
            last = last.min(*last_found);
        }
        let (mut known, mut count) = (Known::default(), 0);
        while let Some(block) = reader.next_block()? {
            for record in block {
                if record.seq > last || self.to.is_some_and(|to| record.at >= to) {
                    return Ok(count);
                }
                known.learn(record);
                let is_linked = found.as_ref().map_or_else(|| self.links(record), |found| found.contains(&record.seq));
                if is_linked && self.wants(record) {
                    take(&known, record)?;
                    count += 1;
                }
            }
        }
        for lost in reader.lost() {
            eprintln!("note: this is a salvaged log: seqs {}..{} are lost", lost.start, lost.end);
        }
        Ok(count)
    }

    fn check(&self, count: u64) -> Result<(), Failure> {
        let refuse = |message: String| Err(Failure::new(Exit::Usage, message));
        for seq in [self.from_seq, self.order, self.cause].into_iter().flatten() {
            if seq >= count {
                return refuse(format!("seq {seq} is not in the log, which has {count} records: see `tickfold log stat`"));
            }
        }
        match (self.from_seq, self.to_seq) {
            (Some(from), Some(to)) if from > to => refuse(format!("--from-seq {from} is after --to-seq {to}: swap them")),
            _ => Ok(()),
        }
    }

    /// The records of the wanted order and cause by the index; `None` when neither is asked for, or when the index
    /// cannot be used and the log itself has to tell.
    fn look_up(&self, folder: &LogFolder) -> Option<BTreeSet<u64>> {
        if self.order.is_none() && self.cause.is_none() {
            return None;
        }
        let search = || -> Result<BTreeSet<u64>, LogError> {
            let index = Index::open(&folder.path.join(INDEX), &folder.storage)?;
            let of_order = self.order.map(|order| index.order(OrderId(order))).transpose()?;
            let of_cause = self.cause.map(|cause| index.consequences(cause)).transpose()?;
            Ok(match (of_order, of_cause) {
                (Some(of_order), Some(of_cause)) => &BTreeSet::from_iter(of_order) & &BTreeSet::from_iter(of_cause),
                (of_order, of_cause) => of_order.or(of_cause).into_iter().flatten().collect(),
            })
        };
        match search() {
            Ok(found) => Some(found),
            Err(error @ LogError::Index { .. }) => {
                eprintln!("note: {error}; the log is read instead");
                None
            }
            // Of the log itself: reading it says so, unless the damage lies behind what is wanted.
            Err(_) => None,
        }
    }

    /// Whether a record is about the wanted order and follows from the wanted cause.
    fn links(&self, record: &Record) -> bool {
        let of_order = self.order.is_none_or(|wanted| data::log::order_of(record) == Some(OrderId(wanted)));
        of_order && self.cause.is_none_or(|cause| record.cause == cause && record.seq != cause)
    }

    fn wants(&self, record: &Record) -> bool {
        self.from_seq.is_none_or(|from| record.seq >= from)
            && self.from.is_none_or(|from| record.at >= from)
            && (self.kinds.is_empty() || self.kinds.contains(&Kind::of(&record.event)))
    }
}
