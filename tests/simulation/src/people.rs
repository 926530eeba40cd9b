//! The people of a simulated day: what they wrote before, and what they write while it runs.
//!
//! All of it is invented. Histories are short, so that a seed costs milliseconds.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::instant::key_form;
use mindmate_domain::{Consent, Consents, RiskLevel, UserId};

use crate::clock::later;
use crate::draw::Draw;

/// What somebody writes, with the floor that it sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) text: &'static str,
    pub(crate) floor: Option<RiskLevel>,
}

/// Words of every day, and words that no one may miss. A test holds their floors to the lexicons.
pub(crate) const WORDS: [Words; 6] = [
    Words { text: "A long walk and a good book.", floor: None },
    Words { text: "Work was too much again, I feel sad and tired.", floor: None },
    Words { text: "I am so alone and everything is hopeless.", floor: None },
    Words { text: "I don't want to be alive anymore", floor: Some(RiskLevel::High) },
    Words { text: "I want to kill myself", floor: Some(RiskLevel::High) },
    Words {
        text: "I have got the pills ready and I am going to overdose tonight",
        floor: Some(RiskLevel::Critical),
    },
];

/// How many of [`WORDS`] are of every day: those come first.
const EVERYDAY: usize = 3;

/// Somebody.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    /// What their profile says; some have none.
    pub(crate) profile: Option<Profile>,
    /// What they wrote before the day begins.
    pub(crate) history: Vec<Written>,
}

/// Something that was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) at: Timestamp,
    pub(crate) item: AppItem,
    pub(crate) floor: Option<RiskLevel>,
}

/// The consents of a profile without a block.
const LEGACY: Consents = Consents {
    scoring: true,
    text_analysis: true,
    language_model: false,
    training: false,
    outreach: true,
    human_review: true,
};

impl Person {
    /// Somebody who wrote in the days before `day`.
    pub(crate) fn drawn(draw: &Draw, number: usize, day: Timestamp) -> Self {
        let user = UserId::new(&format!("syn-{number:02}")).expect("a user id");
        let profile = draw.chance(0.9).then(|| profile(draw));
        // Most are active; some were not for weeks, and the daily run leaves them out.
        let since = if draw.chance(0.85) { 6 } else { 30 };
        let low = draw.chance(0.3);
        let history = (0..draw.number(1, 8))
            .map(|_| {
                let back =
                    draw.number(3_600, since * 86_400) + if since == 30 { 700_000 } else { 0 };
                let back = i64::try_from(back).unwrap_or(0) * 1_000 + 7;
                drawn_words(draw, later(day, SignedDuration::from_millis(-back)), low, 0.06)
            })
            .collect();
        Self { user, profile, history }
    }

    /// The profile after this consent is taken back.
    pub(crate) fn without(profile: &Profile, consent: Consent) -> Profile {
        let consents = profile.consents.effective(LEGACY).with(consent, false);
        Profile { consents: StatedConsents::Given(consents), ..profile.clone() }
    }

    /// The consents that a profile comes to.
    pub(crate) fn consents(profile: Option<&Profile>) -> Consents {
        profile.map_or(LEGACY, |profile| profile.consents.effective(LEGACY))
    }
}

fn profile(draw: &Draw) -> Profile {
    let consents = match draw.number(0, 9) {
        0 => StatedConsents::Unreadable,
        1 => StatedConsents::Given(LEGACY.with(Consent::Scoring, false)),
        2 => StatedConsents::Given(LEGACY.with(Consent::TextAnalysis, false)),
        3 => StatedConsents::Given(LEGACY.with(Consent::Outreach, false)),
        4..=6 => StatedConsents::Absent,
        _ => StatedConsents::Given(LEGACY),
    };
    Profile {
        name: Some("Ada".to_owned()),
        country: Some(draw.one(&["US", "ES", "GB"]).to_owned()),
        consents,
        ..Profile::default()
    }
}

/// A mood, a note or a chat message at an instant; crisis language with this probability.
pub(crate) fn drawn_words(draw: &Draw, at: Timestamp, low: bool, crisis: f64) -> Written {
    let words = if draw.chance(crisis) {
        WORDS[draw.number(EVERYDAY, WORDS.len() - 1)]
    } else {
        WORDS[draw.number(0, EVERYDAY - 1)]
    };
    if words.floor.is_none() && draw.chance(0.5) {
        let mood = if low { draw.number(1, 4) } else { draw.number(4, 9) };
        return Written {
            at,
            item: mood_at(at, f64::from(u8::try_from(mood).unwrap_or(5))),
            floor: None,
        };
    }
    Written { at, item: chat_at(at, words.text), floor: words.floor }
}

/// A mood.
pub(crate) fn mood_at(at: Timestamp, mood: f64) -> AppItem {
    event("MOOD", at, EventKind::Mood { mood, notes: None, tags: Vec::new() })
}

fn chat_at(at: Timestamp, text: &str) -> AppItem {
    event("CHAT", at, EventKind::Chat { author: Author::User, text: DiaryText::new(text) })
}

fn event(prefix: &str, at: Timestamp, kind: EventKind) -> AppItem {
    AppItem::Event(Event { at, sk: format!("{prefix}#{}", key_form(at)), kind })
}

#[cfg(test)]
mod tests {
    use mindmate_domain::CrisisSignal;

    use super::*;
    use crate::parts::parts;

    /// The floors that the invariants hold people's texts to are those of the lexicons and the
    /// policy.
    #[test]
    fn words_set_the_floors_that_are_said_of_them() {
        let at: Timestamp = crate::plan::FIRST_RUN.parse().expect("an instant");
        for words in WORDS {
            let found = parts().lexicons.crisis(words.text);
            let signal = found.map(|category| CrisisSignal { category, at });
            let floor = parts().policy.floor(signal.as_slice(), at);
            assert_eq!(floor.map(|floor| floor.level), words.floor, "{}", words.text);
        }
    }
}
