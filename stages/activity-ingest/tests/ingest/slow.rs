//! Ports that take their time: others go on meanwhile, before a call and after it. By themselves
//! the ports in memory answer at once, so that nothing would ever come between.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_activity_ingest::ActivityPorts;
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_pipeline::ports::{AppItems, FoundItem, PortResult, ProfileStore, UserStates};
use mindmate_pipeline::{Chance, SeededChance};
use tokio::task::yield_now;

struct Slow<P: ?Sized> {
    inner: Arc<P>,
    chance: Arc<SeededChance>,
}

/// The same ports, slowed by a seed.
pub(crate) fn slow(ports: ActivityPorts, chance: &Arc<SeededChance>) -> ActivityPorts {
    let chance = || Arc::clone(chance);
    ActivityPorts {
        items: Arc::new(Slow { inner: ports.items, chance: chance() }),
        profiles: Arc::new(Slow { inner: ports.profiles, chance: chance() }),
        states: Arc::new(Slow { inner: ports.states, chance: chance() }),
    }
}

/// A number from 0 to below `bound`.
pub(crate) fn draw(chance: &dyn Chance, bound: u32) -> u32 {
    u32::try_from(chance.next() % u64::from(bound)).unwrap()
}

impl<P: ?Sized> Slow<P> {
    async fn around<T>(&self, call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
        self.wait().await;
        let result = call.await;
        self.wait().await;
        result
    }

    async fn wait(&self) {
        for _ in 0..draw(&*self.chance, 4) {
            yield_now().await;
        }
    }
}

#[async_trait]
impl AppItems for Slow<dyn AppItems> {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        self.around(self.inner.item(user, sk)).await
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        self.around(self.inner.put(user, item)).await
    }

    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()> {
        self.around(self.inner.remove(user, sk)).await
    }
}

#[async_trait]
impl ProfileStore for Slow<dyn ProfileStore> {
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>> {
        self.around(self.inner.profile(user)).await
    }
}

#[async_trait]
impl UserStates for Slow<dyn UserStates> {
    async fn state(&self, user: &UserId, name: &str) -> PortResult<Option<String>> {
        self.around(self.inner.state(user, name)).await
    }

    async fn put(
        &self,
        user: &UserId,
        name: &str,
        value: &str,
        seen: Option<&str>,
        expires: Timestamp,
    ) -> PortResult<bool> {
        self.around(self.inner.put(user, name, value, seen, expires)).await
    }
}
