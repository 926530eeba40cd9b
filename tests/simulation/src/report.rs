//! Many seeds at once, and what they came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum as _;

use crate::broken::Broken;
use crate::invariants::Violation;
use crate::run::{Outcome, run};

/// How many failing seeds a report names.
const NAMED: usize = 10;

/// What seeds came to.
#[derive(Debug, Default)]
pub struct Report {
    seeds: u64,
    steps: u64,
    reached: BTreeMap<String, u64>,
    failed: BTreeMap<u64, Vec<Violation>>,
}

impl Report {
    /// Adds the outcome of a seed.
    pub fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        for (what, times) in outcome.reached {
            *self.reached.entry(what).or_default() += times;
        }
        if !outcome.violations.is_empty() {
            self.failed.insert(outcome.seed, outcome.violations);
        }
    }

    /// How often each fault and each state was reached.
    pub fn reached(&self) -> &BTreeMap<String, u64> {
        &self.reached
    }

    /// Whether everything held at every seed.
    pub fn is_good(&self) -> bool {
        self.failed.is_empty()
    }

    /// What was reached, as a table.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{} seeds, {} polls, {} failed\n\n| reached | times |\n| --- | ---: |\n",
            self.seeds,
            self.steps,
            self.failed.len()
        );
        for (what, times) in &self.reached {
            writeln!(table, "| {what} | {times} |").expect("a string takes it");
        }
        table
    }

    /// The seeds that failed, each with what does not hold and the command that repeats it.
    pub fn failures(&self, broken: Option<Broken>) -> String {
        let mut words = String::new();
        let broken = broken.and_then(|broken| broken.to_possible_value());
        let broken =
            broken.map_or(String::new(), |value| format!(" --broken {}", value.get_name()));
        for (seed, violations) in self.failed.iter().take(NAMED) {
            for Violation { invariant, words: found } in violations.iter().take(3) {
                writeln!(words, "seed {seed}: {invariant:?}: {found}").expect("a string takes it");
            }
            let command = "cargo run -p mindmate-simulation-tests --";
            writeln!(words, "  repeat: {command} --seed {seed}{broken} --trace")
                .expect("a string takes it");
        }
        words
    }
}

/// Runs seeds on all cores; they know nothing of each other. `progress` hears how many are done.
pub fn run_many(
    from: u64,
    seeds: u64,
    broken: Option<Broken>,
    progress: impl Fn(u64) + Sync,
) -> Report {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let report = Mutex::new(Report::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= seeds {
                        return;
                    }
                    let outcome = run(from + number, broken, false);
                    report.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
                    progress(done.fetch_add(1, Ordering::SeqCst) + 1);
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}
