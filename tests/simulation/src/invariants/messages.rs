//! What was sent.

use std::collections::BTreeMap;

use mindmate_contracts::messages::{AssessmentCompleted, AssessmentRequested};
use mindmate_contracts::{Message, RawEvent};
use mindmate_domain::{AsOf, Position, RiskLevel, UserId};

use super::{Evidence, Invariant, Verdict};
use crate::log::What;

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    same_id_at_each_try(evidence, verdict);
    one_word_of_each_assessment(evidence, verdict);
}

/// Looks at each message that was sent.
fn each(evidence: &Evidence<'_>, mut look: impl FnMut(&RawEvent<'_>)) {
    evidence.world.log.read(|happened| {
        for happening in happened {
            if let What::Sent(message) = &happening.what
                && let Ok(event) = RawEvent::parse(&message.body)
            {
                look(&event);
            }
        }
    });
}

/// The places that users were given in runs.
pub(super) fn places(evidence: &Evidence<'_>) -> Vec<(Position, UserId)> {
    let mut places = Vec::new();
    each(evidence, |event| {
        if event.kind == AssessmentRequested::TYPE
            && let (Some(position), Some(request)) = (event.position(), event.request())
        {
            places.push((position, request.user_id));
        }
    });
    places
}

/// What a message is about: its type, its sender, and whom and when it names.
type Subject = (String, String, Option<(UserId, AsOf)>, Option<Position>);

fn same_id_at_each_try(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let mut ids: BTreeMap<Subject, String> = BTreeMap::new();
    each(evidence, |event| {
        let about = event.request().map(|request| (request.user_id, request.as_of));
        let position = event.position();
        if about.is_none() && position.is_none() {
            return;
        }
        // One that was sent in another version is the same message.
        let kind = event.kind.replace(".v9", ".v1");
        let subject = (kind, event.source.to_string(), about, position);
        let words = format!("{} from {}", subject.0, subject.1);
        let first = ids.entry(subject).or_insert_with(|| event.id.to_string());
        if *first != event.id {
            let words = format!("{words}: {first} and {}", event.id);
            verdict.add(Invariant::SameIdAtEachTry, words);
        }
    });
}

fn one_word_of_each_assessment(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let mut levels: BTreeMap<(UserId, AsOf), RiskLevel> = BTreeMap::new();
    each(evidence, |event| {
        let Ok(completed) = event.data::<AssessmentCompleted>() else { return };
        let key = (completed.request.user_id, completed.request.as_of);
        let words = format!("{} at {}", key.0.as_str(), key.1);
        let first = *levels.entry(key).or_insert(completed.level);
        if first != completed.level {
            let words = format!("{words} is {first} and {}", completed.level);
            verdict.add(Invariant::OneAssessment, words);
        }
    });
}
