//! Looks at a run on its way, shows it, and knows when it is over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use mindmate_cli::library::progress_of;
use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{QueueDepth, Tally};

use super::Shared;
use crate::process;
use crate::result::Sample;
use crate::scenario::Scenario;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(250);

/// A look costs the pipeline something: it rests so many times as long as it took.
const REST: u32 = 20;

/// Without any news for so many times the scenario's settling time it is over, whatever still lies
/// in a queue.
const PATIENCE: f64 = 6.0;

pub(super) struct Watch<'a> {
    shared: &'a Shared<'a>,
    settle: Duration,
    samples: Mutex<Vec<Sample>>,
    bar: ProgressBar,
}

impl<'a> Watch<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, scenario: &Scenario) -> Self {
        let bar = progress_of(shared.plan.requests.len() as u64, scenario.name.clone());
        let settle = Duration::from_secs_f64(scenario.settle_seconds);
        Self { shared, settle, samples: Mutex::default(), bar }
    }

    pub(super) fn into_samples(self) -> Vec<Sample> {
        self.bar.finish_and_clear();
        self.samples.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at depths, processor time and memory, for ever.
    pub(super) async fn look(&self) -> anyhow::Result<()> {
        loop {
            let began = self.shared.elapsed();
            let sample = self.sample().await?;
            self.show(&sample);
            self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
            let took = self.shared.elapsed().saturating_sub(began);
            self.shared.target.clock.sleep(LOOK.max(took * REST)).await;
        }
    }

    /// Ends when of everything that was sent it is known what became of it; or when nothing is left
    /// to do, and nothing has come for a while.
    pub(super) async fn until_the_end(&self) -> anyhow::Result<()> {
        let mut news = (self.shared.totals(), self.shared.elapsed());
        loop {
            let began = self.shared.elapsed();
            if self.shared.is_all_sent() {
                let tally = self.shared.target.ports.ledger.tally(&self.shared.plan.run.id).await?;
                if self.is_closed(&tally) && self.garbage_is_put_aside().await? {
                    return Ok(());
                }
                let totals = self.shared.totals();
                if totals != news.0 {
                    news = (totals, self.shared.elapsed());
                }
                let quiet = self.shared.elapsed().saturating_sub(news.1);
                if quiet > self.settle
                    && (self.is_drained().await? || quiet > self.settle.mul_f64(PATIENCE))
                {
                    return Ok(());
                }
            } else {
                news.1 = self.shared.elapsed();
            }
            let took = self.shared.elapsed().saturating_sub(began);
            self.shared.target.clock.sleep(LOOK.max(took * REST)).await;
        }
    }

    fn is_closed(&self, tally: &Tally) -> bool {
        let run = &self.shared.plan.run;
        tally.is_closed(run.shards) && self.shared.book().is_closed(tally.enqueued())
    }

    async fn garbage_is_put_aside(&self) -> anyhow::Result<bool> {
        Ok(self.shared.plan.garbage() == 0 || self.is_drained().await?)
    }

    async fn is_drained(&self) -> anyhow::Result<bool> {
        Ok(self.depths().await?.iter().all(|(_, depth)| depth.is_drained()))
    }

    async fn depths(&self) -> anyhow::Result<Vec<(QueueName, QueueDepth)>> {
        let mut depths = Vec::new();
        for name in QueueName::ALL {
            let queue = self.shared.target.ports.channels.queue(name);
            depths.push((name, queue.depth().await?));
        }
        Ok(depths)
    }

    async fn sample(&self) -> anyhow::Result<Sample> {
        let depths = self.depths().await?;
        let totals = self.shared.totals();
        let used = process::used().unwrap_or_default();
        let sent = if self.shared.plan.is_wave {
            self.shared.book().expected()
        } else {
            self.shared.sent()
        };
        let waiting = |depth: &QueueDepth| depth.visible + depth.in_flight + depth.delayed;
        let by_queue: BTreeMap<_, _> = depths
            .iter()
            .filter(|(_, depth)| waiting(depth) > 0)
            .map(|(name, depth)| (name.to_string(), waiting(depth)))
            .collect();
        Ok(Sample {
            at: self.shared.elapsed().as_secs_f64(),
            sent,
            known: totals.known(),
            delivered: totals.delivered,
            depths: by_queue,
            dead: depths.iter().map(|(_, depth)| depth.dead).sum(),
            cpu_seconds: used.cpu_seconds,
            rss_mib: used.rss_mib,
        })
    }

    fn show(&self, sample: &Sample) {
        self.bar.set_length(sample.sent.max(self.bar.length().unwrap_or(0)));
        self.bar.set_position(sample.known);
        let waiting: u64 = sample.depths.values().sum();
        self.bar.set_message(format!("waiting {waiting}, delivered {}", sample.delivered));
    }
}
