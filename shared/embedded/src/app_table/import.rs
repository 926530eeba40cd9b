//! Items on their way into the file.

use std::collections::BTreeMap;

use mindmate_contracts::app_table::{ExportLine, Item, active_millis};
use mindmate_domain::UserId;
use mindmate_pipeline::PortResult;
use rusqlite::{Connection, params};

use super::ensure_user;
use crate::backend::Embedded;

/// Items that are written together. Of those with the same key the last one counts.
#[derive(Debug, Default)]
pub struct ImportBatch {
    rows: BTreeMap<(UserId, String), Row>,
}

/// What an import changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Items that were not there.
    pub added: u64,
    /// Items that replaced another of the same key.
    pub replaced: u64,
    /// Items that stood there already, just so.
    pub unchanged: u64,
}

impl Imported {
    /// Adds up.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            replaced: self.replaced + other.replaced,
            unchanged: self.unchanged + other.unchanged,
        }
    }
}

/// One item as it lies in the file.
#[derive(Debug, Clone)]
pub(super) struct Row {
    active: Option<i64>,
    item: String,
}

impl ImportBatch {
    /// Adds an item of an export; says whether it took the place of an earlier one.
    ///
    /// # Errors
    /// None that an item's types can bring about; the signature is the serializer's.
    pub fn add(&mut self, line: ExportLine) -> Result<bool, serde_json::Error> {
        let row = stored(&line.sk, line.item)?;
        Ok(self.rows.insert((line.user, line.sk), row).is_some())
    }
}

impl Embedded {
    /// Writes a batch in one transaction. The same key replaces the earlier item; importing the
    /// same twice changes nothing.
    ///
    /// # Errors
    /// The database's: then nothing of the batch is written.
    pub async fn import(&self, batch: ImportBatch) -> PortResult<Imported> {
        self.db
            .write(move |connection| {
                let mut imported = Imported::default();
                let mut last: Option<(&UserId, i64)> = None;
                for ((user, sk), row) in &batch.rows {
                    let uid = match last {
                        Some((same, uid)) if same == user => uid,
                        _ => ensure_user(connection, user)?,
                    };
                    last = Some((user, uid));
                    put(connection, uid, (sk, row), &mut imported)?;
                }
                Ok(imported)
            })
            .await
    }
}

/// The row of an item. Its keys are columns, so that the rest is stored without them.
pub(super) fn stored(sk: &str, mut item: Item) -> Result<Row, serde_json::Error> {
    let active = active_millis(sk, &item);
    item.remove("PK");
    item.remove("SK");
    Ok(Row { active, item: serde_json::to_string(&item)? })
}

pub(super) fn put(
    connection: &Connection,
    uid: i64,
    (sk, row): (&str, &Row),
    imported: &mut Imported,
) -> rusqlite::Result<()> {
    if insert_if_absent(connection, uid, (sk, row))? {
        imported.added += 1;
        return Ok(());
    }
    let sql = "UPDATE app_items SET active = ?3, item = ?4
        WHERE uid = ?1 AND sk = ?2 AND item <> ?4";
    let mut statement = connection.prepare_cached(sql)?;
    if statement.execute(params![uid, sk, row.active, row.item])? == 1 {
        imported.replaced += 1;
    } else {
        imported.unchanged += 1;
    }
    Ok(())
}

/// Puts the item unless one stands under its key; says whether it did.
pub(super) fn insert_if_absent(
    connection: &Connection,
    uid: i64,
    (sk, row): (&str, &Row),
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO app_items (uid, sk, active, item) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.execute(params![uid, sk, row.active, row.item])? == 1)
}
