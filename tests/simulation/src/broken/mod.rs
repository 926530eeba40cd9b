//! Parts that are broken on purpose: each of them the simulation has to catch.

mod clients;
mod stores;

use mindmate_pipeline::ports::Settlement;

pub(crate) use self::clients::broken_clients;
pub(crate) use self::stores::broken_stores;
use crate::invariants::Invariant;

/// A part that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Broken {
    /// The consumer deletes a message before it is handled.
    AcksFirst,
    /// The consumer takes "try again" for "done".
    RetryIsDone,
    /// The consumer deletes what it should put aside.
    DeadLetterIsDone,
    /// The store of assessments overwrites instead of putting if absent.
    OverwritesAssessments,
    /// The store of interventions says that there is no guard, and takes whatever was seen.
    IgnoresGuard,
    /// Chat messages are put without their key: each try puts another.
    ChatsWithoutKey,
    /// The chat says that it put a message, and did not.
    DropsChats,
    /// Setting a mark twice takes it back.
    TogglesMarks,
    /// Fan-out's pages are made anew at each try instead of stored.
    MakesPagesAnew,
    /// The review queue forgets what is entered.
    DropsReviews,
    /// Consents are read once and remembered.
    CachesConsents,
    /// What failed of a batch that half succeeded counts as sent.
    LosesHalfBatches,
    /// Each try sends under new ids.
    FreshIds,
    /// Nobody tells the run's ledger of a dead letter.
    SilentDeadLetters,
    /// The checkpoint moves before the records are processed.
    ChecksPointFirst,
    /// A stream's poison record is passed over instead of put aside.
    DropsAside,
    /// However old an assessment is, its intervention is sent.
    SendsStale,
    /// A replay deletes the dead letter before its copy is sent.
    ReplayDeletesFirst,
    /// A replay sends copies under new ids.
    ReplayWithNewIds,
}

impl Broken {
    /// The invariant that catches it.
    pub fn caught_by(self) -> Invariant {
        use Invariant as By;
        match self {
            Self::AcksFirst
            | Self::RetryIsDone
            | Self::LosesHalfBatches
            | Self::ChecksPointFirst
            | Self::DropsAside => By::LedgerClosesOrSaysWhy,
            Self::DeadLetterIsDone | Self::SilentDeadLetters | Self::ReplayDeletesFirst => {
                By::DeadLettersAreTold
            }
            Self::OverwritesAssessments => By::OneAssessment,
            Self::IgnoresGuard => By::CoolDown,
            Self::ChatsWithoutKey => By::OneInterventionAnAssessment,
            Self::DropsChats => By::DeliveredIsInTheChat,
            Self::TogglesMarks => By::MarksStay,
            Self::MakesPagesAnew => By::OneUserAPlace,
            Self::DropsReviews => By::CriticalReachesSomebody,
            Self::CachesConsents => By::OptedOutLeftAlone,
            Self::FreshIds | Self::ReplayWithNewIds => By::SameIdAtEachTry,
            Self::SendsStale => By::StaleGoesToReview,
        }
    }

    /// What a consumer makes of the word of the runner.
    pub(crate) fn settlement(broken: Option<Self>, settlement: Settlement) -> Settlement {
        match (broken, &settlement) {
            (Some(Self::RetryIsDone), Settlement::Release { .. })
            | (Some(Self::DeadLetterIsDone), Settlement::DeadLetter { .. }) => Settlement::Delete,
            _ => settlement,
        }
    }
}

/// In how many seeds, from 0 on, each broken part is caught.
pub const SEEDS_TO_CATCH: u64 = 200;
