//! What the week after an instant came to: the label that a model learns (R2.2, R2.3).
//!
//! A week is the half-open interval (t, t + 7 · 24 h]. What happened exactly at `t` is a feature of
//! `t` and no label; what happened exactly at its end is label. A week is a **crisis** where one of
//! these lies in it:
//!
//! - *low mood*: on at least 3 successive local dates the mean of the date's mood entries is at most 2.
//!   Only entries of the week count, so that the first and last date may be partial; a date without
//!   entries breaks the run. What lay before the week is known to the features, and adds nothing.
//! - *crisis language*: a text (a mood note or a message of the person's own) in which the lists find
//!   crisis language of any category, as they do for the floor.
//!
//! Of somebody who lets no text be read only the mood says anything. A week in which nothing was seen
//! that could have said anything has no label: it is not a week in which nothing happened.

use mindmate_domain::History;

use crate::context::{Context, DailyMean, WEEK, daily_means};
use crate::texts::TextReadings;

/// Changes whenever the label's definition does.
pub const LABEL_VERSION: u32 = 1;

/// Days of the week that a label is of.
pub const LABEL_DAYS: i64 = WEEK;

/// A date's mean mood up to this is low.
const LOW_MOOD: f64 = 2.0;

/// So many successive low dates are a crisis.
const LOW_DATES: usize = 3;

/// What a week came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// Mood of at most 2 on at least 3 successive local dates.
    pub low_mood: bool,
    /// A text with crisis language.
    pub crisis_language: bool,
}

impl Label {
    /// Whether the week was a crisis.
    pub fn is_crisis(self) -> bool {
        self.low_mood || self.crisis_language
    }
}

/// Why a week has no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoLabel {
    /// No mood was entered and no text that may be read was written: nobody can say.
    Unseen,
    /// Reading the texts failed.
    Unread,
}

/// The label of the week that ends at the history's `asOf`; `texts` is what was read of that history.
///
/// # Errors
/// Why there is none.
pub fn label_of_week(history: &History, texts: &TextReadings) -> Result<Label, NoLabel> {
    if *texts == TextReadings::Failed {
        return Err(NoLabel::Unread);
    }
    let context = Context::new(history, texts);
    let moods = context.moods(LABEL_DAYS);
    // Without consent there are none.
    let texts = context.texts(LABEL_DAYS).unwrap_or_default();
    if moods.is_empty() && texts.is_empty() {
        return Err(NoLabel::Unseen);
    }
    Ok(Label {
        low_mood: longest_low_run(&daily_means(moods)) >= LOW_DATES,
        crisis_language: texts.iter().any(|text| text.facts.crisis.is_some()),
    })
}

/// Dates of the longest run of successive low dates.
fn longest_low_run(days: &[DailyMean]) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for DailyMean { day, mean } in days {
        let goes_on = last.is_some_and(|last: crate::calendar::Day| last.plus(1) == *day);
        run = match (*mean <= LOW_MOOD, goes_on) {
            (true, true) => run + 1,
            (true, false) => 1,
            (false, _) => 0,
        };
        longest = longest.max(run);
        last = Some(*day);
    }
    longest
}
