//! How a daily run begins: the same for the schedule and for the command line.
//!
//! The run is written first, then the first page of each shard is asked for. Both can be done
//! twice: a schedule that fires twice, or a start that was killed half-way, sends the same
//! messages again, and fan-out sends what it stored.

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_contracts::messages::FanOutShardRequested;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId, StageName};

use crate::outgoing::{Outbox, Outgoing};
use crate::ports::{PortError, Publisher, RunLedger, RunStart, ShardTally};
use crate::publishing::publish_all;
use crate::stage::StageError;

/// Shards that the users are dealt to, unless somebody says otherwise: each is paged by itself.
pub const DEFAULT_SHARDS: u16 = 16;

/// Starts daily runs.
#[derive(Clone)]
pub struct DailyRuns {
    ledger: Arc<dyn RunLedger>,
    publisher: Arc<dyn Publisher>,
}

/// Why a run could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A date has one run.
    #[error(
        "expected asOf {expected} as {run} was started with, found {found}: a date has one run, go on with its asOf or take another date"
    )]
    OtherAsOf {
        /// The run that is there.
        run: RunId,
        /// Its `asOf`.
        expected: AsOf,
        /// The one that was asked for.
        found: AsOf,
    },
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] PortError),
}

impl From<StartError> for StageError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::OtherAsOf { .. } => Self::permanent("other-as-of", error),
            StartError::Ledger(error) => error.into(),
        }
    }
}

impl DailyRuns {
    /// Over these ports.
    pub fn new(ledger: Arc<dyn RunLedger>, publisher: Arc<dyn Publisher>) -> Self {
        Self { ledger, publisher }
    }

    /// Writes the run of that day, or finds the one that was started: then its number of shards
    /// stays what it was. It is historical where its `asOf` is not the latest one at `now`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        &self,
        as_of: AsOf,
        shards: u16,
        now: Timestamp,
    ) -> Result<(Run, RunStart), StartError> {
        let run = Run {
            id: RunId::daily(as_of),
            as_of,
            shards,
            historical: as_of < AsOf::latest_daily(now),
            started_at: now,
            completed_at: None,
        };
        match self.ledger.start(&run).await? {
            RunStart::Started => Ok((run, RunStart::Started)),
            RunStart::Existing(found) if found.as_of == as_of => {
                Ok((found.clone(), RunStart::Existing(found)))
            }
            RunStart::Existing(found) => {
                let (run, expected) = (found.id, found.as_of);
                Err(StartError::OtherAsOf { run, expected, found: as_of })
            }
        }
    }

    /// Asks for the first page of each shard that is not paged to its end, and says of how many.
    /// Pages are stored before they are sent and each sends for the next, so that a request that
    /// was on its way already only sends the same again.
    ///
    /// # Errors
    /// The ledger's, and the publisher's for what could not be sent: then asking again sends all.
    pub async fn request_shards(&self, run: &Run, now: Timestamp) -> Result<usize, StageError> {
        self.request_unless(run, now, |shard| shard.all_paged).await
    }

    /// Asks anew for the first page of each shard that is not closed, and says of how many: for
    /// when nothing of the run is on its way any more and its ledger is still open.
    ///
    /// That a shard's last page is stored does not close it: pages are stored before they are sent,
    /// and one whose sending was given up, or whose messages were lost, would leave its users out
    /// for good. All of the shard is sent again; what was done already changes nothing.
    ///
    /// # Errors
    /// As of [`DailyRuns::request_shards`].
    pub async fn request_again(&self, run: &Run, now: Timestamp) -> Result<usize, StageError> {
        self.request_unless(run, now, ShardTally::is_closed).await
    }

    async fn request_unless(
        &self,
        run: &Run,
        now: Timestamp,
        is_done: impl Fn(&ShardTally) -> bool,
    ) -> Result<usize, StageError> {
        let tally = self.ledger.tally(&run.id).await?;
        let done = |shard: u16| tally.shards.iter().any(|one| one.shard == shard && is_done(one));
        let requests: Vec<_> = shard_requests(run, now)?
            .into_iter()
            .zip(0..run.shards)
            .filter(|(_, shard)| !done(*shard))
            .map(|(request, _)| request)
            .collect();
        publish_all(&*self.publisher, &requests).await?;
        Ok(requests.len())
    }
}

/// The requests that start a run: the first page of each shard.
///
/// # Errors
/// What [`Outbox::to_queue`] says.
pub fn shard_requests(run: &Run, now: Timestamp) -> Result<Vec<Outgoing>, StageError> {
    let outbox = Outbox::new(StageName::FanOut, now);
    let first = |shard| FanOutShardRequested {
        run_id: run.id.clone(),
        as_of: run.as_of,
        shards: run.shards,
        shard,
        page: 0,
        historical: run.historical,
    };
    (0..run.shards).map(|shard| page_request(outbox, &first(shard))).collect()
}

/// The request for one page of a shard: the same id at every try.
///
/// # Errors
/// What [`Outbox::to_queue`] says.
pub fn page_request(outbox: Outbox, page: &FanOutShardRequested) -> Result<Outgoing, StageError> {
    let id = format!("{}/{}/page-{}", page.run_id, page.shard, page.page);
    outbox.to_queue(QueueName::FanOut, id, page)
}
