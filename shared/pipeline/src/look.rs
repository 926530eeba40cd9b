//! A human's look at somebody whose words nobody could look through.

use jiff::Timestamp;
use mindmate_contracts::messages::Request;
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::{Consent, Policy, RiskLevel};

use crate::ports::{PortResult, ProfileStore, ReviewQueue};

/// Enters somebody into the review queue because the look for crisis language failed (safety 3).
/// After an opt-out of scoring or of the reading of texts nobody looks. Where consents cannot be
/// read, the entry is made, and shows no content.
///
/// # Errors
/// The review queue's.
pub async fn ask_for_a_look(
    (profiles, review): (&dyn ProfileStore, &dyn ReviewQueue),
    policy: &Policy,
    request: &Request,
    now: Timestamp,
) -> PortResult<()> {
    let profile = profiles.profile(&request.user_id).await.ok();
    let consents =
        profile.map(|found| found.unwrap_or_default().consents.effective(policy.legacy_consents));
    let refused = |consent| consents.is_some_and(|given| !given.allows(consent));
    if refused(Consent::Scoring) || refused(Consent::TextAnalysis) {
        return Ok(());
    }
    let content = consents.is_some_and(|given| given.allows(Consent::HumanReview));
    let (reason, rule) = (ReviewReason::CrisisCheckFailed, (now, policy.review));
    review.enter(&request.review(reason, RiskLevel::Unknown, content, rule)).await
}
