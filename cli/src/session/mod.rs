//! What every command opens: the ports of a backend, what an installation has beside them, and the
//! clock.
//!
//! Commands speak to [`Session`] alone. What only one backend has (a lock, orphans, a command that
//! starts functions) stays with that backend's own type in [`local`] or `cloud`.

#[cfg(feature = "aws")]
pub(crate) mod cloud;
pub(crate) mod local;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::SignedDuration;
use mindmate_contracts::app_table::ExportLine;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{AsOf, Policy, UserId};
use mindmate_embedded::{DataDir, Imported, TrainingFolder, Whole};
use mindmate_pipeline::Clock;
use mindmate_pipeline::ports::{ModelStore, Notice, Ports, TrainingStore};

use crate::args::{Args, Backend, Command};

/// Where the pipeline's tables and queues are.
pub(crate) enum Place {
    /// In a file of this directory.
    Local { data: PathBuf },
    /// On AWS, by the names in the environment and in this file. Reports go to the directory.
    #[cfg(feature = "aws")]
    Aws { data: PathBuf, env_file: Option<PathBuf> },
}

/// What an installation has beside the ports.
#[async_trait]
pub(crate) trait Installation: Send + Sync {
    /// The key of its pseudonyms.
    async fn pseudonyms(&self) -> anyhow::Result<PseudonymKey>;

    /// Takes items in: the same key replaces the earlier one.
    async fn import(&self, items: Vec<ExportLine>, into: Into) -> anyhow::Result<Written>;

    /// Verifies the audit trail; fails with the place where it is broken.
    async fn verify_audit(&self) -> anyhow::Result<Trail>;

    /// Looks over the whole file, where there is one.
    async fn check(&self) -> anyhow::Result<Option<Whole>>;

    /// Notices to those on duty, latest first, where they are kept to be read here.
    async fn notices(&self, limit: usize) -> anyhow::Result<Option<Vec<Notice>>>;

    /// A small value under a name.
    async fn setting(&self, name: &str) -> anyhow::Result<Option<String>>;

    /// Keeps a small value under a name.
    async fn put_setting(&self, name: &str, value: &str) -> anyhow::Result<()>;

    /// Where the training set is put, unless it is the data directory.
    fn training_store(&self) -> Option<Arc<dyn TrainingStore>>;
}

/// What an import fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// The app's table, and with it who was active when.
    AppTable,
    /// Only who was active when: where the table is another's.
    #[cfg(feature = "aws")]
    Index,
}

impl Place {
    /// Whether it is a stack on AWS.
    pub(crate) fn is_aws(&self) -> bool {
        !matches!(self, Self::Local { .. })
    }

    /// What an import fills here. On AWS the table is the app's: nobody writes there by mistake.
    pub(crate) fn fills(&self, into_app_table: bool, index_only: bool) -> anyhow::Result<Into> {
        match self {
            Self::Local { .. } => {
                anyhow::ensure!(
                    !into_app_table && !index_only,
                    "expected --backend aws beside --into-app-table or --index-only: on one machine the table is its own"
                );
                Ok(Into::AppTable)
            }
            #[cfg(feature = "aws")]
            Self::Aws { .. } if index_only => Ok(Into::Index),
            #[cfg(feature = "aws")]
            Self::Aws { .. } => {
                anyhow::ensure!(
                    into_app_table,
                    "expected --into-app-table beside --backend aws: the table is the app's own, and what is written there replaces what people have changed since, consents too; for a trial or a restore say so (`import --index-only` notes who was active and writes no item)"
                );
                Ok(Into::AppTable)
            }
        }
    }
}

/// What an import wrote.
pub(crate) struct Written {
    /// How many different keys there were.
    pub(crate) keys: u64,
    /// What that changed, where the backend knows it.
    pub(crate) changes: Option<Imported>,
}

/// An audit trail that holds together.
pub(crate) struct Trail {
    pub(crate) rows: u64,
    /// Its chains, where each user has one of their own.
    pub(crate) chains: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { data } => data.display().fmt(f),
            #[cfg(feature = "aws")]
            Self::Aws { .. } => f.write_str("the app's table on AWS"),
        }
    }
}

/// An opened backend.
pub(crate) struct Session {
    pub(crate) ports: Ports,
    /// Trained models.
    pub(crate) models: Arc<dyn ModelStore>,
    pub(crate) installation: Arc<dyn Installation>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long after its `asOf` a run that is not complete is overdue.
    pub(crate) overdue_after: SignedDuration,
    data: PathBuf,
    /// What a command needs on its line to come here again.
    flags: String,
}

