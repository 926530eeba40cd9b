//! What became of people.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::intervention::{DeliveryStatus, Intervention};
use mindmate_domain::{Consent, Consents, RiskLevel, UserId};

use super::{Evidence, Invariant, Moment, Verdict};
use crate::clock::later;
use crate::executor::at_once;
use crate::log::{Key, What};
use crate::parts::parts;
use crate::people::Person;

/// How far two machines' clocks can be apart, and a little more.
const SKEW: SignedDuration = SignedDuration::from_secs(12);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How much earlier a cool-down of whole days ends (`mindmate_crisis`).
const DRIFT: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let sent = Sent::of(evidence, verdict);
    sent.cool_down(verdict);
    sent.is_in_the_chat(evidence, verdict);
    opted_out_left_alone(evidence, verdict);
    sent.critical_reaches_somebody(evidence, verdict);
    sent.nobody_in_crisis_is_alone(evidence, verdict);
}

/// Interventions and assessments, as they truly happened.
#[derive(Default)]
struct Sent {
    decided: BTreeMap<UserId, Vec<(Timestamp, Intervention)>>,
    chatted: BTreeMap<String, (Timestamp, Intervention)>,
    critical: BTreeSet<Key>,
}

impl Sent {
    fn of(evidence: &Evidence<'_>, verdict: &mut Verdict) -> Self {
        let mut sent = Self::default();
        let mut written: BTreeSet<Key> = BTreeSet::new();
        let mut answered: BTreeSet<Key> = BTreeSet::new();
        evidence.world.log.read(|happened| {
            for happening in happened {
                match &happening.what {
                    What::Assessed(assessment, true) => {
                        let key = (assessment.user.clone(), assessment.as_of);
                        if assessment.level == RiskLevel::Critical {
                            sent.critical.insert(key.clone());
                        }
                        if !written.insert(key) {
                            let words = format!("two of {}", assessment.user.as_str());
                            verdict.add(Invariant::OneAssessment, words);
                        }
                    }
                    What::Decided(intervention) => {
                        let own = sent.decided.entry(intervention.user().clone()).or_default();
                        own.push((happening.at, (**intervention).clone()));
                    }
                    What::Chatted(intervention, true) => {
                        let key = (intervention.user().clone(), intervention.as_of());
                        if !answered.insert(key) {
                            let words = format!("two for {}", intervention.user().as_str());
                            verdict.add(Invariant::OneInterventionAnAssessment, words);
                        }
                        let age = happening
                            .began
                            .map(|began| began.duration_since(intervention.as_of().instant()));
                        if age.is_some_and(|age| age > DAY + SKEW) {
                            let words = format!("{} was {age:?} old", intervention.id());
                            verdict.add(Invariant::StaleGoesToReview, words);
                        }
                        let chatted = (happening.at, (**intervention).clone());
                        sent.chatted.insert(intervention.id().to_string(), chatted);
                    }
                    _ => {}
                }
            }
        });
        sent
    }

    /// Each is held against the one before it: a user has one guard.
    fn cool_down(&self, verdict: &mut Verdict) {
        for pair in self.decided.values().flat_map(|own| own.windows(2)) {
            let ((_, last), (at, next)) = (&pair[0], &pair[1]);
            let Some(wait) = parts().policy.cooldown.of(last.level()) else { continue };
            if next.level().severity() > last.level().severity() {
                continue;
            }
            let wait = if wait >= DAY { wait - DRIFT } else { wait };
            let between = next.created_at().duration_since(last.created_at());
            // One that never got into the chat, and never will, holds nothing back.
            let chatted = self.chatted.get(last.id().as_str());
            let was_in_vain = chatted.is_none_or(|(chatted, _)| chatted > at)
                && next.created_at().duration_since(last.as_of().instant()) > DAY - SKEW;
            if between < wait - SKEW && !was_in_vain {
                let words = format!("{between:?} between {} and {}", last.id(), next.id());
                verdict.add(Invariant::CoolDown, words);
            }
        }
    }

    fn is_in_the_chat(&self, evidence: &Evidence<'_>, verdict: &mut Verdict) {
        let by = Invariant::DeliveredIsInTheChat;
        let world = evidence.world;
        for person in &world.plan.people {
            let stored = at_once(world.calm.interventions.latest(&person.user, usize::MAX));
            let stored = stored.expect("the store in memory answers");
            let chats = world.backend.chat_items(&person.user);
            for one in &stored {
                let id = one.intervention.id();
                let is_delivered = one.status != DeliveryStatus::Pending;
                let is_there = chats.iter().any(|(sk, _)| sk.ends_with(id.as_str()));
                if is_delivered && !is_there {
                    verdict.add(by, format!("{id} is called delivered, and is in no chat"));
                }
            }
            for (_, intervention) in self.chatted.values() {
                let is_own = *intervention.user() == person.user;
                let is_known = stored.iter().any(|one| one.intervention.id() == intervention.id());
                if is_own && !is_known {
                    verdict.add(by, format!("{} was never decided on", intervention.id()));
                }
            }
        }
    }

