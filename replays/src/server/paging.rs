//! Pages of rows, newest first.

use super::arguments::Arguments;
use super::reply::Refusal;

const MOST_ROWS: usize = 100;

/// Which rows are wanted, by their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// Only rows that are older than this one.
    after: Option<u64>,
    /// Only rows that are newer than this one.
    before: Option<u64>,
    limit: usize,
}

impl Page {
    pub(super) fn read(args: Arguments<'_>) -> Result<Self, Refusal> {
        let limit = args.integer("limit")?.map_or(MOST_ROWS, |limit| usize::try_from(limit).unwrap_or(MOST_ROWS));
        if limit == 0 {
            return Err(Refusal::parameter("limit"));
        }
        Ok(Self { after: args.integer("after")?, before: args.integer("before")?, limit: limit.min(MOST_ROWS) })
    }

    /// Of rows that come newest first.
    pub(super) fn select<T>(self, rows: impl Iterator<Item = T>, id: impl Fn(&T) -> u64) -> impl Iterator<Item = T> {
        rows.filter(move |row| {
            let id = id(row);
            self.after.is_none_or(|after| id < after) && self.before.is_none_or(|before| id > before)
        })
        .take(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pages_go_back_in_time_and_exclude_their_mark() {
        let select = |args| Page::read(Arguments(&args)).unwrap().select((1..=9).rev(), |id| *id).collect::<Vec<u64>>();
        assert_eq!(select(json!({"limit": "3"})), [9, 8, 7]);
        assert_eq!(select(json!({"limit": "3", "after": "7"})), [6, 5, 4]);
        assert_eq!(select(json!({"limit": "3", "before": "2"})), [9, 8, 7], "the newest, not the nearest");
        assert_eq!(select(json!({"after": "5", "before": "2"})), [4, 3]);
        assert!(Page::read(Arguments(&json!({"limit": "0"}))).is_err());
    }
}
