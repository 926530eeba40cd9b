//! The pipeline inside another program of the workspace, put together as the commands put it
//! together: for the load harness and for tests that measure.
//!
//! [`OneMachine`] is what `mindmate serve` runs, without its lock and its daily run; [`Stack`] is
//! what `--backend aws` speaks to. Nothing here is a promise to anybody outside of the workspace.

use std::path::Path;
use std::sync::Arc;

use mindmate_cohort::CohortSpec;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_embedded::Embedded;
use mindmate_host::worker::Worker;
use mindmate_pipeline::Clock;
use mindmate_pipeline::ports::Ports;

use crate::session::local::Local;
use crate::stages::Composition;
use crate::{cohort, progress};

/// A bar over things that are counted, with a word on what else there is to say; where standard error is
/// no terminal, a line a minute.
pub fn progress_of(length: u64, what: String) -> indicatif::ProgressBar {
    progress::told(length, what)
}

/// The pipeline on the embedded backend of a data directory.
pub struct OneMachine(Local);

impl OneMachine {
    /// Opens the directory; makes it where it is absent.
    ///
    /// # Errors
    /// A directory or a file that cannot be opened.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        Ok(Self(Local::open(data)?))
    }

    /// All ports.
    pub fn ports(&self) -> &Ports {
        &self.0.session.ports
    }

    /// The backend itself, for what only it has.
    pub fn backend(&self) -> &Embedded {
        &self.0.backend
    }

    /// The clock of the stages.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.session.clock
    }

    /// The key of the installation's pseudonyms.
    ///
    /// # Errors
    /// The database's.
    pub async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey> {
        self.0.session.installation.pseudonyms().await
    }

    /// Fills the app's table with a synthetic cohort; gives the number of items.
    ///
    /// # Errors
    /// The database's, and the disk's.
    pub async fn fill(&self, spec: &CohortSpec) -> anyhow::Result<u64> {
        cohort::fill(&self.0.session, spec).await
    }

    /// All stages, as `mindmate serve` runs them.
    ///
    /// # Errors
    /// Built-in data that cannot be read, or the database's.
    pub async fn worker(&self) -> anyhow::Result<Worker> {
        Composition::on_one_machine(&self.0.session)?.all_in_a_worker().await
    }
}

/// The tables and queues of a deployed stack, whose functions or workers do the work.
#[cfg(feature = "aws")]
pub struct Stack(crate::session::cloud::Cloud);

#[cfg(feature = "aws")]
impl Stack {
    /// By the names in the environment, and in this file for what is not set there.
    ///
    /// # Errors
    /// Names that are missing or cannot be read, all at once.
    pub async fn open(env_file: Option<&Path>) -> anyhow::Result<Self> {
        use crate::session::cloud::{Cloud, with_letters};
        Ok(Self(Cloud::open(Path::new("."), env_file, &with_letters()).await?))
    }

    /// All ports.
    pub fn ports(&self) -> &Ports {
        &self.0.session.ports
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.session.clock
    }

    /// The key of the stack's pseudonyms.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey> {
        self.0.session.installation.pseudonyms().await
    }
}
