//! SQL over a run's tables: what may be asked, and what went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use data::log::Reader;
use polars::prelude::{DataFrame, DataType, PolarsError, PolarsResult};
use polars::sql::{SQLContext, extract_table_identifiers};
use polars_lazy::frame::{IntoLazy, LazyFrame};

use super::answer::Answer;
use super::tables::column::Sort;
use super::tables::frame::{Frame, exact};
use super::tables::gather::{Sheet, gather};
use super::tables::{Table, nearest};
use super::words::Words;
use crate::exit::{Exit, Failure};

/// What begins a statement that only reads.
const READING: [&str; 2] = ["select", "with"];
/// Room is made for so many rows at once; more come as they are needed.
const MOST_ROOM: usize = 1 << 24;

/// A question that may be asked.
#[derive(Debug)]
pub struct Question {
    sql: String,
    /// The tables that it names, each with the columns that it needs, by their places.
    tables: Vec<(Table, Vec<usize>)>,
    /// Whether a column that is called `len` is so by itself: the SQL engine calls `count(*)` that.
    says_len: bool,
}

impl Question {
    /// Reads an SQL text. One statement, which only reads, and only tables of the run.
    pub fn read(sql: &str) -> Result<Self, Failure> {
        let words = Words::of(sql);
        match words.first() {
            Some(first) if READING.contains(&first) => {}
            Some(first) => {
                let asked = first.to_uppercase();
                return Err(usage(format!("{asked}: a query only reads: it begins with SELECT or WITH")));
            }
            None => return Err(usage("the SQL is empty: try \"select * from live_trades\"".to_owned())),
        }
        // The SQL engine would take the table.
        if let Some(table) = Table::ALL.into_iter().map(Table::name).find(|name| words.defines(name)) {
            return Err(usage(format!("{table} is a table of the run: give the query after WITH another name")));
        }
        // As everywhere in SQL, names of tables are the same in capitals.
        let sql = words.folded(sql.to_owned(), |word| Table::named(word).is_some());
        let named = guarded(|| extract_table_identifiers(&sql, false, true)).map_err(|error| explain(&error, &[]))?;
        if let Some(function) = named.iter().find(|name| reads_files(name)) {
            return Err(usage(format!("{function}: a query sees the run's tables and no files; {}", known_tables())));
        }
        let all = words.means_all();
        let needed = |table: Table| {
            let columns = table.columns().into_iter().enumerate();
            // The first one tells how many rows there are, and their order.
            columns.filter(|(place, (name, _))| *place == 0 || all || words.has(name)).map(|(place, _)| place).collect()
        };
        let tables = Table::ALL.into_iter().filter(|table| named.iter().any(|name| name == table.name()));
        let tables = tables.map(|table| (table, needed(table))).collect();
        Ok(Self { sql, tables, says_len: words.has("len") })
    }

