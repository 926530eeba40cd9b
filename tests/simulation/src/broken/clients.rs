//! What a stage's side of a port can get wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mindmate_contracts::messages::AssessmentDeadLettered;
use mindmate_contracts::{Channel, Message, QueueName, StreamName};
use mindmate_domain::UserId;
use mindmate_domain::app::Profile;
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{
    Channels, DeadLetterCause, DeadLetters, PortResult, Ports, ProfileStore, Publisher, Queue,
    Sequence, StreamRecord, StreamSource,
};

use super::Broken;

/// The ports with what is broken in front of them.
pub(crate) fn broken_clients(ports: Ports, broken: Option<Broken>) -> Ports {
    match broken {
        Some(Broken::CachesConsents) => {
            let cached = Cached { inner: ports.profiles, known: Mutex::default() };
            Ports { profiles: Arc::new(cached), ..ports }
        }
        Some(how @ (Broken::LosesHalfBatches | Broken::FreshIds | Broken::SilentDeadLetters)) => {
            let publisher = Tampered { inner: ports.publisher, how, tries: AtomicU64::new(0) };
            Ports { publisher: Arc::new(publisher), ..ports }
        }
        Some(how @ (Broken::ChecksPointFirst | Broken::DropsAside)) => {
            Ports { channels: Arc::new(Hasty { inner: ports.channels, how }), ..ports }
        }
        _ => ports,
    }
}

struct Cached {
    inner: Arc<dyn ProfileStore>,
    known: Mutex<BTreeMap<UserId, Option<Profile>>>,
}

#[async_trait]
impl ProfileStore for Cached {
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = self.inner.profile(user).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(user.clone(), read.clone());
        Ok(read)
    }
}

struct Tampered {
    inner: Arc<dyn Publisher>,
    how: Broken,
    tries: AtomicU64,
}

#[async_trait]
impl Publisher for Tampered {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        match self.how {
            Broken::LosesHalfBatches => {
                let sent = self.inner.publish(batch).await;
                sent.into_iter().map(|result| result.or(Ok(()))).collect()
            }
            Broken::FreshIds => {
                let batch: Vec<_> = batch.iter().map(|message| self.renamed(message)).collect();
                self.inner.publish(&batch).await
            }
            _ => {
                let silent =
                    |message: &&Outgoing| message.body.contains(AssessmentDeadLettered::TYPE);
                let told: Vec<_> =
                    batch.iter().filter(|message| !silent(message)).cloned().collect();
                let mut sent = self.inner.publish(&told).await.into_iter();
                let result = |message| {
                    if silent(&message) { Ok(()) } else { sent.next().unwrap_or(Ok(())) }
                };
                batch.iter().map(result).collect()
            }
        }
    }
}

impl Tampered {
    fn renamed(&self, message: &Outgoing) -> Outgoing {
        let id = format!("{}/{}", message.id, self.tries.fetch_add(1, Ordering::SeqCst));
        let body = message.body.replacen(&message.id, &id, 1);
        Outgoing { id, body, ..message.clone() }
    }
}

struct Hasty {
    inner: Arc<dyn Channels>,
    how: Broken,
}

impl Channels for Hasty {
    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        self.inner.queue(name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        Arc::new(HastySource { inner: self.inner.stream(name, consumer), how: self.how })
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.inner.dead_letters(of)
    }
}

struct HastySource {
    inner: Arc<dyn StreamSource>,
    how: Broken,
}

#[async_trait]
impl StreamSource for HastySource {
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>> {
        let records = self.inner.read(max).await?;
        if let (Broken::ChecksPointFirst, Some(last)) = (self.how, records.last()) {
            self.inner.checkpoint(last.sequence).await?;
        }
        Ok(records)
    }

    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()> {
        self.inner.checkpoint(up_to).await
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        if self.how == Broken::DropsAside {
            return Ok(());
        }
        self.inner.put_aside(record, cause).await
    }
}
