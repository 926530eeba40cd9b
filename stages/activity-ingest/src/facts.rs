//! What was told of one session or one activity: a set that only grows.
//!
//! Two sets are merged by their union, which does not ask in which order, how often or by whom a
//! fact came. Everything else is a function of the set.

use std::collections::BTreeSet;

use mindmate_domain::app::Event;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// How many different facts one thing may have. An app that tells the truth has two of it; the
/// bound keeps a state and the keys that may have to be removed small.
pub(crate) const MOST: usize = 32;

/// Something that was told of one thing.
pub(crate) trait Fact:
    Clone + Ord + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// What it is about, as in the name of its state.
    const THING: &'static str;

    /// The item that follows from all facts, if one does.
    fn item(facts: &BTreeSet<Self>, digest: &str) -> Option<Event>;

    /// Every key that an item of these facts, or of some of them, may stand under.
    fn keys(facts: &BTreeSet<Self>, digest: &str) -> BTreeSet<String>;

    /// What keeps this fact from being true beside the others.
    fn fault(&self, facts: &BTreeSet<Self>) -> Option<Fault>;
}

/// All that is known of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "F: Fact")]
pub(crate) struct Facts<F: Fact> {
    known: BTreeSet<F>,
    /// More than [`MOST`] were told: which of them came first must not count, so that the whole
    /// thing does not. Those that are known stay, since an item of theirs may have to be removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refused: bool,
}

/// What the table holds of a thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    /// The item that is there.
    pub(crate) item: Option<Event>,
    /// Where none may be left.
    pub(crate) superseded: BTreeSet<String>,
}

impl<F: Fact> Default for Facts<F> {
    fn default() -> Self {
        Self { known: BTreeSet::new(), refused: false }
    }
}

impl<F: Fact> Facts<F> {
    /// The same with one fact more; none where nothing changes.
    pub(crate) fn with(&self, fact: &F) -> Option<Self> {
        if self.refused || self.known.contains(fact) {
            return None;
        }
        let mut facts = self.clone();
        if facts.known.len() < MOST {
            facts.known.insert(fact.clone());
        } else {
            facts.refused = true;
        }
        Some(facts)
    }

    /// What the table is to hold.
    pub(crate) fn rows(&self, digest: &str) -> Rows {
        let item = if self.refused { None } else { F::item(&self.known, digest) };
        let mut superseded = F::keys(&self.known, digest);
        if let Some(item) = &item {
            superseded.remove(&item.sk);
        }
        Rows { item, superseded }
    }

    /// What keeps a fact from being true.
    pub(crate) fn fault(&self, fact: &F) -> Option<Fault> {
        if self.refused {
            Some(Fault::TooManyVersions { thing: F::THING })
        } else {
            fact.fault(&self.known)
        }
    }
}
