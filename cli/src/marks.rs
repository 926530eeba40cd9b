//! What an installation remembers of how its people came to be there: in settings, written before
//! the first item is and taken back after the last, so that a command which is killed half-way
//! leaves the mark standing.

use std::collections::BTreeSet;

use anyhow::Context as _;
use mindmate_cohort::CohortSpec;
use mindmate_domain::AsOf;
use serde::{Deserialize, Serialize};

use crate::session::Installation;

/// The seed of the synthetic cohort that was put here.
const SYNTHETIC: &str = "synthetic";

/// The cohort that is being put here: empty once it is whole.
const FILLING: &str = "filling";

/// How far an import came: [`TRIED`] or [`IMPORTED`].
const IMPORT: &str = "import";

/// The names of the files of which only a part was imported: empty where there is none.
const INCOMPLETE: &str = "importIncomplete";

const TRIED: &str = "tried";
const IMPORTED: &str = "imported";

/// Who the people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Origin {
    /// An app's, as far as anybody knows here.
    App,
    /// Invented, all of them.
    Synthetic,
    /// Invented people, and others that were imported beside them.
    Mixed,
}

impl Origin {
    pub(crate) async fn of(table: &dyn Installation) -> anyhow::Result<Self> {
        let synthetic = table.setting(SYNTHETIC).await?.is_some();
        let imported = table.setting(IMPORT).await?.as_deref() == Some(IMPORTED);
        Ok(match (synthetic, imported) {
            (true, true) => Self::Mixed,
            (true, false) => Self::Synthetic,
            (false, _) => Self::App,
        })
    }

    /// What somebody should know who reads the numbers.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Self::App => None,
            Self::Synthetic => Some("Synthetic cohort: no real person is in it"),
            Self::Mixed => {
                Some("Mixed: a synthetic cohort and imported people; the sums are of both")
            }
        }
    }
}

/// A cohort, as it is remembered until it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Filling {
    users: u32,
    days: u16,
    seed: u64,
    end: AsOf,
}

/// Before the first item of a cohort is written.
pub(crate) async fn begin_filling(
    table: &dyn Installation,
    spec: &CohortSpec,
) -> anyhow::Result<()> {
    let CohortSpec { users, days, seed, end } = *spec;
    let filling = Filling { users, days, seed, end: AsOf::new(end)? };
    table.put_setting(SYNTHETIC, &seed.to_string()).await?;
    table.put_setting(FILLING, &serde_json::to_string(&filling)?).await
}

/// After the last one.
pub(crate) async fn end_filling(table: &dyn Installation) -> anyhow::Result<()> {
    table.put_setting(FILLING, "").await
}

/// The cohort of which only a part is here. Made again, it has the same people and keys.
pub(crate) async fn half_filled(table: &dyn Installation) -> anyhow::Result<Option<CohortSpec>> {
    let Some(json) = given(table, FILLING).await? else {
        return Ok(None);
    };
    let Filling { users, days, seed, end } = serde_json::from_str(&json)
        .context("what is kept of a cohort that was begun here cannot be read")?;
    Ok(Some(CohortSpec::new(users, days, seed, end.instant())?))
}

/// Before an import looks at its files: whoever fails from here on wanted people of their own.
pub(crate) async fn try_import(table: &dyn Installation) -> anyhow::Result<()> {
    if given(table, IMPORT).await?.is_none() {
        table.put_setting(IMPORT, TRIED).await?;
    }
    Ok(())
}

/// Whether an import was tried here.
pub(crate) async fn import_was_tried(table: &dyn Installation) -> anyhow::Result<bool> {
    Ok(given(table, IMPORT).await?.is_some())
}

/// Before the first item of an import is written.
pub(crate) async fn import_items(table: &dyn Installation) -> anyhow::Result<()> {
    table.put_setting(IMPORT, IMPORTED).await
}

/// Before the first line of a file is read: until it is whole, only a part of it is here.
pub(crate) async fn begin_file(table: &dyn Installation, name: &str) -> anyhow::Result<()> {
    let mut names = incomplete_files(table).await?;
    names.insert(name.to_owned());
    put_incomplete(table, &names).await
}

/// After its last line, where nothing of it was cut off.
pub(crate) async fn end_file(table: &dyn Installation, name: &str) -> anyhow::Result<()> {
    let mut names = incomplete_files(table).await?;
    names.remove(name);
    put_incomplete(table, &names).await
}

/// The files of which only a part was imported, by name.
pub(crate) async fn incomplete_files(table: &dyn Installation) -> anyhow::Result<BTreeSet<String>> {
    match given(table, INCOMPLETE).await? {
        Some(json) => serde_json::from_str(&json)
            .context("what is kept of imports that broke off here cannot be read"),
        None => Ok(BTreeSet::new()),
    }
}

async fn put_incomplete(table: &dyn Installation, names: &BTreeSet<String>) -> anyhow::Result<()> {
    let json = if names.is_empty() { String::new() } else { serde_json::to_string(names)? };
    table.put_setting(INCOMPLETE, &json).await
}

/// A setting that is there and says something.
async fn given(table: &dyn Installation, name: &str) -> anyhow::Result<Option<String>> {
    Ok(table.setting(name).await?.filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::local::Local;

    fn open() -> (tempfile::TempDir, Local) {
        let folder = tempfile::tempdir().unwrap();
        let local = Local::open(folder.path()).unwrap();
        (folder, local)
    }

    #[tokio::test]
    async fn a_cohort_that_was_not_ended_is_known_as_it_was_begun() {
        let (_folder, local) = open();
        let table = &local.backend;
        assert_eq!(half_filled(table).await.unwrap(), None);
        let spec = CohortSpec::new(7, 9, 3, "2026-11-22T06:00:00Z".parse().unwrap()).unwrap();
        begin_filling(table, &spec).await.unwrap();
        assert_eq!(half_filled(table).await.unwrap(), Some(spec));
        end_filling(table).await.unwrap();
        assert_eq!(half_filled(table).await.unwrap(), None);
        assert_eq!(Origin::of(table).await.unwrap(), Origin::Synthetic);
    }

    #[tokio::test]
    async fn a_file_stays_incomplete_until_it_is_whole() {
        let (_folder, local) = open();
        let table = &local.backend;
        for name in ["a", "b"] {
            begin_file(table, name).await.unwrap();
        }
        end_file(table, "b").await.unwrap();
        let names: Vec<_> = incomplete_files(table).await.unwrap().into_iter().collect();
        assert_eq!(names, ["a"]);
        end_file(table, "a").await.unwrap();
        assert!(incomplete_files(table).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn imported_people_beside_invented_ones_are_mixed() {
        let (_folder, local) = open();
        let table = &local.backend;
        try_import(table).await.unwrap();
        assert!(import_was_tried(table).await.unwrap());
        let spec = CohortSpec::new(7, 9, 3, "2026-11-22T06:00:00Z".parse().unwrap()).unwrap();
        begin_filling(table, &spec).await.unwrap();
        assert_eq!(Origin::of(table).await.unwrap(), Origin::Synthetic);
        import_items(table).await.unwrap();
        try_import(table).await.unwrap();
        assert_eq!(Origin::of(table).await.unwrap(), Origin::Mixed);
    }
}
