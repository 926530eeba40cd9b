//! Which items of a user an assessment reads, and how they become a history.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::history::LeftOutText;
use mindmate_domain::instant::{HISTORY_DAYS, Window, key_form};
use mindmate_domain::quality::{DataQuality, Defect};
use mindmate_domain::{AsOf, Consents, History, UserId};

use super::PROFILE_SK;
use super::attribute::Item;
use super::decode::{Decoded, OFFSET_HOURS, decode, key_instant};

/// Sort keys from one to another, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first.
    pub from: String,
    /// The last.
    pub to: String,
}

/// The ranges of sort keys that hold a history: bounded, one a type, besides the profile's key.
pub fn history_ranges(as_of: AsOf) -> Vec<KeyRange> {
    let window = as_of.window(HISTORY_DAYS);
    ["ACTIVITY#", "CHAT#", "MOOD#", "SELFIE#", "SENTIMENT#CHAT#", "SENTIMENT#MOOD#", "SESSION#"]
        .into_iter()
        .map(|prefix| range(prefix, window))
        .chain(odd_ranges())
        .collect()
}

/// The ranges of keys of texts that begin with no instant of our time: nobody can say by the key
/// when such a text was written, and crisis language in it must not be lost. Mostly they are empty.
fn odd_ranges() -> impl Iterator<Item = KeyRange> {
    ["CHAT#", "MOOD#"].into_iter().flat_map(|prefix| {
        let range = |from: &str, to: &str| KeyRange {
            from: format!("{prefix}{from}"),
            to: format!("{prefix}{to}"),
        };
        // Instants of our time begin with a 2.
        [range("", "1~"), range("3", "~")]
    })
}

/// The ranges that hold what makes a user active in a window.
pub fn activity_ranges(window: Window) -> Vec<KeyRange> {
    ["MOOD#", "SESSION#", "CHAT#", "SELFIE#", "ACTIVITY#"]
        .into_iter()
        .map(|prefix| range(prefix, window))
        .chain(odd_ranges())
        .collect()
}

fn range(prefix: &str, window: Window) -> KeyRange {
    let widen = SignedDuration::from_hours(OFFSET_HOURS);
    let from = window.after.saturating_sub(widen).unwrap_or(Timestamp::MIN);
    let to = window.until.saturating_add(widen).unwrap_or(Timestamp::MAX);
    KeyRange {
        from: format!("{prefix}{}", key_form(from)),
        // "~" sorts after every character of an instant, so that longer keys are included.
        to: format!("{prefix}{}~", key_form(to)),
    }
}

/// Takes a user's stored items one by one and makes a history of them.
pub struct HistoryReader {
    user: UserId,
    as_of: AsOf,
    window: Window,
    items: Vec<AppItem>,
    quality: DataQuality,
    left_out: Vec<LeftOutText>,
}

impl HistoryReader {
    /// Begins with nothing read.
    pub fn new(user: UserId, as_of: AsOf) -> Self {
        Self {
            user,
            as_of,
            window: as_of.window(HISTORY_DAYS),
            items: Vec::new(),
            quality: DataQuality::default(),
            left_out: Vec::new(),
        }
    }

    /// Takes one stored item. One that does not fit is counted if it lies in the window, or if
    /// nobody can say where it lies.
    pub fn take(&mut self, sk: &str, item: &Item) {
        debug_assert!(!sk.is_empty(), "DynamoDB has no empty keys");
        self.take_decoded(decode(sk, item));
    }

    /// Takes one stored item that was decoded before.
    pub(super) fn take_decoded(&mut self, decoded: Decoded) {
        match decoded {
            Decoded::Read(item, defects) => {
                self.items.push(item);
                for defect in defects {
                    self.quality.count(defect);
                }
            }
            Decoded::Defective(found) => {
                if let Some(at) = self.placed(found.at) {
                    self.quality.count(found.defect);
                    let texts = found.texts.into_iter().map(Some);
                    let unreadable = found.unreadable_text.then_some(None);
                    let texts = texts.chain(unreadable);
                    self.left_out.extend(texts.map(|text| LeftOutText { at, text }));
                }
            }
            Decoded::PassedOver => {}
        }
    }

    /// Counts an item whose bytes could not even be read as one. A profile like that allows
    /// nothing.
    pub fn take_unreadable(&mut self, sk: &str) {
        if sk == PROFILE_SK {
            self.items.push(AppItem::Profile(Box::new(Profile::closed())));
            self.quality.count(Defect::UnreadableConsents);
        } else if let Some(at) = self.placed(key_instant(sk)) {
            self.quality.count(Defect::BadAttribute);
            if ["MOOD#", "CHAT#"].iter().any(|prefix| sk.starts_with(prefix)) {
                self.left_out.push(LeftOutText { at, text: None });
            }
        }
    }

    /// Where an item counts that was left out: at its instant, if that lies in the window; and now,
    /// if nobody can say where it lies.
    fn placed(&self, at: Option<Timestamp>) -> Option<Timestamp> {
        match at {
            None => Some(self.as_of.instant()),
            Some(at) => self.window.contains(at).then_some(at),
        }
    }

    /// Puts the history together. `legacy` is what holds for users without a consents block.
    pub fn finish(self, legacy: Consents) -> History {
        History::assemble(self.user, self.as_of, self.items, self.quality, legacy)
            .with_left_out(self.left_out)
    }
}
