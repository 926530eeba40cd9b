//! Which items of a user an assessment reads, and how they become a history.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::instant::{HISTORY_DAYS, Window, key_form};
use mindmate_domain::quality::{DataQuality, Defect};
use mindmate_domain::{AsOf, Consents, History, UserId};

use super::PROFILE_SK;
use super::attribute::Item;
use super::decode::{Decoded, decode};

/// Hours by which ranges of keys are widened, since a key may be written with any offset.
const OFFSET_HOURS: i64 = 14;

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
        .collect()
}

/// The ranges that hold what makes a user active in a window.
pub fn activity_ranges(window: Window) -> Vec<KeyRange> {
    ["MOOD#", "SESSION#", "CHAT#", "SELFIE#", "ACTIVITY#"]
        .into_iter()
        .map(|prefix| range(prefix, window))
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
        }
    }

    /// Takes one stored item. One that does not fit is counted if it lies in the window, or if
    /// nobody can say where it lies.
    pub fn take(&mut self, sk: &str, item: &Item) {
        debug_assert!(!sk.is_empty(), "DynamoDB has no empty keys");
        match decode(sk, item) {
            Decoded::Read(item, defects) => {
                self.items.push(item);
                for defect in defects {
                    self.quality.count(defect);
                }
            }
            Decoded::Defective(found) => {
                if found.at.is_none_or(|at| self.window.contains(at)) {
                    self.quality.count(found.defect);
                }
            }
            Decoded::PassedOver => {}
        }
    }

    /// Counts an item whose bytes could not even be read as one. A profile like that allows
    /// nothing.
    pub fn take_unreadable(&mut self, sk: &str) {
        if sk == PROFILE_SK {
            let closed = Profile { consents: StatedConsents::Unreadable, ..Profile::default() };
            self.items.push(AppItem::Profile(Box::new(closed)));
            self.quality.count(Defect::UnreadableConsents);
        } else {
            self.quality.count(Defect::BadAttribute);
        }
    }

    /// Puts the history together. `legacy` is what holds for users without a consents block.
    pub fn finish(self, legacy: Consents) -> History {
        History::assemble(self.user, self.as_of, self.items, self.quality, legacy)
    }
}
