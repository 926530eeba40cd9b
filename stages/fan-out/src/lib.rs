//! Turns a shard of users into requests, one page at a time.
//!
//! **In:** `FanOutShardRequested`, one page of one shard. **Out:** an `AssessmentRequested`
//! for each user of the page, and the request for the next page to this stage itself, so that no
//! delivery has to reach a whole shard.
//!
//! A page is stored before any of it is sent, and what is sent is what is stored. Whoever becomes
//! active meanwhile changes nothing: every try sends the same users at the same ordinals, and the
//! ledger can name those that went missing. Users who were last seen at high or critical take the
//! priority queue and leave first (R9.7).
//!
//! No consent is read here: feature extraction skips, with a reason, so that the ledger closes.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the ledger or the index does not answer | tried again; nothing was sent |
//! | killed before the page is stored | the next try makes it, perhaps of other users |
//! | killed after the page is stored | the next try sends the stored page |
//! | two machines make the same page | the first to store it wins, both send that one |
//! | the previous page is not there | tried again: it was stored before this one was asked for |
//! | the index gives nobody and no end | tried again: going on would begin the shard anew |
//! | a shard that the run does not have, or a page after the last | dead-lettered at once |
//! | every try failed | dead-lettered; the shard stays open in the ledger, which says so |

mod requests;

use std::sync::Arc;

use mindmate_contracts::messages::FanOutShardRequested;
use mindmate_domain::instant::ACTIVE_DAYS;
use mindmate_domain::{Position, StageName, UserId};
use mindmate_pipeline::ports::{ActivityIndex, Page, RunLedger};
use mindmate_pipeline::{Delivery, Failure, Outbox, Outgoing, Stage, StageError, crash};
use tracing::error;

/// Users in a page. The requests of a page are sent together, so this bounds what one delivery
/// holds; at about 400 bytes a request it is 100 KB.
pub const PAGE_USERS: usize = 250;

/// What the stage speaks to.
#[derive(Clone)]
pub struct FanOutPorts {
    /// Who was active.
    pub activity: Arc<dyn ActivityIndex>,
    /// Where pages are stored.
    pub ledger: Arc<dyn RunLedger>,
}

/// The stage.
#[derive(Clone)]
pub struct FanOut {
    ports: FanOutPorts,
}

/// Why a page cannot be made.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error("expected a shard below {shards}, found {shard}")]
    NoSuchShard { shard: u16, shards: u16 },
    #[error("expected page {0} to be stored before the next is asked for, found none")]
    PreviousMissing(u32),
    #[error("expected a page after page {0}, which is the shard's last")]
    AfterLast(u32),
    #[error("expected users or the end of the shard, found neither")]
    NobodyAndNoEnd,
}

impl From<PageError> for StageError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::NoSuchShard { .. } => Self::permanent("no-such-shard", error),
            PageError::AfterLast(_) => Self::permanent("page-after-last", error),
            PageError::PreviousMissing(_) | PageError::NobodyAndNoEnd => Self::transient(error),
        }
    }
}

/// Where a page begins.
struct Start {
    after: Option<UserId>,
    ordinal: u32,
}

impl FanOut {
    /// The stage over these ports.
    pub fn new(ports: FanOutPorts) -> Self {
        Self { ports }
    }

    /// The page that was asked for, as it is stored.
    async fn page(&self, shard: &FanOutShardRequested) -> Result<Page, StageError> {
        let ledger = &self.ports.ledger;
        let stored = ledger.page(&shard.run_id, shard.shard, shard.page).await?;
        if let Some(page) = stored {
            return Ok(page);
        }
        let page = self.new_page(shard).await?;
        crash::point("fan-out.before-page");
        let stored = ledger.put_page(&page).await?;
        crash::point("fan-out.after-page");
        Ok(stored)
    }

    async fn new_page(&self, shard: &FanOutShardRequested) -> Result<Page, StageError> {
        let start = self.start(shard).await?;
        let window = shard.as_of.window(ACTIVE_DAYS);
        let found = self
            .ports
            .activity
            .active(shard.shard, shard.shards, window, start.after.as_ref(), PAGE_USERS)
            .await?;
        if found.entries.is_empty() && !found.last {
            return Err(PageError::NobodyAndNoEnd.into());
        }
        Ok(Page {
            run: shard.run_id.clone(),
            shard: shard.shard,
            number: shard.page,
            first_ordinal: start.ordinal,
            entries: found.entries,
            last: found.last,
        })
    }

    /// After whom the page begins, and at which ordinal: where the previous one ended.
    async fn start(&self, shard: &FanOutShardRequested) -> Result<Start, StageError> {
        let Some(number) = shard.page.checked_sub(1) else {
            return Ok(Start { after: None, ordinal: 0 });
        };
        let previous = self.ports.ledger.page(&shard.run_id, shard.shard, number).await?;
        let previous = previous.ok_or(PageError::PreviousMissing(number))?;
        if previous.last {
            return Err(PageError::AfterLast(number).into());
        }
        Ok(Start { after: previous.last_user().cloned(), ordinal: previous.next_ordinal() })
    }
}

impl Stage for FanOut {
    const NAME: StageName = StageName::FanOut;

    type Input = FanOutShardRequested;

    async fn handle(
        &self,
        shard: FanOutShardRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        if shard.shard >= shard.shards {
            let (shard, shards) = (shard.shard, shard.shards);
            return Err(PageError::NoSuchShard { shard, shards }.into());
        }
        let page = self.page(&shard).await?;
        requests::of_page(&shard, &page, cx.clock.now())
    }

    /// Nothing can be said of users whom nobody has looked up: the shard stays open in the ledger.
    async fn give_up(
        &self,
        shard: FanOutShardRequested,
        failure: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        error!(
            run.id = %shard.run_id, run.shard = shard.shard, run.page = shard.page,
            code = failure.code, "gave up a page: the shard stays open"
        );
        Ok(Vec::new())
    }

    /// Whatever strayed into this queue is not ours to tell of: the stage has no stream.
    fn give_up_unread(
        &self,
        _: Outbox,
        _: Option<Position>,
        _: &Failure<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        Ok(Vec::new())
    }
}
