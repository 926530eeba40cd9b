//! What must hold when a world has come to rest, whatever went wrong on the way there.

mod evidence;
mod ledger;
mod letters;
mod messages;
mod people;

use crate::world::World;

pub(crate) use self::evidence::Evidence;

/// Something that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// The world comes to rest when the faults have ended.
    ComesToRest,
    /// No message is left in a queue, and no record unread.
    NothingIsLeft,
    /// Each request of a run is accounted for, or a dead letter says why it is not; and the missing
    /// are named.
    LedgerClosesOrSaysWhy,
    /// Once causes are mended, dead letters replayed and open shards asked for again, every run
    /// closes.
    LedgerClosesInTheEnd,
    /// A mark that the ledger took is there for good.
    MarksStay,
    /// A place in a run is one user's, and a user has one place.
    OneUserAPlace,
    /// There is one assessment of a user and `asOf`, and everybody says the same of it.
    OneAssessment,
    /// At most one message goes out for an assessment.
    OneInterventionAnAssessment,
    /// What is called delivered is in the chat, and what is in the chat was decided on.
    DeliveredIsInTheChat,
    /// No two interventions lie within the cool-down (safety 5).
    CoolDown,
    /// Nothing is sent for an assessment of more than a day ago (safety 7).
    StaleGoesToReview,
    /// No delivery that began after an opt-out assesses, writes to or reads the texts of who opted
    /// out (safety 12, 13).
    OptedOutLeftAlone,
    /// Each critical assessment was delivered or is in review (safety 6).
    CriticalReachesSomebody,
    /// Nobody who wrote crisis language is without a message of that level or a review entry.
    NobodyInCrisisIsAlone,
    /// Each dead letter has its cause, but those that the queue itself put aside as the backstop
    /// for crashes.
    DeadLettersHaveCauses,
    /// Each dead letter of a run is told to its ledger, and what the ledger calls dead-lettered lies
    /// in a dead-letter queue.
    DeadLettersAreTold,
    /// The same message has the same id at each try.
    SameIdAtEachTry,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::ComesToRest,
        Self::NothingIsLeft,
        Self::LedgerClosesOrSaysWhy,
        Self::LedgerClosesInTheEnd,
        Self::MarksStay,
        Self::OneUserAPlace,
        Self::OneAssessment,
        Self::OneInterventionAnAssessment,
        Self::DeliveredIsInTheChat,
        Self::CoolDown,
        Self::StaleGoesToReview,
        Self::OptedOutLeftAlone,
        Self::CriticalReachesSomebody,
        Self::NobodyInCrisisIsAlone,
        Self::DeadLettersHaveCauses,
        Self::DeadLettersAreTold,
        Self::SameIdAtEachTry,
    ];
}

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// Where, in words. The people are invented, so that it may name them.
    pub words: String,
}

/// When a world is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The faults have ended and nobody has mended anything yet.
    AtRest,
    /// Causes are mended and dead letters replayed.
    Mended,
}

/// Collects what does not hold.
pub(crate) struct Verdict(Vec<Violation>);

impl Verdict {
    pub(crate) fn add(&mut self, invariant: Invariant, words: String) {
        self.0.push(Violation { invariant, words });
    }
}

/// All that does not hold in a world now.
pub(crate) fn check(world: &World, moment: Moment) -> Vec<Violation> {
    let evidence = Evidence::of(world, moment);
    let mut verdict = Verdict(Vec::new());
    ledger::check(&evidence, &mut verdict);
    letters::check(&evidence, &mut verdict);
    messages::check(&evidence, &mut verdict);
    people::check(&evidence, &mut verdict);
    verdict.0
}
