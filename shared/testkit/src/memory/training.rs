//! Whom could be learned from, in memory.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{self, Decoded};
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Author, EventKind};
use mindmate_domain::consent::StatedConsents;
use mindmate_pipeline::ports::{PortResult, TrainingPage, TrainingUser, TrainingUsers};

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
