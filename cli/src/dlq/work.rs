//! Who works on what is played back.
//!
//! | where | who |
//! | --- | --- |
//! | on AWS | the stack's functions, or workers |
//! | on one machine, while `serve` or `daily` runs | that one |
//! | on one machine otherwise | this command, under the clock of the run that the letters are of |

use std::sync::Arc;

use anyhow::Context as _;
use mindmate_domain::StageName;
use mindmate_domain::run::Run;
use mindmate_embedded::{DataDirError, RunLock};
use mindmate_host::local::{LocalHost, Settings};

use super::chosen::Choice;
use crate::session::local::Local;
use crate::session::{self, Place, Session};
use crate::stages::Composition;
use crate::{daily, runs, serve};

/// What works, and the session that it works on.
pub(super) enum Work {
    /// This command does.
    Here {
        local: Box<Local>,
        /// The historical run that the letters are of.
        run: Option<Run>,
        _lock: RunLock,
    },
    /// Somebody else does.
    Elsewhere(Box<Session>),
}

impl Work {
    /// Opens the place, and takes the work on where nobody else does it.
    pub(super) async fn open(place: &Place) -> anyhow::Result<Self> {
        #[cfg_attr(
            not(feature = "aws"),
            expect(irrefutable_let_patterns, reason = "this build has no other place")
        )]
        let Place::Local { data } = place else {
            return Ok(Self::Elsewhere(Box::new(place.open_letters().await?)));
        };
        // Says what to do where there is no data.
        drop(place.open_existing().await?);
        let local = Local::open(data)?;
        match local.dir.lock_run() {
            Ok(lock) => Ok(Self::Here { local: Box::new(local), run: None, _lock: lock }),
            Err(DataDirError::Busy { .. }) => Ok(Self::Elsewhere(Box::new(local.session))),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Here { local, .. } => &local.session,
            Self::Elsewhere(session) => session,
        }
    }

    /// Whether this command does the work itself.
    pub(super) fn is_here(&self) -> bool {
        matches!(self, Self::Here { .. })
    }

    /// Refuses what could not be worked on under its own clock, before anything is moved.
    pub(super) async fn prepare(&mut self, choice: &Choice) -> anyhow::Result<()> {
        let runs_of = || {
            let each = choice.historical.iter().map(|run| format!("\n  --run {run}"));
            each.collect::<String>()
        };
        anyhow::ensure!(
            choice.unplaced == 0,
            "{} of the letters are of a historical run, and nobody can read of which: choose others, or export and drop these",
            choice.unplaced
        );
        if !choice.historical.is_empty() {
            anyhow::ensure!(
                choice.historical.len() == 1 && choice.of_now == 0,
                "expected letters of one historical run, or of none: each run has a clock of its own; choose one with{}",
                runs_of()
            );
            anyhow::ensure!(
                self.is_here(),
                "expected that nothing else works here while a historical run is played back: stop `mindmate serve` first"
            );
        }
        let Self::Here { local, run, .. } = self else {
            return Ok(());
        };
        match choice.historical.first() {
            Some(id) => {
                let queued = local.backend.queued_runs().await?;
                if let Some(other) = queued.iter().find(|other| *other != id) {
                    anyhow::bail!(
                        "expected that nothing of another run waits while {id} is played back, found messages of {other}: let `{}` end it first",
                        local.session.command_here("daily")
                    );
                }
                let found = runs::find(&local.session, id.as_str()).await?;
                daily::nothing_of_now_waits(local, &found).await?;
                *run = Some(found);
            }
            None => serve::nothing_of_the_past_waits(local).await?,
        }
        Ok(())
    }

    /// Works until nothing is left to do, where this command works.
    pub(super) async fn go(&self) -> anyhow::Result<()> {
        let Self::Here { local, run, .. } = self else {
            return Ok(());
        };
        if let Some(run) = run {
            let policy = Arc::new(session::policy(None)?);
            return daily::work_on(local, run, policy).await;
        }
        local.backend.release_orphans().await?;
        let session = &local.session;
        let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), Arc::new(()));
        let host = Composition::on_one_machine(session)?.put_into(host, &StageName::ALL).await?;
        host.drain().await.context("the stages were stopped; nothing is lost by that")
    }
}