    /// The tables that it names.
    fn tables(&self) -> impl Iterator<Item = Table> + '_ {
        self.tables.iter().map(|(table, _)| *table)
    }

    /// Asks it of a log that is open at its beginning.
    pub fn ask(&self, reader: &mut Reader) -> Result<Answer, Failure> {
        // A question that cannot be answered says so before anything is read.
        self.put(self.sheets(0), |mut plan| plan.collect_schema().map(drop))?;
        let rows = usize::try_from(reader.count()).unwrap_or(MOST_ROOM).min(MOST_ROOM);
        let mut sheets = self.sheets(rows);
        if !sheets.is_empty() {
            gather(reader, &mut sheets)?;
        }
        let mut frame = self.put(sheets, LazyFrame::collect)?;
        let money = self.money().unwrap_or_else(|| self.money_by_name(&frame));
        if !self.says_len {
            // Where there is a `count` already, it stays as it is.
            let _ = frame.rename("len", "count".into());
        }
        Ok(Answer { frame, money })
    }

    /// Which columns of the answer are money: those that are decimals where all money is. `None` when the SQL engine cannot
    /// do with decimals what it is asked to.
    fn money(&self) -> Option<Vec<bool>> {
        let types = guarded(|| {
            let mut context = SQLContext::new();
            self.tables().for_each(|table| context.register(table.name(), exact(table.columns()).lazy()));
            context.execute(&self.sql)?.collect_schema()
        });
        types.ok().map(|types| types.iter_values().map(DataType::is_decimal).collect())
    }

    /// Those that have the name of a table's money.
    fn money_by_name(&self, frame: &DataFrame) -> Vec<bool> {
        let columns: Vec<_> = self.tables().flat_map(Table::columns).collect();
        let is_money = |name: &str| columns.contains(&(name, Sort::Money));
        frame.get_column_names().into_iter().map(|name| is_money(name)).collect()
    }

    /// Empty sheets. Only records have as many rows as the log.
    fn sheets(&self, rows: usize) -> Vec<Sheet<Frame>> {
        let sheet = |(table, wanted): &(Table, Vec<usize>)| {
            let columns = table.columns();
            let rows = if matches!(table, Table::MarketData | Table::Events) { rows } else { 0 };
            let sink = Frame::new(wanted.iter().map(|&place| columns[place]), rows);
            Sheet { table: *table, wanted: wanted.clone(), sink }
        };
        self.tables.iter().map(sheet).collect()
    }

    /// Puts it to the SQL engine.
    fn put<T>(&self, sheets: Vec<Sheet<Frame>>, end: impl FnOnce(LazyFrame) -> PolarsResult<T>) -> Result<T, Failure> {
        let tables: Vec<Table> = self.tables().collect();
        let answer = guarded(|| {
            let mut context = SQLContext::new();
            for Sheet { table, sink, .. } in sheets {
                context.register(table.name(), sink.finish()?.lazy());
            }
            context.execute(&self.sql).and_then(end)
        });
        answer.map_err(|error| explain(&error, &tables))
    }
}

/// The functions of SQL that read files.
fn reads_files(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("read_") || name.starts_with("scan_")
}

/// A question that the SQL engine does not foresee may make it panic: that is an error like any other.
fn guarded<T>(ask: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    // What a panic says on the way is not for people.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let answer = catch_unwind(AssertUnwindSafe(ask));
    std::panic::set_hook(hook);
    answer.unwrap_or_else(|_| Err(PolarsError::SQLInterface("the SQL engine cannot take this question".into())))
}

fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

fn known_tables() -> String {
    format!("the tables are {}", Table::ALL.map(Table::name).join(", "))
}

/// What went wrong, with the tables or columns that there are.
fn explain(error: &PolarsError, tables: &[Table]) -> Failure {
    let said = error.to_string();
    let said = said.split("\n\n").next().unwrap_or_default().trim();
    let quoted = |text: &str| text.split(['\'', '"', '`']).nth(1).map(str::to_owned);
    if let Some(name) = said.find("relation '").and_then(|place| quoted(&said[place..])) {
        let near = nearest(&name, Table::ALL.map(Table::name));
        let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
        return usage(format!("no table \"{name}\": {near}{}", known_tables()));
    }
    let is_column = matches!(error, PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_));
    if let Some(name) = quoted(said).filter(|_| is_column || said.contains("column"))
        && !tables.is_empty()
        && !tables.iter().any(|table| table.columns().iter().any(|(known, _)| *known == name))
    {
        let known: Vec<&str> = tables.iter().flat_map(|table| table.columns()).map(|(known, _)| known).collect();
        let near = nearest(&name, known.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
        let listed = tables.iter().map(|table| {
            let names: Vec<&str> = table.columns().into_iter().map(|(name, _)| name).collect();
            format!("{} has {}", table.name(), names.join(", "))
        });
        return usage(format!("no column \"{name}\": {near}{}", listed.collect::<Vec<_>>().join("; ")));
    }
    usage(format!("the query cannot be answered: {said}"))
}
