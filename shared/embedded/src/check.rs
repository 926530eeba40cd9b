//! Looking over the whole file.

use mindmate_pipeline::PortResult;

use crate::Embedded;
use crate::error::FileTrouble;

/// A file that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How many pages were looked at.
    pub pages: u64,
    /// What they come to.
    pub bytes: u64,
}

impl Embedded {
    /// Reads the whole file: each page, how they hang together, and each index against its table.
    ///
    /// Everything else reads what it needs, and finds no damage where it does not look.
    ///
    /// # Errors
    /// What is damaged, first.
    pub async fn check(&self) -> PortResult<Whole> {
        let (found, pages, size) = self
            .db
            .read(|connection| {
                // Before the pages are counted: a head that is damaged counts them wrongly.
                let found: String =
                    connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
                let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, u64>(0));
                Ok((found, number("PRAGMA page_count")?, number("PRAGMA page_size")?))
            })
            .await?;
        if found != "ok" {
            let (path, cause) = (self.db.path().to_owned(), found.replace('\n', " "));
            let trouble = FileTrouble::Damaged { path, cause };
            return Err(trouble.into_port_error());
        }
        Ok(Whole { pages, bytes: pages * size })
    }
}
