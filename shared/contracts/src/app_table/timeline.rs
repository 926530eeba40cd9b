//! All of a user's items, decoded once, out of which histories of many instants are cut.

use jiff::Timestamp;
use mindmate_domain::{AsOf, Consents, History, UserId};
use sha2::{Digest as _, Sha256};

use super::PROFILE_SK;
use super::attribute::Item;
use super::decode::{Decoded, decode, key_instant};
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
    items: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    sk: String,
    sha256: [u8; 32],
    kept: Kept,
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
        let is_next = self.items.last().is_none_or(|last| last.sk.as_str() < sk);
        let place = if is_next { self.items.len() } else { self.place(sk) };
        self.items.insert(place, Entry { sk: sk.to_owned(), sha256: digest_of(sk, item), kept });
    }

    /// A digest of all items with their keys, whatever order they came in, but those whose keys say
    /// that they are of later. Of one person's few items they could be guessed: it is to be shown of
    /// many people together alone.
    pub fn sha256(&self, until: Timestamp) -> [u8; 32] {
        let mut digest = Sha256::new();
        let earlier = |entry: &&Entry| key_instant(&entry.sk).is_none_or(|at| at <= until);
        self.items.iter().filter(earlier).for_each(|entry| digest.update(entry.sha256));
        digest.finalize().into()
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
            for Entry { sk, kept, .. } in self.range(&range) {
                match kept {
                    Kept::Decoded(decoded) => reader.take_decoded(decoded.clone()),
                    Kept::Unreadable => reader.take_unreadable(sk),
                }
            }
        }
        reader.finish(legacy)
    }

    fn range(&self, range: &KeyRange) -> &[Entry] {
        let from = self.place(&range.from);
        let to = self.items.partition_point(|entry| entry.sk.as_str() <= range.to.as_str());
        &self.items[from..to.max(from)]
    }

    /// Where the first key lies that is not before this one.
    fn place(&self, sk: &str) -> usize {
        self.items.partition_point(|entry| entry.sk.as_str() < sk)
    }
}

fn digest_of(sk: &str, item: Option<&Item>) -> [u8; 32] {
    // An item is strings and lists and maps of them: it can always be written.
    let item = item.and_then(|item| serde_json::to_vec(item).ok()).unwrap_or_default();
    let length = (sk.len() as u64).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(sk).chain_update(item).finalize().into()
}
