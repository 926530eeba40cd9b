//! The 19 features of change over time: of mood, of the rhythm of interactions, and of texts.

mod change;
mod rhythm;

use mindmate_domain::instant::HISTORY_DAYS;
use mindmate_domain::{Feature, FeatureVector};

use crate::behaviour::per_word;
use crate::context::Context;
use crate::outcome::{Outcome, at_least, entries, set};

const PERCENT: f64 = 100.0;

/// Sets the dynamics family.
pub(crate) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    change::extract(cx, out);
    rhythm::extract(cx, out);
    let first_person = per_word(cx, |text| text.facts.first_person_words);
    let absolutist = per_word(cx, |text| text.facts.absolutist_words);
    set(out, Feature::FirstPersonRate, first_person.map(|share| PERCENT * share));
    set(out, Feature::AbsolutistRate, absolutist.map(|share| PERCENT * share));
    set(out, Feature::CrisisLanguageRecencyDays, crisis_recency(cx));
}

/// Days since the last text with crisis language, over the whole history.
fn crisis_recency(cx: &Context<'_>) -> Outcome {
    let texts = cx.listed_texts(HISTORY_DAYS)?;
    entries(texts.len(), 1)?;
    let crisis: Vec<_> = texts.iter().filter(|text| text.facts.crisis.is_some()).collect();
    at_least(crisis.len(), 1)?;
    Ok(crisis.last().map_or(f64::NAN, |text| cx.days_ago(text.at)))
}
