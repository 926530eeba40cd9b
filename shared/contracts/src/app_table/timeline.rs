//! All of a user's items, decoded once, out of which histories of many instants are cut.

use mindmate_domain::{AsOf, Consents, History, UserId};

use super::PROFILE_SK;
use super::attribute::Item;
use super::decode::{Decoded, decode};
use super::load::{HistoryReader, KeyRange, history_ranges};

/// What is stored of a user, by sort key.
///
/// [`Timeline::history`] is to the last bit what a store loads of that instant: it takes the items of
/// the same ranges of keys through the same [`HistoryReader`]. The conformance suites hold every
/// backend to it, so that what is learned from is what is served.
#[derive(Debug, Clone)]
pub struct Timeline {
    user: UserId,
    /// By sort key, as bytes.
    items: Vec<(String, Kept)>,
}

#[derive(Debug, Clone)]
enum Kept {
    Decoded(Decoded),
    Unreadable,
}

impl Timeline {
    /// Begins with nothing read.
    pub fn new(user: UserId) -> Self {
        Self { user, items: Vec::new() }
    }

    /// Takes one stored item; `None` is one whose bytes could not even be read as one. Those of an
    /// unknown type are passed over. Items may come in any order, and best by their keys.
    pub fn take(&mut self, sk: &str, item: Option<&Item>) {
        let kept = match item.map(|item| decode(sk, item)) {
            None => Kept::Unreadable,
            Some(Decoded::PassedOver) => return,
            Some(decoded) => Kept::Decoded(decoded),
        };
        let is_next = self.items.last().is_none_or(|(last, _)| last.as_str() < sk);
        let place = if is_next { self.items.len() } else { self.place(sk) };
        self.items.insert(place, (sk.to_owned(), kept));
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The user's history of the 35 days before `as_of`. `legacy` is what holds without a consents
    /// block. Profile and sentiments are those of now, as in what a store loads.
    pub fn history(&self, as_of: AsOf, legacy: Consents) -> History {
        let mut reader = HistoryReader::new(self.user.clone(), as_of);
        let profile = KeyRange { from: PROFILE_SK.to_owned(), to: PROFILE_SK.to_owned() };
        for range in std::iter::once(profile).chain(history_ranges(as_of)) {
            for (sk, kept) in self.range(&range) {
                match kept {
                    Kept::Decoded(decoded) => reader.take_decoded(decoded.clone()),
                    Kept::Unreadable => reader.take_unreadable(sk),
                }
            }
        }
        reader.finish(legacy)
    }

    fn range(&self, range: &KeyRange) -> &[(String, Kept)] {
        let from = self.place(&range.from);
        let to = self.items.partition_point(|(sk, _)| sk.as_str() <= range.to.as_str());
        &self.items[from..to.max(from)]
    }

    /// Where the first key lies that is not before this one.
    fn place(&self, sk: &str) -> usize {
        self.items.partition_point(|(other, _)| other.as_str() < sk)
    }
}
