//! The app's table in memory, as the pipeline may use it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{
    self, Decoded, HistoryReader, Item, KeyRange, PROFILE_SK, activity_ranges, history_ranges,
};
use mindmate_domain::app::{AppItem, Author, Event, EventKind, Profile};
use mindmate_domain::instant::Window;
use mindmate_domain::intervention::Intervention;
use mindmate_domain::run::{PageEntry, shard_of};
use mindmate_domain::{AsOf, Consents, History, RiskLevel, UserId};
use mindmate_pipeline::ports::{
    ActivityIndex, ActivityPage, AppChats, AppItems, ChatPut, FoundItem, HistoryStore, PortResult,
    ProfileStore, UserStates,
};

use mindmate_contracts::StreamName;
use mindmate_pipeline::changes::changed;

use super::{MemoryBackend, Table, lock};

/// The user's items of a range of keys, both ends included.
fn in_range<'a>(
    table: &'a Table,
    user: &UserId,
    range: &KeyRange,
) -> impl Iterator<Item = (&'a str, &'a Item)> {
    let (from, to) = ((user.clone(), range.from.clone()), (user.clone(), range.to.clone()));
    table.range(from..=to).map(|((_, sk), item)| (sk.as_str(), item))
}

fn profile(table: &Table, user: &UserId) -> Option<Profile> {
    let item = table.get(&(user.clone(), PROFILE_SK.to_owned()))?;
    match app_table::decode(PROFILE_SK, item) {
        Decoded::Read(AppItem::Profile(profile), _) => Some(*profile),
        Decoded::Read(..) | Decoded::Defective(_) | Decoded::PassedOver => None,
    }
}

/// The user's readable events of a window.
fn events(table: &Table, user: &UserId, window: Window) -> Vec<Event> {
    let ranges = activity_ranges(window);
    let items = ranges.iter().flat_map(|range| in_range(table, user, range));
    let read = items.filter_map(|(sk, item)| match app_table::decode(sk, item) {
        Decoded::Read(AppItem::Event(event), _) => Some(event),
        _ => None,
    });
    read.filter(|event| window.contains(event.at)).collect()
}

/// Everything counts as being active but what the companion wrote.
fn is_own(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Chat { author: Author::Agent, .. })
}

#[async_trait]
impl HistoryStore for MemoryBackend {
    async fn load(&self, user: &UserId, as_of: AsOf, legacy: Consents) -> PortResult<History> {
        let mut reader = HistoryReader::new(user.clone(), as_of);
        let table = lock(&self.state.table);
        if let Some(item) = table.get(&(user.clone(), PROFILE_SK.to_owned())) {
            reader.take(PROFILE_SK, item);
        }
        for range in history_ranges(as_of) {
            for (sk, item) in in_range(&table, user, &range) {
                reader.take(sk, item);
            }
        }
        Ok(reader.finish(legacy))
    }
}

#[async_trait]
impl ProfileStore for MemoryBackend {
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>> {
        Ok(profile(&lock(&self.state.table), user))
    }
}

impl MemoryBackend {
    /// The level of each user's last assessment before an instant.
    fn levels_before(&self, instant: Timestamp) -> BTreeMap<UserId, RiskLevel> {
        let people = lock(&self.state.people);
        let before = people.assessments.values().filter(|found| found.as_of.instant() < instant);
        // By user and `asOf`: the latest of a user comes last and stays.
        before.map(|found| (found.user.clone(), found.level)).collect()
    }
}

#[async_trait]
impl ActivityIndex for MemoryBackend {
    /// It is in the table.
    async fn record(&self, _: &UserId, _: Timestamp) -> PortResult<()> {
        Ok(())
    }

    async fn active(
        &self,
        shard: u16,
        shards: u16,
        window: Window,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<ActivityPage> {
        let levels = self.levels_before(window.until);
        let table = lock(&self.state.table);
        let users: BTreeSet<&UserId> = table.keys().map(|(user, _)| user).collect();
        let mut active = users.into_iter().filter(|user| {
            after.is_none_or(|after| *user > after)
                && shard_of(user, shards) == shard
                && events(&table, user, window).iter().any(is_own)
        });
        let page = active.by_ref().take(limit);
        let entries = page
            .map(|user| PageEntry { user: user.clone(), last_level: levels.get(user).copied() })
            .collect();
        Ok(ActivityPage { entries, last: active.next().is_none() })
    }
}

#[async_trait]
impl AppItems for MemoryBackend {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        let table = lock(&self.state.table);
        let item = table.get(&(user.clone(), sk.to_owned())).cloned();
        Ok(item.map(|mut item| {
            item.remove("PK");
            item.remove("SK");
            FoundItem::Item(item)
        }))
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        let (sk, item) = app_table::encode(user, item);
        self.change(&mut lock(&self.state.table), (user.clone(), sk), Some(item))
    }

    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()> {
        let mut table = lock(&self.state.table);
        let key = (user.clone(), sk.to_owned());
        if table.contains_key(&key) { self.change(&mut table, key, None) } else { Ok(()) }
    }
}

#[async_trait]
impl UserStates for MemoryBackend {
    async fn state(&self, user: &UserId, name: &str) -> PortResult<Option<String>> {
        Ok(lock(&self.state.states).get(&(user.clone(), name.to_owned())).cloned())
    }

    async fn put(
        &self,
        user: &UserId,
        name: &str,
        value: &str,
        seen: Option<&str>,
        _: Timestamp,
    ) -> PortResult<bool> {
        let mut states = lock(&self.state.states);
        let key = (user.clone(), name.to_owned());
        if states.get(&key).map(String::as_str) != seen {
            return Ok(false);
        }
        states.insert(key, value.to_owned());
        Ok(true)
    }
}

impl MemoryBackend {
    /// Writes or removes an item, and puts the change into the stream of the table.
    fn change(
        &self,
        table: &mut Table,
        key: (UserId, String),
        item: Option<Item>,
    ) -> PortResult<()> {
        let now = self.clock.now();
        let change = changed(&key.0, &key.1, now, item.is_none())?;
        match item {
            Some(item) => table.insert(key, item),
            None => table.remove(&key),
        };
        lock(&self.state.streams).put(StreamName::AppTable, &change, now);
        Ok(())
    }
}

#[async_trait]
impl AppChats for MemoryBackend {
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut> {
        let (sk, item) = app_table::intervention_chat(intervention);
        let key = (intervention.user().clone(), sk);
        let mut table = lock(&self.state.table);
        if table.contains_key(&key) {
            return Ok(ChatPut::AlreadyThere);
        }
        self.change(&mut table, key, Some(item))?;
        Ok(ChatPut::Put)
    }

    async fn wrote_between(
        &self,
        user: &UserId,
        since: Timestamp,
        until: Timestamp,
    ) -> PortResult<bool> {
        let window = Window { after: since, until };
        let events = events(&lock(&self.state.table), user, window);
        let is_chat = |event: &Event| matches!(event.kind, EventKind::Chat { .. });
        Ok(events.iter().any(|event| is_chat(event) && is_own(event)))
    }
}
