//! Derives every decision of a log again and compares.

use data::log::{BlobStore, LogError, Reader, row};
use engine::engine::Engine;
use engine::event::{Decision, Event, Input, Record};
use engine::text::Names;

use crate::session::{self, BUILD, SessionError};

/// What a whole verification found to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Records compared.
    pub records: u64,
    /// Of which decisions, derived again.
    pub decisions: u64,
}

/// A log is not what its inputs lead to, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The session cannot be set up again.
    #[error("record 0: {0}")]
    Session(#[from] SessionError),
    /// The first record that differs.
    #[error("record {seq} differs\n  logged:  {logged}\n  derived: {derived}")]
    Differs {
        /// Its seq.
        seq: u64,
        /// Its text in the log.
        logged: String,
        /// What follows from the inputs.
        derived: String,
    },
    /// The log does not begin as every log does.
    #[error("record 0 is not the start of a session, so there is nothing to derive from: {found}")]
    NoSession {
        /// What is there.
        found: String,
    },
}

/// Verifies a whole log, or any prefix of one.
pub fn verify(reader: &mut Reader, blobs: &BlobStore) -> Result<Verified, VerifyError> {
    let mut verified = Verified { records: 0, decisions: 0 };
    let mut deriving: Option<Derivation> = None;
    while let Some(records) = reader.next_block()? {
        for record in records {
            let derivation = match &mut deriving {
                Some(derivation) => derivation,
                None => deriving.insert(Derivation::begin(record, blobs)?),
            };
            derivation.compare(record)?;
            verified.records += 1;
            verified.decisions += u64::from(matches!(record.event, Event::Decision(_)));
        }
    }
    Ok(verified)
}

/// An engine that goes along with a log.
pub struct Derivation {
    engine: Engine,
    names: Names,
    /// How many of the last step's records have been compared.
    compared: usize,
    /// The rows of the two that are compared, to be used again.
    rows: [Vec<u8>; 2],
}

impl Derivation {
    /// Sets the engine up as the log's first record says.
    pub fn begin(first: &Record, blobs: &BlobStore) -> Result<Self, VerifyError> {
        let Event::Input(Input::SessionStarted(started)) = &first.event else {
            return Err(VerifyError::NoSession { found: Names::default().line(first).to_string() });
        };
        Ok(Self::new(session::recorded_engine(started, blobs)?))
    }

    /// Goes along with a log from its first record on.
    pub fn new(engine: Engine) -> Self {
        Self { engine, names: Names::default(), compared: 0, rows: Default::default() }
    }

    /// Takes an input from the log, and compares a decision with the derived one, byte for byte as rows.
    ///
    /// Rows are compared as this build writes them: a log of an older format is read into the events of today, so what
    /// differs between formats differs in neither row.
    pub fn compare(&mut self, logged: &Record) -> Result<(), VerifyError> {
        if self.compared == self.engine.records().len() {
            let Event::Input(input) = &logged.event else {
                return Err(self.differs(logged, "an input: nothing more follows from the last one"));
            };
            self.names.learn(logged);
            self.engine.step(logged.at, input.clone());
            self.compared = 0;
        }
        let derived = &self.engine.records()[self.compared];
        if !is_of_older_layout(derived, logged) {
            if derived != logged {
                return Err(self.differs(logged, &self.names.line(derived).to_string()));
            }
            self.compare_rows(logged)?;
        }
        self.compared += 1;
        Ok(())
    }

    /// Equal values may be other bytes, 0.5 and 0.50: then the digests of two runs differ, and so do these records.
    fn compare_rows(&mut self, logged: &Record) -> Result<(), VerifyError> {
        // An input went from the log into the step: it is the same by itself.
        if matches!(logged.event, Event::Input(_)) {
            return Ok(());
        }
        let derived = &self.engine.records()[self.compared];
        for (row, record) in self.rows.iter_mut().zip([derived, logged]) {
            row.clear();
            row::encode(record, row).map_err(|source| LogError::Row { seq: record.seq, source })?;
        }
        if self.rows[0] == self.rows[1] {
            return Ok(());
        }
        let derived = format!("{} (the same values in other bytes, as 0.50 and 0.5 are)", self.names.line(derived));
        Err(self.differs(logged, &derived))
    }

    /// The engine as the log leaves it, and what follows from the last input that the log does not have: a crash came
    /// before it was durable, so nothing of it has left the process.
    pub fn into_engine(self) -> (Engine, Vec<Record>) {
        let unlogged = self.engine.records()[self.compared..].to_vec();
        (self.engine, unlogged)
    }

    /// What the records so far have made.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn differs(&self, logged: &Record, derived: &str) -> VerifyError {
        let state = self.engine.state();
        let seq = state.count.min(logged.seq);
        let build = state.session.as_ref().map(|session| session.build.as_str()).filter(|build| *build != BUILD);
        // Another build may decide otherwise: that is no sign that somebody changed the log.
        let told =
            build.map_or_else(String::new, |build| format!("\n  {build} wrote it, and this is {BUILD}: verify it with that one"));
        VerifyError::Differs { seq, logged: self.names.line(logged).to_string(), derived: format!("{derived}{told}") }
    }
}

/// A checkpoint of an older build, which hashed its state in another layout: the hashes cannot be compared.
fn is_of_older_layout(derived: &Record, logged: &Record) -> bool {
    match (&derived.event, &logged.event) {
        (Event::Decision(Decision::Checkpoint(ours)), Event::Decision(Decision::Checkpoint(theirs))) => {
            let places = |record: &Record| (record.seq, record.at, record.cause);
            (1..ours.layout).contains(&theirs.layout) && places(derived) == places(logged)
        }
        _ => false,
    }
}
