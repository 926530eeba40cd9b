//! Assessments, interventions, reviews and notices in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::assessment::Method;
use mindmate_domain::audit::{AuditAction, AuditEvent};
use mindmate_domain::intervention::{
    DeliveryStatus, Guard, Intervention, ReviewEntry, ReviewReason,
};
use mindmate_domain::{AsOf, Assessment, InterventionId, RiskLevel, UserId};
use mindmate_pipeline::ports::{
    AssessmentPut, AssessmentStore, AuditLog, Decision, InterventionStore, Notice, Notifier,
    PortError, PortResult, ReviewQueue, StoredIntervention,
};

use super::{MemoryBackend, lock};

/// The key of an entry of the review queue.
type ReviewKey = (UserId, AsOf, ReviewReason);

/// What the pipeline wrote about people. One lock over all of it is what makes a decision, its
/// audit event and its guard one transaction.
#[derive(Default)]
pub(super) struct People {
    pub(super) assessments: BTreeMap<(UserId, AsOf), Assessment>,
    interventions: BTreeMap<InterventionId, StoredIntervention>,
    guards: BTreeMap<UserId, Guard>,
    reviews: BTreeMap<ReviewKey, ReviewEntry>,
    acknowledged: BTreeSet<ReviewKey>,
    pub(super) audit: Vec<AuditEvent>,
    pub(super) notices: Vec<Notice>,
}

impl People {
    /// The user's assessments, latest first.
    fn of(&self, user: &UserId) -> impl Iterator<Item = &Assessment> {
        let found = self.assessments.values().filter(move |found| found.user == *user);
        found.rev()
    }
}

#[async_trait]
impl AssessmentStore for MemoryBackend {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        let key = (assessment.user.clone(), assessment.as_of);
        let mut people = lock(&self.state.people);
        if let Some(found) = people.assessments.get(&key) {
            return Ok(AssessmentPut::Existing(Box::new(found.clone())));
        }
        people.assessments.insert(key, assessment.clone());
        Ok(AssessmentPut::Written)
    }

    async fn get_many(&self, users: &[UserId], as_of: AsOf) -> PortResult<Vec<Assessment>> {
        let people = lock(&self.state.people);
        let found = users.iter().filter_map(|user| people.assessments.get(&(user.clone(), as_of)));
        Ok(found.cloned().collect())
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<Assessment>> {
        Ok(lock(&self.state.people).of(user).take(limit).cloned().collect())
    }

    async fn last_known(
        &self,
        user: &UserId,
        before: AsOf,
    ) -> PortResult<Option<(AsOf, RiskLevel)>> {
        let people = lock(&self.state.people);
        let found = people.of(user).find(|found| {
            found.as_of < before
                && found.level != RiskLevel::Unknown
                && found.method != Method::LastKnown
        });
        Ok(found.map(|found| (found.as_of, found.level)))
    }

    async fn latest_as_of(&self, user: &UserId) -> PortResult<Option<AsOf>> {
        Ok(lock(&self.state.people).of(user).next().map(|found| found.as_of))
    }
}

#[async_trait]
impl InterventionStore for MemoryBackend {
    async fn get(&self, id: &InterventionId) -> PortResult<Option<StoredIntervention>> {
        Ok(lock(&self.state.people).interventions.get(id).cloned())
    }

    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>> {
        Ok(lock(&self.state.people).guards.get(user).copied())
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision> {
        let mut people = lock(&self.state.people);
        if let Some(found) = people.interventions.get(intervention.id()) {
            return Ok(Decision::Existing(Box::new(found.clone())));
        }
        if people.guards.get(intervention.user()).copied() != seen {
            return Ok(Decision::GuardMoved);
        }
        let stored = StoredIntervention {
            intervention: intervention.clone(),
            status: DeliveryStatus::Pending,
        };
        people.interventions.insert(intervention.id().clone(), stored);
        people.guards.insert(intervention.user().clone(), new_guard);
        people.audit.push(intervention.audit().clone());
        Ok(Decision::Written)
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        let mut people = lock(&self.state.people);
        let Some(found) = people.interventions.get_mut(id) else {
            let words = format!("expected an intervention {id}, found none");
            return Err(PortError::permanent("interventions", "no-such-intervention", words));
        };
        if found.status == DeliveryStatus::Pending {
            found.status = DeliveryStatus::Delivered { at };
        }
        Ok(())
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<StoredIntervention>> {
        let people = lock(&self.state.people);
        let all = people.interventions.values();
        let mut own: Vec<_> =
            all.filter(|found| found.intervention.user() == user).cloned().collect();
        own.sort_by_key(|found| std::cmp::Reverse(found.intervention.created_at()));
        own.truncate(limit);
        Ok(own)
    }
}

#[async_trait]
impl AuditLog for MemoryBackend {
    async fn append(&self, event: &AuditEvent) -> PortResult<()> {
        lock(&self.state.people).audit.push(event.clone());
        Ok(())
    }
}

#[async_trait]
impl ReviewQueue for MemoryBackend {
    async fn enter(&self, entry: &ReviewEntry) -> PortResult<()> {
        let key = (entry.user.clone(), entry.as_of, entry.reason);
        lock(&self.state.people).reviews.entry(key).or_insert_with(|| entry.clone());
        Ok(())
    }

    async fn open(&self, limit: usize) -> PortResult<Vec<ReviewEntry>> {
        let people = lock(&self.state.people);
        let open = people.reviews.iter().filter(|(key, _)| !people.acknowledged.contains(*key));
        let mut open: Vec<_> = open.map(|(_, entry)| entry.clone()).collect();
        open.sort_by_key(|entry| (entry.rank(), entry.due_at));
        open.truncate(limit);
        Ok(open)
    }

    async fn count_open(&self) -> PortResult<u64> {
        Ok(self.open(usize::MAX).await?.len() as u64)
    }

    async fn acknowledge(
        &self,
        user: &UserId,
        as_of: AsOf,
        reason: ReviewReason,
        by: &str,
        at: Timestamp,
    ) -> PortResult<bool> {
        let key = (user.clone(), as_of, reason);
        let mut people = lock(&self.state.people);
        if !people.reviews.contains_key(&key) || !people.acknowledged.insert(key) {
            return Ok(false);
        }
        let action = AuditAction::ReviewAcknowledged;
        let subject = format!("{as_of}/{}", reason.name());
        people.audit.push(AuditEvent::upon(user.clone(), by, action, subject, at));
        Ok(true)
    }
}

#[async_trait]
impl Notifier for MemoryBackend {
    async fn notify(&self, notice: &Notice) -> PortResult<()> {
        let mut people = lock(&self.state.people);
        if people.notices.iter().all(|sent| sent.id != notice.id) {
            people.notices.push(notice.clone());
        }
        Ok(())
    }

    async fn was_sent(&self, id: &str) -> PortResult<bool> {
        Ok(lock(&self.state.people).notices.iter().any(|sent| sent.id == id))
    }
}
