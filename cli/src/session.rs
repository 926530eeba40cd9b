//! What every command opens: the data directory, its database, the clock.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_domain::{AsOf, Policy, UserId};
use mindmate_embedded::{DataDir, Embedded, Options};
use mindmate_pipeline::{Clock, SystemClock};

/// An opened data directory.
pub(crate) struct Session {
    pub(crate) dir: DataDir,
    pub(crate) backend: Embedded,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Session {
    /// Opens it; makes it where it is absent.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let dir = DataDir::open(data)?;
        let options = Options::default();
        let backend = Embedded::open(&dir.database(), Arc::clone(&clock), options)?;
        Ok(Self { dir, backend, clock })
    }

    /// Opens one that must be there: a command that only looks makes nothing.
    pub(crate) fn open_existing(data: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(
            data.join("mindmate.db").exists(),
            "there is no data in {}: run `mindmate daily` or `mindmate import` first, or name another directory with --data",
            data.display()
        );
        Self::open(data)
    }

    /// The key of this installation's pseudonyms.
    pub(crate) async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey> {
        let mut fresh = [0; KEY_BYTES];
        getrandom::fill(&mut fresh).context("cannot draw a key from the system's generator")?;
        Ok(self.backend.pseudonym_key(fresh).await?)
    }

    /// The `asOf` that was asked for, which must not be in the future, or the latest 06:00 UTC.
    pub(crate) fn as_of(&self, asked: Option<AsOf>) -> anyhow::Result<AsOf> {
        let now = self.clock.now();
        let as_of = asked.unwrap_or_else(|| AsOf::latest_daily(now));
        anyhow::ensure!(
            as_of.instant() <= now,
            "expected an asOf that is not in the future, found {as_of}"
        );
        Ok(as_of)
    }
}

/// A policy file, or the built-in one.
pub(crate) fn policy(file: Option<&Path>) -> anyhow::Result<Policy> {
    let Some(path) = file else {
        return Ok(Policy::built_in()?);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the policy file {}", path.display()))?;
    Policy::parse(&text).with_context(|| format!("in {}", path.display()))
}

/// The user that a person typed.
pub(crate) fn user(id: &str) -> anyhow::Result<UserId> {
    let id = id.strip_prefix("USER#").unwrap_or(id);
    Ok(UserId::new(id)?)
}
