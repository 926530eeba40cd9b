//! What is done before features are given up: a crisis that was found is not lost with them.
//!
//! A missed crisis is the worst bug. Where the features that could not be scored carry crisis
//! language that sets a floor now, a human hears of it twice: by an entry in the review queue and
//! by a page to whoever is on duty.
//!
//! | what the message carried | entry | page |
//! | --- | --- | --- |
//! | a floor of critical | `CriticalNotDelivered`: no crisis resources will go out | yes |
//! | a floor of high | `LateIntervention`: the check-in will not go out in time | yes |
//! | none, and a critical assessment that was written at an earlier try | `CriticalNotDelivered` | yes |
//! | the look for crisis language had failed, or nobody can say what was written | `CrisisCheckFailed`, level unknown | no |
//! | none of these | none | no |
//! | something that cannot be read, but for whom it is about | `CrisisCheckFailed`, level unknown | no |
//!
//! Where consents cannot be read, the entry is made without showing content. Where scoring or the
//! reading of texts is no longer consented to, nothing is entered: an opt-out stops everything, and
//! holds for what is already queued (safety 12, 13). Entry and
//! page are both tried even if the other fails; then the message is tried again instead of being
//! given up.

use jiff::Timestamp;
use mindmate_contracts::messages::{FeaturesExtracted, Request};
use mindmate_domain::intervention::{ReviewEntry, ReviewReason};
use mindmate_domain::{Consent, CrisisCheck, RiskLevel};
use mindmate_pipeline::ports::Notice;
use mindmate_pipeline::{Failure, PortResult};

use crate::Scoring;

impl Scoring {
    /// Hands a crisis that was found to humans.
    pub(crate) async fn last_words(
        &self,
        input: &FeaturesExtracted,
        failure: &Failure<'_>,
        now: Timestamp,
    ) -> PortResult<()> {
        let request = &input.request;
        let consents = self.consents(&request.user_id).await.ok();
        let refused = |consent| consents.is_some_and(|consents| !consents.allows(consent));
        if refused(Consent::Scoring) {
            return Ok(());
        }
        // What was read of texts is no longer used where that is no longer consented to.
        let crisis = (!refused(Consent::TextAnalysis)).then_some(&input.crisis);
        let floor =
            crisis.and_then(|crisis| self.policy.floor(crisis.signals(), request.as_of.instant()));
        let standing = self.standing(request).await;
        let is_critical = matches!(standing, Ok(Some(RiskLevel::Critical)));
        let floor = floor.map(|floor| floor.level);
        let (reason, level) = match floor {
            _ if is_critical => (ReviewReason::CriticalNotDelivered, RiskLevel::Critical),
            Some(RiskLevel::Critical) => (ReviewReason::CriticalNotDelivered, RiskLevel::Critical),
            Some(level) => (ReviewReason::LateIntervention, level),
            None if standing.is_err() || crisis.is_some_and(CrisisCheck::has_failed) => {
                (ReviewReason::CrisisCheckFailed, RiskLevel::Unknown)
            }
            None => return Ok(()),
        };
        let allowed = consents.is_some_and(|given| given.allows(Consent::HumanReview));
        let entry = request.review(reason, level, allowed, (now, self.policy.review));
        let entered = self.ports.review.enter(&entry).await;
        let paged = if floor.is_some() || is_critical {
            self.ports.notifier.notify(&self.notice(&entry, failure)).await
        } else {
            Ok(())
        };
        entered.and(paged)
    }

    /// The level that an earlier try wrote and could not send on: every critical one is known to a
    /// human (safety 6), by whatever it became critical.
    async fn standing(&self, request: &Request) -> PortResult<Option<RiskLevel>> {
        let user = std::slice::from_ref(&request.user_id);
        let standing = self.ports.assessments.get_many(user, request.as_of).await?;
        Ok(standing.first().map(|assessment| assessment.level))
    }

    /// Whom it is about is said by pseudonym; what failed, by its code.
    fn notice(&self, entry: &ReviewEntry, failure: &Failure<'_>) -> Notice {
        let user = self.pseudonyms.of(&entry.user);
        let (as_of, level, reason) = (entry.as_of, entry.level, entry.reason.name());
        Notice {
            id: format!("{reason}/{user}/{as_of}"),
            at: entry.entered_at,
            text: format!(
                "{user} is at {level} at least (asOf {as_of}), and their assessment could not be \
                 sent on: {}. Nothing was sent to them. See the review queue, \
                 {reason}.",
                failure.code
            ),
        }
    }
}