    fn critical_reaches_somebody(&self, evidence: &Evidence<'_>, verdict: &mut Verdict) {
        for (user, as_of) in &self.critical {
            let is_sent = self.chatted.values().any(|(_, sent)| {
                sent.user() == user && sent.as_of() == *as_of && sent.level() == RiskLevel::Critical
            });
            let is_reviewed =
                evidence.reviews.iter().any(|entry| entry.user == *user && entry.as_of == *as_of);
            let is_excused = refused_ever(evidence, user, Consent::Scoring)
                || (evidence.moment == Moment::AtRest && evidence.was_lost_to_crashes(user));
            if !is_sent && !is_reviewed && !is_excused {
                let words = format!("nobody knows of {} at {as_of}", user.as_str());
                verdict.add(Invariant::CriticalReachesSomebody, words);
            }
        }
    }

    fn nobody_in_crisis_is_alone(&self, evidence: &Evidence<'_>, verdict: &mut Verdict) {
        for (user, at, floor) in crises(evidence) {
            let refused = |consent| refused_ever(evidence, &user, consent);
            if refused(Consent::Scoring)
                || refused(Consent::TextAnalysis)
                || (floor == RiskLevel::High && refused(Consent::Outreach))
                || (evidence.moment == Moment::AtRest && is_lost(evidence, &user))
            {
                continue;
            }
            let cooldown = parts().policy.cooldown.of(floor).unwrap_or_default();
            let since = later(at, -(cooldown * 2) - SKEW);
            let is_reached = self.chatted.values().any(|(_, sent)| {
                *sent.user() == user
                    && sent.level().severity() >= floor.severity()
                    && sent.created_at() >= since
            });
            let is_reviewed = evidence
                .reviews
                .iter()
                .any(|entry| entry.user == user && entry.entered_at >= later(at, -SKEW));
            if !is_reached && !is_reviewed {
                let words = format!("{} wrote at {at}, and nobody answers", user.as_str());
                verdict.add(Invariant::NobodyInCrisisIsAlone, words);
            }
        }
    }
}

/// Whether nobody could say last words about somebody: crashes took the message, or the page that
/// they stood on was given up.
fn is_lost(evidence: &Evidence<'_>, user: &UserId) -> bool {
    evidence.was_lost_to_crashes(user)
        || evidence
            .letters
            .iter()
            .any(|letter| letter.queue == mindmate_contracts::QueueName::FanOut)
}

/// Who wrote crisis language, when, and of which floor: in the days before a run, or while it all
/// goes on.
fn crises(evidence: &Evidence<'_>) -> Vec<(UserId, Timestamp, RiskLevel)> {
    let world = evidence.world;
    let first: Timestamp = crate::plan::FIRST_RUN.parse().expect("an instant");
    // A run that could not begin before the next was due looks at nobody: that one does.
    let is_refused = world.log.read(|happened| {
        happened
            .iter()
            .any(|it| matches!(it.what, What::Refused(as_of) if as_of.instant() == first))
    });
    let looks = if is_refused { later(first, DAY) } else { first };
    let lookback = later(looks, -SignedDuration::from_hours(71));
    let before = world.plan.people.iter().flat_map(|person| {
        let recent = person.history.iter().filter(|written| written.at > lookback);
        recent.filter_map(|written| Some((person.user.clone(), written.at, written.floor?)))
    });
    let mut crises: Vec<_> = before.collect();
    world.log.read(|happened| {
        for happening in happened {
            if let What::Wrote(user, Some(floor)) = &happening.what {
                crises.push((user.clone(), happening.at, *floor));
            }
        }
    });
    crises
}

/// The consents that somebody had before it all began.
fn consents_before(evidence: &Evidence<'_>, user: &UserId) -> Consents {
    let person = evidence.world.plan.people.iter().find(|person| person.user == *user);
    Person::consents(person.and_then(|person| person.profile.as_ref()))
}

/// When somebody took a consent back; before all else where they never gave it.
fn refused_since(evidence: &Evidence<'_>, user: &UserId, consent: Consent) -> Option<Timestamp> {
    if !consents_before(evidence, user).allows(consent) {
        return Some(Timestamp::MIN);
    }
    evidence.world.log.read(|happened| {
        let found = happened.iter().find(|happening| {
            matches!(&happening.what, What::OptedOut(who, what) if who == user && *what == consent)
        });
        found.map(|happening| happening.at)
    })
}

fn refused_ever(evidence: &Evidence<'_>, user: &UserId, consent: Consent) -> bool {
    refused_since(evidence, user, consent).is_some()
}

fn opted_out_left_alone(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let mut refused: BTreeMap<(UserId, &'static str), Option<Timestamp>> = BTreeMap::new();
    for person in &evidence.world.plan.people {
        for consent in [Consent::Scoring, Consent::Outreach, Consent::TextAnalysis] {
            let since = refused_since(evidence, &person.user, consent);
            refused.insert((person.user.clone(), consent.name()), since);
        }
    }
    evidence.world.log.read(|happened| {
        for happening in happened {
            let (user, needs): (&UserId, &[Consent]) = match &happening.what {
                What::Assessed(assessment, true) => (&assessment.user, &[Consent::Scoring]),
                What::Decided(one) | What::Chatted(one, true) => {
                    (one.user(), &[Consent::Scoring, Consent::Outreach])
                }
                What::Felt(user) => (user, &[Consent::Scoring, Consent::TextAnalysis]),
                _ => continue,
            };
            for consent in needs {
                let since = refused.get(&(user.clone(), consent.name())).copied().flatten();
                if let (Some(since), Some(began)) = (since, happening.began)
                    && began > since
                {
                    let words = format!("{} refused {}", user.as_str(), consent.name());
                    verdict.add(Invariant::OptedOutLeftAlone, words);
                }
            }
        }
    });
}
