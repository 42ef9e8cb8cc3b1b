//! `tickfold report RUN --html FILE`: the page.

use std::fs;
use std::path::Path;

use replays::report::Document;
use replays::report::html::render;

use crate::exit::{Exit, Failure};

/// Writes the page of a run to `path`.
pub fn write(document: &Document, path: &Path) -> Result<(), Failure> {
    let page = render(document).map_err(|error| Failure::new(Exit::Failed, format!("cannot make the page: {error}")))?;
    fs::write(path, page).map_err(|error| {
        let file = path.display();
        Failure::new(Exit::Failed, format!("cannot write the page to {file}: {error}; name a file in a folder that is there"))
    })
}
