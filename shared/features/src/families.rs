//! The four families, run apart.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mindmate_domain::assessment::{MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::{FeatureVector, History, MissingReason};

use crate::context::{Context, MONTH, within};
use crate::texts::TextReadings;
use crate::{behaviour, dynamics, mood, sentiment};

/// The features of a history, and what could not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// All 70.
    pub features: FeatureVector,
    /// Parts that are missing as a whole, in the order of the families.
    pub missing_parts: Vec<MissingPart>,
}

/// What makes the features of one family.
struct Extractor {
    family: Family,
    /// Sets each feature of the family and no other.
    run: fn(&Context<'_>, &mut FeatureVector),
}

const EXTRACTORS: [Extractor; 4] = [
    Extractor { family: Family::Mood, run: mood::extract },
    Extractor { family: Family::Behaviour, run: behaviour::extract },
    Extractor { family: Family::Sentiment, run: sentiment::extract },
    Extractor { family: Family::Dynamics, run: dynamics::extract },
];

/// Makes the 70 features of a history from what was read of its texts.
///
/// Never fails as a whole: see [`Extraction::missing_parts`].
pub fn extract(history: &History, texts: &TextReadings) -> Extraction {
    extract_with(&EXTRACTORS, history, texts)
}

fn extract_with(extractors: &[Extractor], history: &History, texts: &TextReadings) -> Extraction {
    // What an extractor leaves out, because it failed, is unavailable.
    let mut features = FeatureVector::all_missing(MissingReason::Unavailable);
    let mut missing_parts = Vec::new();
    let context = guarded(|| Context::new(history, texts));
    for Extractor { family, run } in extractors {
        let done = context.as_ref().and_then(|context| {
            guarded(|| {
                // Set aside, so that a family that fails half-way leaves nothing behind.
                let mut own = features.clone();
                run(context, &mut own);
                own
            })
        });
        match done {
            Some(own) => {
                for feature in family.features() {
                    features.set(feature, own.get(feature));
                }
            }
            None => missing_parts.push(part(*family, PartCause::ExtractorFailed)),
        }
        if *family == Family::Sentiment {
            let new = why_texts_are_missing(history, texts).map(|cause| part(*family, cause));
            missing_parts.extend(new.filter(|new| !missing_parts.contains(new)));
        }
    }
    Extraction { features, missing_parts }
}

fn part(family: Family, cause: PartCause) -> MissingPart {
    MissingPart { family, cause }
}

fn why_texts_are_missing(history: &History, texts: &TextReadings) -> Option<PartCause> {
    match texts {
        TextReadings::NotConsented => Some(PartCause::NotConsented),
        TextReadings::Failed => Some(PartCause::ExtractorFailed),
        TextReadings::Read { texts, .. } => {
            let month = within(texts, history.as_of.window(MONTH));
            sentiment::none_is_analysed(month).then_some(PartCause::NotAnalysed)
        }
    }
}

/// `None` where it panicked.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    // The work reads shared references and gives back what it made: nothing is left half-changed.
    catch_unwind(AssertUnwindSafe(work)).ok()
}