impl Place {
    /// The place that the command line names. Workers only work on AWS.
    pub(crate) fn of(args: &Args) -> anyhow::Result<Self> {
        let on_aws = args.backend == Backend::Aws || matches!(args.command, Command::Worker(_));
        let data = args.data.clone();
        if on_aws {
            #[cfg(feature = "aws")]
            return Ok(Self::Aws { data, env_file: args.env_file.clone() });
            #[cfg(not(feature = "aws"))]
            anyhow::bail!(NO_AWS);
        }
        anyhow::ensure!(args.env_file.is_none(), "expected --backend aws beside --env-file");
        Ok(Self::Local { data })
    }

    /// An error with what somebody can look at who gets it here.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match self {
            Self::Local { .. } => error,
            #[cfg(feature = "aws")]
            Self::Aws { .. } => cloud::explain(error),
        }
    }

    /// Opens it; makes a data directory where it is absent.
    #[cfg_attr(
        not(feature = "aws"),
        expect(clippy::unused_async, reason = "opening AWS waits, and this build has none")
    )]
    pub(crate) async fn open(&self) -> anyhow::Result<Session> {
        match self {
            Self::Local { data } => Ok(local::Local::open(data)?.session),
            #[cfg(feature = "aws")]
            Self::Aws { data, env_file } => {
                let needed = mindmate_host::config::Program::Operator.needs();
                Ok(cloud::Cloud::open(data, env_file.as_deref(), &needed).await?.session)
            }
        }
    }

    /// The same, with every queue and stream and where the letters of each lie.
    pub(crate) async fn open_letters(&self) -> anyhow::Result<Session> {
        match self {
            Self::Local { .. } => self.open_existing().await,
            #[cfg(feature = "aws")]
            Self::Aws { data, env_file } => {
                let needed = cloud::with_letters();
                Ok(cloud::Cloud::open(data, env_file.as_deref(), &needed).await?.session)
            }
        }
    }

    /// Opens what must be there: a command that only looks makes nothing.
    pub(crate) async fn open_existing(&self) -> anyhow::Result<Session> {
        #[cfg_attr(
            not(feature = "aws"),
            expect(irrefutable_let_patterns, reason = "this build has no other place")
        )]
        if let Self::Local { data } = self {
            anyhow::ensure!(
                data.join("mindmate.db").exists(),
                "there is no data in {}: run `mindmate daily` or `mindmate import` first, or name another directory with --data",
                data.display()
            );
        }
        self.open().await
    }
}

/// What somebody reads who asks a program for AWS that was built without.
#[cfg(not(feature = "aws"))]
pub(crate) const NO_AWS: &str =
    "this program was built without AWS: build it with `cargo build --release --features aws`";

impl Session {
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

    /// The directory of reports; made where it is absent.
    pub(crate) fn dir(&self) -> anyhow::Result<DataDir> {
        Ok(DataDir::open(&self.data)?)
    }

    /// Where the training set is put: in this folder, or where the installation has it.
    pub(crate) fn training_store(
        &self,
        out: Option<&Path>,
    ) -> anyhow::Result<Arc<dyn TrainingStore>> {
        if let Some(out) = out {
            return Ok(Arc::new(TrainingFolder::new(out)));
        }
        match self.installation.training_store() {
            Some(store) => Ok(store),
            None => Ok(Arc::new(TrainingFolder::new(self.dir()?.training()))),
        }
    }

    /// The folder to read the training set from: this one, or the data directory's. `flag` is the one that
    /// names it.
    pub(crate) fn training_set(
        &self,
        folder: Option<&Path>,
        flag: &str,
    ) -> anyhow::Result<PathBuf> {
        if let Some(folder) = folder {
            return Ok(folder.to_owned());
        }
        anyhow::ensure!(
            self.installation.training_store().is_none(),
            "expected {flag} DIR: on AWS the set is in the bucket; `{}` puts one into a folder here",
            self.command("training-data --out DIR")
        );
        Ok(self.dir()?.training())
    }

    /// A command as somebody would type it to come here again.
    pub(crate) fn command(&self, command: &str) -> String {
        format!("mindmate {command}{}", self.flags)
    }

    /// The same, with the data directory even where it is the default.
    pub(crate) fn command_here(&self, command: &str) -> String {
        if self.flags.is_empty() {
            return format!("mindmate {command} --data {}", self.data.display());
        }
        self.command(command)
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
