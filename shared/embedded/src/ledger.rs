//! Runs: their pages, and a bitmap for each shard, stage and kind of mark.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::bitmap::Bitmap;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId, StageName};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Mark, MarkKind, Page, RunLedger, RunStart, ShardTally, Tally};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::assessments::stored_as_of;
use crate::db::Db;
use crate::error::unreadable;

/// The ledger in the embedded file.
pub(crate) struct Ledger {
    db: Db,
}

impl Ledger {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    async fn text(
        &self,
        sql: &'static str,
        key: impl rusqlite::Params + Send + 'static,
    ) -> PortResult<Option<String>> {
        self.db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(sql)?;
                let text = statement.query_row(key, |row| row.get::<_, Option<String>>(0));
                Ok(text.optional()?.flatten())
            })
            .await
    }

    /// The runs from an `asOf` on, or all.
    async fn listed(&self, since: Option<AsOf>) -> PortResult<Vec<Run>> {
        let since = since.map_or(i64::MIN, stored_as_of);
        let rows: Vec<_> = self
            .db
            .read(move |connection| {
                let sql = "SELECT body, completed_at FROM runs WHERE as_of >= ?1
                    ORDER BY as_of DESC, id";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            })
            .await?;
        rows.into_iter().map(read_run).collect()
    }
}

/// A run with the instant of its completion, as stored.
fn read_run((body, completed_at): (String, Option<i64>)) -> PortResult<Run> {
    let mut run: Run = serde_json::from_str(&body).map_err(unreadable)?;
    run.completed_at =
        completed_at.map(Timestamp::from_millisecond).transpose().map_err(unreadable)?;
    Ok(run)
}

fn stored_run(
    connection: &Connection,
    id: &RunId,
) -> rusqlite::Result<Option<(String, Option<i64>)>> {
    let sql = "SELECT body, completed_at FROM runs WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

#[async_trait]
impl RunLedger for Ledger {
    async fn start(&self, run: &Run) -> PortResult<RunStart> {
        let body = serde_json::to_string(run).map_err(unreadable)?;
        let (id, as_of) = (run.id.clone(), stored_as_of(run.as_of));
        let existing = self
            .db
            .write(move |connection| {
                let existing = stored_run(connection, &id)?;
                if existing.is_none() {
                    let sql = "INSERT INTO runs (id, as_of, body) VALUES (?1, ?2, ?3)";
                    connection.prepare_cached(sql)?.execute(params![id.as_str(), as_of, body])?;
                }
                Ok(existing)
            })
            .await?;
        Ok(match existing {
            None => RunStart::Started,
            Some(stored) => RunStart::Existing(read_run(stored)?),
        })
    }

    async fn run(&self, id: &RunId) -> PortResult<Option<Run>> {
        let id = id.clone();
        let stored = self.db.read(move |connection| stored_run(connection, &id)).await?;
        stored.map(read_run).transpose()
    }

    async fn runs(&self) -> PortResult<Vec<Run>> {
        self.listed(None).await
    }

    async fn runs_since(&self, since: AsOf) -> PortResult<Vec<Run>> {
        self.listed(Some(since)).await
    }

    async fn put_page(&self, page: &Page) -> PortResult<Page> {
        let body = serde_json::to_string(page).map_err(unreadable)?;
        let page = page.clone();
        let stored: String = self
            .db
            .write(move |connection| {
                let sql = "INSERT INTO pages (run, shard, number, entries, last, body)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
                let key = (page.run.as_str(), page.shard, page.number);
                connection.prepare_cached(sql)?.execute(params![
                    key.0,
                    key.1,
                    key.2,
                    page.entries.len(),
                    page.last,
                    body
                ])?;
                let sql = "SELECT body FROM pages WHERE run = ?1 AND shard = ?2 AND number = ?3";
                connection.prepare_cached(sql)?.query_row(key, |row| row.get(0))
            })
            .await?;
        serde_json::from_str(&stored).map_err(unreadable)
    }

    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>> {
        let sql = "SELECT body FROM pages WHERE run = ?1 AND shard = ?2 AND number = ?3";
        let body = self.text(sql, (run.as_str().to_owned(), shard, number)).await?;
        body.map(|body| serde_json::from_str(&body).map_err(unreadable)).transpose()
    }

    async fn mark(&self, marks: &[Mark]) -> PortResult<()> {
        let marks = marks.to_vec();
        self.db
            .note(move |connection| marks.iter().try_for_each(|mark| set(connection, mark)))
            .await
    }

    async fn tally(&self, run: &RunId) -> PortResult<Tally> {
        let run = run.as_str().to_owned();
        self.db.read(move |connection| tally(connection, &run)).await
    }

    async fn complete(&self, run: &RunId, at: Timestamp, summary: &str) -> PortResult<()> {
        let (run, at) = (run.as_str().to_owned(), at.as_millisecond());
        let summary = summary.to_owned();
        self.db
            .write(move |connection| {
                let sql = "UPDATE runs SET completed_at = ?2, summary = ?3
                    WHERE id = ?1 AND completed_at IS NULL";
                connection.prepare_cached(sql)?.execute(params![run, at, summary])?;
                Ok(())
            })
            .await
    }

    async fn summary(&self, run: &RunId) -> PortResult<Option<String>> {
        self.text("SELECT summary FROM runs WHERE id = ?1", (run.as_str().to_owned(),)).await
    }
}

fn set(connection: &Connection, mark: &Mark) -> rusqlite::Result<()> {
    let position = &mark.position;
    let key = (position.run.as_str(), position.shard, mark.stage.name(), mark.kind.name());
    let sql = "SELECT bits FROM marks WHERE run = ?1 AND shard = ?2 AND stage = ?3 AND kind = ?4";
    let stored: Option<Vec<u8>> =
        connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    let mut bits = Bitmap::from_bytes(stored.unwrap_or_default());
    if bits.set(position.ordinal) {
        let sql = "INSERT INTO marks (run, shard, stage, kind, bits) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET bits = excluded.bits";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![key.0, key.1, key.2, key.3, bits.as_bytes()])?;
    }
    Ok(())
}

fn tally(connection: &Connection, run: &str) -> rusqlite::Result<Tally> {
    let mut shards: BTreeMap<u16, ShardTally> = BTreeMap::new();
    let sql = "SELECT shard, sum(entries), max(last) FROM pages WHERE run = ?1 GROUP BY shard";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let shard = row.get(0)?;
        let (enqueued, all_paged) = (row.get(1)?, row.get(2)?);
        shards.insert(shard, ShardTally { shard, enqueued, all_paged, ..ShardTally::default() });
    }
    let sql = "SELECT shard, stage, kind, bits FROM marks WHERE run = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let shard = row.get(0)?;
        let Some(stage) = StageName::from_name(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        let kind = MarkKind::stored(row.get_ref(2)?.as_str()?);
        let tally = shards.entry(shard).or_insert(ShardTally { shard, ..ShardTally::default() });
        tally.marks.insert((stage, kind), Bitmap::from_bytes(row.get(3)?));
    }
    Ok(Tally { shards: shards.into_values().collect() })
}
