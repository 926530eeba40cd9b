//! The backend on one file, in the data directory.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use mindmate_contracts::app_table::ExportLine;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_embedded::{DataDir, Embedded, ImportBatch, ModelFolder, Options, Whole};
use mindmate_pipeline::ports::{Notice, TrainingStore};
use mindmate_pipeline::{Clock, SystemClock};

use super::{Installation, Into, Session, Trail, Written};

/// An opened data directory.
pub(crate) struct Local {
    pub(crate) session: Session,
    pub(crate) dir: DataDir,
    pub(crate) backend: Embedded,
}

impl Local {
    /// Opens it; makes it where it is absent.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        Self::open_at(data, Arc::new(SystemClock))
    }

    /// The same under another clock: everything that is kept there is dated by it.
    pub(crate) fn open_at(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let dir = DataDir::open(data)?;
        let options = Options::default();
        let backend = Embedded::open(&dir.database(), Arc::clone(&clock), options)?;
        let session = Session {
            ports: backend.ports(),
            models: Arc::new(ModelFolder::new(dir.models())),
            installation: Arc::new(backend.clone()),
            clock,
            overdue_after: mindmate_run_report::OVERDUE_AFTER,
            data: data.to_owned(),
            flags: String::new(),
        };
        Ok(Self { session, dir, backend })
    }
}

#[async_trait]
impl Installation for Embedded {
    async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey> {
        let mut fresh = [0; KEY_BYTES];
        getrandom::fill(&mut fresh).context("cannot draw a key from the system's generator")?;
        Ok(self.pseudonym_key(fresh).await?)
    }

    async fn import(&self, items: Vec<ExportLine>, _: Into) -> anyhow::Result<Written> {
        let mut batch = ImportBatch::default();
        let mut keys = 0;
        for item in items {
            keys += u64::from(!batch.add(item)?);
        }
        let changes = Some(Self::import(self, batch).await?);
        Ok(Written { keys, changes })
    }

    async fn verify_audit(&self) -> anyhow::Result<Trail> {
        let rows = Self::verify_audit(self).await??;
        Ok(Trail { rows, chains: None })
    }

    async fn check(&self) -> anyhow::Result<Option<Whole>> {
        Ok(Some(Self::check(self).await?))
    }

    async fn notices(&self, limit: usize) -> anyhow::Result<Option<Vec<Notice>>> {
        Ok(Some(Self::notices(self, limit).await?))
    }

    async fn setting(&self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(Self::setting(self, name).await?)
    }

    async fn put_setting(&self, name: &str, value: &str) -> anyhow::Result<()> {
        Ok(Self::put_setting(self, name, value).await?)
    }

    fn training_store(&self) -> Option<Arc<dyn TrainingStore>> {
        None
    }
}
