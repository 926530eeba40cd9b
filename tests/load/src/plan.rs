//! A scheduled run: its place in the ledger, its pages, and the bodies that are sent.
//!
//! The harness stands in for the fan-out: it starts a run, stores the pages that name everybody who
//! will be asked for, and sends what fan-out would send. So the pipeline's own ledger counts the
//! requests and can name who is missing.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use mindmate_contracts::messages::{AssessmentRequested, Request, Trigger};
use mindmate_contracts::{Channel, QueueName};
use mindmate_domain::run::{PageEntry, Run, shard_of};
use mindmate_domain::{AsOf, Position, RunId, StageName};
use mindmate_pipeline::daily::DEFAULT_SHARDS;
use mindmate_pipeline::ports::{Page, RunLedger};
use mindmate_pipeline::{Clock, Outbox, Outgoing};

use crate::book::Book;
use crate::scenario::{Arrivals, Scenario};
use crate::schedule::{Arrival, Body, arrivals, user_id};

/// Entries of a page, as fan-out has them.
const PAGE: usize = 250;

/// What will be sent.
pub(crate) struct Plan {
    pub(crate) run: Run,
    /// In the order in which they come; nothing of a wave.
    pub(crate) requests: Vec<Planned>,
    /// Whether the fan-out sends the requests.
    pub(crate) is_wave: bool,
}

/// A request and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) arrival: Arrival,
    /// Shard and ordinal; none of what has no place.
    place: Option<(u16, u32)>,
}

impl Plan {
    /// Lays it down, writes the run and its pages, and tells the book whom to expect.
    pub(crate) async fn lay(
        scenario: &Scenario,
        ledger: &dyn RunLedger,
        clock: &dyn Clock,
    ) -> anyhow::Result<(Self, Book)> {
        let now = clock.now();
        let (is_wave, shards) = match scenario.arrivals {
            Arrivals::DailyWave { shards } => (true, shards),
            Arrivals::Steady { .. } | Arrivals::Spike { .. } => (false, DEFAULT_SHARDS),
        };
        let run = Run {
            id: RunId::named(&format!("load-{}-{}", scenario.name, now.as_millisecond())),
            as_of: AsOf::just_after(now),
            shards,
            historical: false,
            started_at: now,
            completed_at: None,
        };
        let mut book = Book::new(run.id.clone(), is_wave)?;
        let (mut requests, mut pages) = (Vec::new(), Pages::new(&run));
        for arrival in arrivals(scenario) {
            let place = match arrival.body {
                Body::Garbage => None,
                Body::Sound | Body::Unfit => {
                    let user = user_id(arrival.user)?;
                    let shard = shard_of(&user, run.shards);
                    pages.add(shard, PageEntry { user, last_level: None });
                    Some((shard, book.expect(shard, arrival.due())))
                }
            };
            requests.push(Planned { arrival, place });
        }
        ledger.start(&run).await?;
        if !is_wave {
            pages.store(ledger).await?;
        }
        Ok((Self { run, requests, is_wave }, book))
    }

    /// Requests without a place in the run.
    pub(crate) fn garbage(&self) -> u64 {
        self.requests.iter().filter(|one| one.place.is_none()).count() as u64
    }

    /// The message of a request. Each has its own `asOf`, so that two of one user are two
    /// assessments.
    pub(crate) fn message(&self, index: usize, clock: &dyn Clock) -> anyhow::Result<Outgoing> {
        let planned = self.requests.get(index).copied();
        let Planned { arrival, place } =
            planned.ok_or_else(|| anyhow::anyhow!("there is no request {index}"))?;
        let Some((shard, ordinal)) = place else { return Ok(garbage(&self.run, index)) };
        let before = i64::try_from(self.requests.len() - index)?;
        let as_of = self.run.as_of.instant() - SignedDuration::from_millis(before);
        let request = Request {
            user_id: user_id(arrival.user)?,
            as_of: AsOf::new(as_of)?,
            run: Some(Position { run: self.run.id.clone(), shard, ordinal }),
            trigger: Trigger::Daily,
            urgent: false,
            historical: false,
        };
        let id = format!("{}/request", request.stem());
        let message = AssessmentRequested { request, seen: Vec::new() };
        let outbox = Outbox::new(StageName::FanOut, clock.now());
        let mut outgoing = outbox.to_queue(QueueName::Assessments, id, &message)?;
        if arrival.body == Body::Unfit {
            let mut event: serde_json::Value = serde_json::from_str(&outgoing.body)?;
            event["data"]["trigger"] = "tidal".into();
            outgoing.body = event.to_string();
        }
        Ok(outgoing)
    }
}

fn garbage(run: &Run, index: usize) -> Outgoing {
    let (channel, id) =
        (Channel::Queue(QueueName::Assessments), format!("{}/garbage/{index}", run.id));
    Outgoing::new(channel, id, String::new(), "no envelope".to_owned())
}

/// The pages of a run.
struct Pages {
    run: RunId,
    shards: BTreeMap<u16, Vec<PageEntry>>,
}

impl Pages {
    fn new(run: &Run) -> Self {
        let shards = (0..run.shards).map(|shard| (shard, Vec::new())).collect();
        Self { run: run.id.clone(), shards }
    }

    fn add(&mut self, shard: u16, entry: PageEntry) {
        self.shards.entry(shard).or_default().push(entry);
    }

    async fn store(&self, ledger: &dyn RunLedger) -> anyhow::Result<()> {
        for (shard, entries) in &self.shards {
            let mut first_ordinal = 0;
            let count = entries.len().div_ceil(PAGE).max(1);
            for number in 0..count {
                let (from, to) = (number * PAGE, entries.len().min((number + 1) * PAGE));
                let page = Page {
                    run: self.run.clone(),
                    shard: *shard,
                    number: u32::try_from(number)?,
                    first_ordinal,
                    entries: entries.get(from..to).unwrap_or_default().to_vec(),
                    last: number + 1 == count,
                };
                first_ordinal = page.next_ordinal();
                ledger.put_page(&page).await?;
            }
        }
        Ok(())
    }
}
