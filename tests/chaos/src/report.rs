//! What a scenario came to: figures, and whatever must not have been.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Settings;

/// Most faults that are printed.
const SHOWN: usize = 20;

/// What must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Something that was acknowledged is not there.
    Lost,
    /// Something is there twice, or that nobody asked for.
    Twice,
    /// A panic, a success that was none, or an error that says neither what nor what to do.
    Unclear,
    /// The scenario did not do what it is for: a kill that hit nothing shows nothing.
    Idle,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Lost, Self::Twice, Self::Unclear, Self::Idle];

    fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Twice => "twice",
            Self::Unclear => "unclear",
            Self::Idle => "idle",
        }
    }
}

/// The figures of one scenario.
pub(crate) struct Report {
    scenario: &'static str,
    settings: Settings,
    figures: Map<String, Value>,
    faults: Vec<(Fault, String)>,
    told: Option<bool>,
}

impl Report {
    pub(crate) fn new(scenario: &'static str, settings: Settings) -> Self {
        Self { scenario, settings, figures: Map::new(), faults: Vec::new(), told: None }
    }

    /// Adds to a count.
    pub(crate) fn count(&mut self, figure: &str, more: u64) {
        let so_far = self.figures.get(figure).and_then(Value::as_u64).unwrap_or(0);
        self.figures.insert(figure.to_owned(), json!(so_far + more));
    }

    /// Whether something was counted.
    pub(crate) fn has(&self, figure: &str) -> bool {
        self.figures.get(figure).and_then(Value::as_u64).unwrap_or(0) > 0
    }

    /// Keeps the longest of several times, in seconds.
    pub(crate) fn longest(&mut self, figure: &str, took: Duration) {
        let so_far = self.figures.get(figure).and_then(Value::as_f64).unwrap_or(0.0);
        let seconds = (took.as_secs_f64() * 1_000.0).round() / 1_000.0;
        self.figures.insert(figure.to_owned(), json!(so_far.max(seconds)));
    }

    /// Notes something as it is.
    pub(crate) fn note(&mut self, figure: &str, value: Value) {
        self.figures.insert(figure.to_owned(), value);
    }

    pub(crate) fn fault(&mut self, fault: Fault, words: impl Into<String>) {
        let words = words.into();
        eprintln!("{}: {words}", fault.name());
        self.faults.push((fault, words));
    }

    /// Another process played it and has told, with this result.
    pub(crate) fn was_told(&mut self, good: bool) {
        self.told = Some(good);
    }

    pub(crate) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    pub(crate) fn is_good(&self) -> bool {
        self.told.unwrap_or(self.faults.is_empty())
    }

    fn counted(&self, fault: Fault) -> usize {
        self.faults.iter().filter(|(found, _)| *found == fault).count()
    }

    pub(crate) fn text(&self) -> String {
        let Settings { users, rounds, seed, .. } = self.settings;
        let mut out = format!("{}: {users} users, {rounds} rounds, seed {seed}\n", self.scenario);
        let faults = Fault::ALL.map(|fault| (fault.name(), json!(self.counted(fault))));
        let figures = self.figures.iter().map(|(name, value)| (name.as_str(), value.clone()));
        for (name, value) in figures.chain(faults) {
            writeln!(out, "  {name:<34} {value}").unwrap();
        }
        for (fault, words) in self.faults.iter().take(SHOWN) {
            writeln!(out, "  {}: {words}", fault.name().to_uppercase()).unwrap();
        }
        out
    }

    fn json(&self) -> Value {
        let faults = Fault::ALL.map(|fault| (fault.name().to_owned(), json!(self.counted(fault))));
        let mut json = json!({
            "scenario": self.scenario, "settings": self.settings, "figures": self.figures,
            "good": self.is_good(),
        });
        json.as_object_mut().unwrap().extend(faults);
        json
    }

    /// Prints it: text, and on the last line JSON.
    pub(crate) fn tell(&self) {
        print!("{}", self.text());
        println!("{}", self.json());
    }
}
