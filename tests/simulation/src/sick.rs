//! People whose handling fails, always, until somebody mends the cause.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mindmate_domain::intervention::ReviewEntry;
use mindmate_domain::{AsOf, Assessment, Consents, History, UserId};
use mindmate_pipeline::ports::{
    AssessmentPut, AssessmentStore, HistoryStore, PortError, PortResult, Ports, ReviewQueue,
};

use crate::handing_on::handing_on;
use crate::log::Log;
use crate::plan::Illness;

/// Who is ill, and which machines have to die of it. Clones share it.
#[derive(Clone)]
pub(crate) struct Ward(Arc<Inner>);

struct Inner {
    ill: Mutex<BTreeMap<UserId, Illness>>,
    condemned: Mutex<Vec<usize>>,
    log: Log,
}

impl Ward {
    pub(crate) fn new(ill: BTreeMap<UserId, Illness>, log: Log) -> Self {
        Self(Arc::new(Inner { ill: Mutex::new(ill), condemned: Mutex::default(), log }))
    }

    /// The cause is mended.
    pub(crate) fn cure(&self) {
        self.0.ill.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn condemned(&self) -> Option<usize> {
        self.0.condemned.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn illness(&self, user: &UserId) -> Option<Illness> {
        self.0.ill.lock().unwrap_or_else(PoisonError::into_inner).get(user).copied()
    }

    /// Kills the machine, and with it whoever called.
    async fn kill(&self, machine: usize) {
        self.0.log.count("machine killed by a message");
        self.0.condemned.lock().unwrap_or_else(PoisonError::into_inner).push(machine);
        std::future::pending::<()>().await;
    }
}

/// A port of a machine as it works for those who are ill.
struct Sick<P: ?Sized> {
    inner: Arc<P>,
    ward: Ward,
    machine: usize,
}

/// The ports of a machine, with the ill.
pub(crate) fn sick(ports: Ports, ward: &Ward, machine: usize) -> Ports {
    fn of<P: ?Sized>(inner: &Arc<P>, ward: &Ward, machine: usize) -> Arc<Sick<P>> {
        Arc::new(Sick { inner: Arc::clone(inner), ward: ward.clone(), machine })
    }
    Ports {
        history: of(&ports.history, ward, machine),
        assessments: of(&ports.assessments, ward, machine),
        reviews: of(&ports.reviews, ward, machine),
        ..ports
    }
}

#[async_trait]
impl HistoryStore for Sick<dyn HistoryStore> {
    async fn load(&self, user: &UserId, as_of: AsOf, legacy: Consents) -> PortResult<History> {
        match self.ward.illness(user) {
            Some(Illness::Panics) => {
                self.ward.0.log.count("handling panicked");
                // Without the hook of panics, which would print it.
                std::panic::resume_unwind(Box::new("injected"));
            }
            Some(Illness::Fails) => {
                self.ward.0.log.count("handling failed for a person");
                Err(PortError::transient("history", "injected: always"))
            }
            Some(Illness::Kills | Illness::KillsTwice) => {
                self.ward.kill(self.machine).await;
                self.inner.load(user, as_of, legacy).await
            }
            Some(Illness::Refused) | None => self.inner.load(user, as_of, legacy).await,
        }
    }
}

handing_on! {AssessmentStore for Sick<dyn AssessmentStore> {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        if self.ward.illness(&assessment.user) == Some(Illness::Refused) {
            self.ward.0.log.count("handling refused for good");
            return Err(PortError::permanent("assessments", "injected-refusal", "injected"));
        }
        self.inner.put(assessment).await
    }
}}

handing_on! {ReviewQueue for Sick<dyn ReviewQueue> {
    async fn enter(&self, entry: &ReviewEntry) -> PortResult<()> {
        if self.ward.illness(&entry.user) == Some(Illness::KillsTwice) {
            self.ward.kill(self.machine).await;
        }
        self.inner.enter(entry).await
    }
}}
