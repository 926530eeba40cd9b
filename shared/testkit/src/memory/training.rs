//! Whom could be learned from, and the set that is, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{self, Decoded, Timeline};
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Author, EventKind};
use mindmate_domain::consent::StatedConsents;
use mindmate_pipeline::ports::{
    MANIFEST_PATH, PortResult, Side, TrainingDraft, TrainingPage, TrainingStore, TrainingUser,
    TrainingUsers,
};

use super::{MemoryBackend, Table, lock};

#[async_trait]
impl TrainingUsers for MemoryBackend {
    async fn users(
        &self,
        until: Timestamp,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<TrainingPage> {
        let table = lock(&self.state.table);
        let mut ids: Vec<&UserId> = table.keys().map(|(user, _)| user).collect();
        ids.dedup();
        let mut ids = ids.into_iter().filter(|id| after.is_none_or(|after| *id > after));
        let users = ids.by_ref().take(limit).map(|id| user(&table, id, until)).collect();
        Ok(TrainingPage { users, last: ids.next().is_none() })
    }

    async fn timeline(&self, user: &UserId) -> PortResult<Timeline> {
        let mut timeline = Timeline::new(user.clone());
        for (sk, item) in self.items(user) {
            timeline.take(&sk, Some(&item));
        }
        Ok(timeline)
    }
}

/// The set that is published: files by their paths.
pub(super) type Files = BTreeMap<&'static str, Vec<u8>>;

#[async_trait]
impl TrainingStore for MemoryBackend {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn draft(&self) -> PortResult<Box<dyn TrainingDraft>> {
        let files = Side::ALL.map(|side| (side.path(), Vec::new())).into();
        Ok(Box::new(Draft { backend: self.clone(), files }))
    }

    async fn read(&self, path: &str) -> PortResult<Option<Vec<u8>>> {
        Ok(self.training_file(path))
    }

    async fn remove(&self) -> PortResult<()> {
        lock(&self.state.training).clear();
        Ok(())
    }
}

struct Draft {
    backend: MemoryBackend,
    files: Files,
}

#[async_trait]
impl TrainingDraft for Draft {
    async fn append(&mut self, side: Side, bytes: Vec<u8>) -> PortResult<()> {
        self.files.entry(side.path()).or_default().extend(bytes);
        Ok(())
    }

    async fn publish(self: Box<Self>, manifest: Vec<u8>) -> PortResult<()> {
        let Self { backend, mut files } = *self;
        files.insert(MANIFEST_PATH, manifest);
        *lock(&backend.state.training) = files;
        Ok(())
    }

    async fn discard(self: Box<Self>) -> PortResult<()> {
        Ok(())
    }
}

fn user(table: &Table, user: &UserId, until: Timestamp) -> TrainingUser {
    let (mut consents, mut active) = (StatedConsents::Absent, None);
    let own = table.range((user.clone(), String::new())..);
    for ((_, sk), item) in own.take_while(|((owner, _), _)| owner == user) {
        match app_table::decode(sk, item) {
            Decoded::Read(AppItem::Profile(profile), _) => consents = profile.consents,
            Decoded::Read(AppItem::Event(event), _) => {
                let at = whole_millisecond(event.at);
                let companion = matches!(event.kind, EventKind::Chat { author: Author::Agent, .. });
                if !companion && at <= until {
                    let (first, last) = active.unwrap_or((at, at));
                    active = Some((at.min(first), at.max(last)));
                }
            }
            _ => {}
        }
    }
    TrainingUser { user: user.clone(), consents, active }
}

/// Rounded up, as stores keep it.
fn whole_millisecond(at: Timestamp) -> Timestamp {
    let millis = (at.as_nanosecond() + 999_999).div_euclid(1_000_000);
    i64::try_from(millis).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(at)
}
