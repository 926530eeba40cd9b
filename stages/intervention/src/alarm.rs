//! Humans who look: entries in the review queue, and pages to whoever is on duty.

use futures::future::join;
use jiff::Timestamp;
use mindmate_contracts::messages::Request;
use mindmate_domain::intervention::{DeliveryStatus, ReviewReason, WithheldReason};
use mindmate_domain::{Consent, Consents, RiskLevel};
use mindmate_pipeline::ports::Notice;
use mindmate_pipeline::{Failure, PortResult};

use crate::Interventions;
use crate::case::Case;

/// Whether somebody on duty is called at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Page<'a> {
    /// Yes, and why the person was not reached.
    Yes(&'a str),
    /// The review queue is enough.
    No,
}

impl<'a> Page<'a> {
    pub(crate) fn if_critical(case: &Case<'_>, why: &'a str) -> Self {
        if case.is_critical() { Self::Yes(why) } else { Self::No }
    }
}

impl Interventions {
    /// Enters the case into the review queue.
    pub(crate) async fn enter(&self, case: &Case<'_>, reason: ReviewReason) -> PortResult<()> {
        let now = case.now();
        let rule = (now, self.policy.review);
        let entry = case.request.review(reason, case.level, case.content_allowed(), rule);
        self.ports.review.enter(&entry).await
    }

    /// Enters the case and pages, at the same time: neither waits for the other, which may be what
    /// hangs.
    pub(crate) async fn alarm(
        &self,
        case: &Case<'_>,
        reason: ReviewReason,
        page: Page<'_>,
    ) -> PortResult<()> {
        let page = async {
            match page {
                Page::Yes(why) => self.ports.notifier.notify(&self.notice(case, reason, why)).await,
                Page::No => Ok(()),
            }
        };
        let (entered, paged) = join(self.enter(case, reason), page).await;
        entered.and(paged)
    }

    /// What is done before an intervention is given up, unless it is in the chat already. A critical
    /// one is entered and pages; a high one, which may answer crisis language, is entered as late.
    pub(crate) async fn last_words(
        &self,
        case: &Case<'_>,
        failure: &Failure<'_>,
    ) -> PortResult<()> {
        if case.level == RiskLevel::High && case.opted_out().is_none() {
            return self.late_words(case).await;
        }
        // An opt-out stops everything (safety 13).
        if !case.is_critical() || case.opted_out() == Some(WithheldReason::NoScoringConsent) {
            return Ok(());
        }
        let alarm = async {
            if self.is_delivered(case).await {
                return Ok(());
            }
            let why = Page::Yes(failure.code);
            self.alarm(case, ReviewReason::CriticalNotDelivered, why).await
        };
        let enter = self.enter(case, ReviewReason::CriticalAssessment);
        let (entered, alarmed) = join(enter, alarm).await;
        entered.and(alarmed)
    }

    async fn late_words(&self, case: &Case<'_>) -> PortResult<()> {
        if self.is_delivered(case).await {
            return Ok(());
        }
        self.enter(case, ReviewReason::LateIntervention).await
    }

    /// Where the store cannot say, it is not: a false alarm is the smaller harm.
    async fn is_delivered(&self, case: &Case<'_>) -> bool {
        let stored = self.ports.interventions.get(&case.id).await;
        stored.is_ok_and(|found| found.is_some_and(|it| it.status != DeliveryStatus::Pending))
    }

    /// Somebody was to be reached, and nobody can read how urgently: a human looks, at once.
    pub(crate) async fn unread(
        &self,
        request: &Request,
        failure: &Failure<'_>,
        now: Timestamp,
    ) -> PortResult<()> {
        let consents = match self.person(&request.user_id).await {
            Ok((_, consents)) => consents,
            Err(_) => Consents::NONE.with(Consent::Scoring, true),
        };
        if !consents.allows(Consent::Scoring) {
            return Ok(());
        }
        let allowed = consents.allows(Consent::HumanReview);
        let (reason, rule) = (ReviewReason::CriticalNotDelivered, (now, self.policy.review));
        let entry = request.review(reason, RiskLevel::Unknown, allowed, rule);
        let (user, as_of) = (self.pseudonyms.of(&request.user_id), request.as_of);
        let notice = Notice {
            id: format!("{}/{user}/{as_of}", reason.name()),
            at: now,
            text: format!(
                "{user} was to be reached (asOf {as_of}), and the request cannot be read: {}. See \
                 the review queue, {}.",
                failure.code,
                reason.name()
            ),
        };
        let (entered, paged) =
            join(self.ports.review.enter(&entry), self.ports.notifier.notify(&notice)).await;
        entered.and(paged)
    }

    /// Whom it is about is said by pseudonym. The same at every try, whatever failed at it.
    fn notice(&self, case: &Case<'_>, reason: ReviewReason, why: &str) -> Notice {
        let user = self.pseudonyms.of(&case.request.user_id);
        let (as_of, level, reason) = (case.request.as_of, case.level, reason.name());
        Notice {
            id: format!("{reason}/{user}/{as_of}"),
            at: case.now(),
            text: format!(
                "{user} was assessed as {level} (asOf {as_of}) and was not reached: {why}. See \
                 the review queue, {reason}."
            ),
        }
    }
}
