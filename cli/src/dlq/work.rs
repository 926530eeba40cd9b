//! Who works on what is played back.
//!
//! | where | who |
//! | --- | --- |
//! | on AWS | the stack's functions, or workers |
//! | on one machine, while `serve` or `daily` runs | that one |
//! | on one machine otherwise | this command, under the clock of the run that the letters are of; but not while it waits for an answer |

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_domain::StageName;
use mindmate_domain::run::Run;
use mindmate_embedded::{DataDirError, RunLock};
use mindmate_host::local::{LocalHost, Settings};
use mindmate_pipeline::ports::{DeadLetters, Source};

use super::chosen::Choice;
use crate::output::excerpt;
use crate::session::local::Local;
use crate::session::{self, Place, Session};
use crate::stages::Composition;
use crate::{daily, runs, serve};

/// How often somebody looks whether who works here has ended, and how many times: who has looked for
/// the last time whether anything is left is gone within seconds.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS: u32 = 10;

/// What works, and the session that it works on.
pub(super) enum Work {
    /// This command does.
    Here {
        local: Box<Local>,
        /// The historical run that the letters are of.
        run: Option<Run>,
        /// Says that nobody else works here; none while somebody else may.
        lock: Option<RunLock>,
    },
    /// Somebody else on this machine does.
    Beside(Box<Local>),
    /// Functions or workers do.
    #[cfg(feature = "aws")]
    OnAws(Box<Session>),
}

impl Work {
    /// Opens the place, and takes the work on where nobody else does it.
    pub(super) async fn open(place: &Place) -> anyhow::Result<Self> {
        match place {
            Place::Local { data } => {
                // Says what to do where there is no data.
                drop(place.open_existing().await?);
                Self::on_one_machine(Box::new(Local::open(data)?))
            }
            #[cfg(feature = "aws")]
            Place::Aws { .. } => Ok(Self::OnAws(Box::new(place.open_letters().await?))),
        }
    }

    fn on_one_machine(local: Box<Local>) -> anyhow::Result<Self> {
        match local.dir.lock_run() {
            Ok(lock) => Ok(Self::Here { local, run: None, lock: Some(lock) }),
            Err(DataDirError::Busy { .. }) => Ok(Self::Beside(local)),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets others work here until [`Work::resume`]: who waits for a person's answer does nothing,
    /// and must not pass for one who works.
    pub(super) fn pause(&mut self) {
        if let Self::Here { lock, .. } = self {
            *lock = None;
        }
    }

    /// Takes the work on again, unless somebody else has by now; and refuses what
    /// [`Work::prepare`] refuses.
    pub(super) async fn resume(self, choice: &Choice) -> anyhow::Result<Self> {
        let mut work = match self {
            Self::Here { local, lock: None, .. } => Self::on_one_machine(local)?,
            other => return Ok(other),
        };
        work.prepare(choice).await?;
        Ok(work)
    }

    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Here { local, .. } | Self::Beside(local) => &local.session,
            #[cfg(feature = "aws")]
            Self::OnAws(session) => session,
        }
    }

    /// Whether this command does the work itself.
    pub(super) fn is_here(&self) -> bool {
        matches!(self, Self::Here { .. })
    }

    /// Refuses what could not be worked on under its own clock, before anything is moved.
    pub(super) async fn prepare(&mut self, choice: &Choice) -> anyhow::Result<()> {
        let runs_of = || {
            let runs = choice.historical.iter();
            let each = runs.map(|run| format!("\n  --run {}", excerpt(run.as_str())));
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

    /// Works until nothing is left to do, where this command works; or where who worked here has
    /// ended, and left something in the source of these letters.
    pub(super) async fn go(&self, letters: &dyn DeadLetters) -> anyhow::Result<()> {
        match self {
            Self::Here { local, run: Some(run), .. } => {
                let policy = Arc::new(session::policy(None)?);
                daily::work_on(local, run, policy).await
            }
            Self::Here { local, run: None, .. } => drain(local).await,
            Self::Beside(local) => take_over(local, letters).await,
            #[cfg(feature = "aws")]
            Self::OnAws(_) => Ok(()),
        }
    }
}

async fn drain(local: &Local) -> anyhow::Result<()> {
    local.backend.release_orphans().await?;
    let session = &local.session;
    let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), Arc::new(()));
    let host = Composition::on_one_machine(session)?.put_into(host, &StageName::ALL).await?;
    host.drain().await.context("the stages were stopped; nothing is lost by that")
}

/// Who works here may have looked for the last time before the copies came.
async fn take_over(local: &Local, letters: &dyn DeadLetters) -> anyhow::Result<()> {
    for _ in 0..LOOKS {
        match local.dir.lock_run() {
            Ok(_lock) => {
                serve::nothing_of_the_past_waits(local).await?;
                return drain(local).await;
            }
            Err(DataDirError::Busy { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if letters.source().await? == Source::Drained {
            return Ok(());
        }
        local.session.clock.sleep(LOOK).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_an_answer_keeps_nobody_from_working() {
        let folder = tempfile::tempdir().unwrap();
        drop(Local::open(folder.path()).unwrap());
        let place = Place::Local { data: folder.path().to_owned() };
        let mut asks = Work::open(&place).await.unwrap();
        assert!(asks.is_here());
        assert!(!Work::open(&place).await.unwrap().is_here(), "one works at a time");
        asks.pause();
        let second = Work::open(&place).await.unwrap();
        assert!(second.is_here());
        let choice = Choice::default();
        let mut asks = asks.resume(&choice).await.unwrap();
        assert!(!asks.is_here(), "the second one works");
        drop(second);
        asks.pause();
        assert!(Work::open(&place).await.unwrap().is_here());
    }
}
