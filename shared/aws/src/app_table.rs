//! The app's table: read into histories, and written to only by the chat and by imports.

use async_trait::async_trait;
use futures::future::{try_join, try_join_all};
use jiff::Timestamp;
use mindmate_contracts::app_table::{
    Decoded, HistoryReader, Item, KeyRange, PROFILE_SK, USER_PREFIX, activity_ranges, decode,
    history_ranges, intervention_chat,
};
use mindmate_domain::app::{AppItem, Author, EventKind, Profile};
use mindmate_domain::instant::Window;
use mindmate_domain::intervention::Intervention;
use mindmate_domain::{AsOf, Consents, History, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{AppChats, ChatPut, HistoryStore, PortError, ProfileStore};

use crate::error::does_not_fit;
use crate::item::{Row, from_contract, text, text_of, to_contract};
use crate::table::{PORT, Table, rows};

pub(crate) const PK: &str = "PK";
pub(crate) const SK: &str = "SK";

/// The app's table.
pub(crate) struct AppTable(pub(crate) Table);

pub(crate) fn partition(user: &UserId) -> String {
    format!("{USER_PREFIX}{}", user.as_str())
}

impl AppTable {
    async fn profile_row(&self, user: &UserId) -> PortResult<Option<Row>> {
        self.0.get([(PK, text(partition(user))), (SK, text(PROFILE_SK))]).await
    }

    /// All of a user's rows, by sort key.
    pub(crate) async fn all_rows(&self, user: &UserId) -> PortResult<Vec<Row>> {
        let query = self
            .0
            .query()
            .key_condition_expression("PK = :user")
            .expression_attribute_values(":user", text(partition(user)))
            .consistent_read(true);
        rows(query, usize::MAX).await
    }

    /// All of a user's items, by sort key, without their keys.
    pub(crate) async fn items(&self, user: &UserId) -> PortResult<Vec<(String, Item)>> {
        let items = self.all_rows(user).await?.into_iter().map(|mut row| {
            let sk = text_of(&row, SK).unwrap_or_default().to_owned();
            row.retain(|name, _| name != PK && name != SK);
            match to_contract(row) {
                Some(item) => Ok((sk, item)),
                None => does_not_fit(PORT, "an item holds a type that no export has"),
            }
        });
        items.collect()
    }

    /// A user's items of a range. What was written a moment ago counts: it may be why somebody is
    /// assessed now.
    async fn range(&self, user: &UserId, range: &KeyRange) -> PortResult<Vec<Row>> {
        let query = self
            .0
            .query()
            .key_condition_expression("PK = :user AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":user", text(partition(user)))
            .expression_attribute_values(":from", text(range.from.as_str()))
            .expression_attribute_values(":to", text(range.to.as_str()))
            .consistent_read(true);
        rows(query, usize::MAX).await
    }
}

#[async_trait]
impl HistoryStore for AppTable {
    async fn load(&self, user: &UserId, as_of: AsOf, legacy: Consents) -> PortResult<History> {
        let ranges = history_ranges(as_of);
        let events = try_join_all(ranges.iter().map(|range| self.range(user, range)));
        let (profile, events) = try_join(self.profile_row(user), events).await?;
        let mut reader = HistoryReader::new(user.clone(), as_of);
        for row in profile.into_iter().chain(events.into_iter().flatten()) {
            let sk = text_of(&row, SK).unwrap_or_default().to_owned();
            match to_contract(row) {
                Some(item) => reader.take(&sk, &item),
                None => reader.take_unreadable(&sk),
            }
        }
        Ok(reader.finish(legacy))
    }
}

#[async_trait]
impl ProfileStore for AppTable {
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>> {
        let Some(row) = self.profile_row(user).await? else {
            return Ok(None);
        };
        // An item that cannot be read allows nothing, as an unreadable consents block does.
        let Some(item) = to_contract(row) else {
            return Ok(Some(Profile::closed()));
        };
        Ok(match decode(PROFILE_SK, &item) {
            Decoded::Read(AppItem::Profile(profile), _) => Some(*profile),
            _ => Some(Profile::closed()),
        })
    }
}

#[async_trait]
impl AppChats for AppTable {
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut> {
        let (sk, mut item) = intervention_chat(intervention);
        item.insert(
            PK.to_owned(),
            mindmate_contracts::app_table::Attribute::S(partition(intervention.user())),
        );
        item.insert(SK.to_owned(), mindmate_contracts::app_table::Attribute::S(sk));
        let Some(row) = from_contract(item) else {
            return Err(PortError::permanent(
                PORT,
                "aws-refused",
                "a chat message holds no binary",
            ));
        };
        Ok(if self.0.put_new(row, PK).await? { ChatPut::Put } else { ChatPut::AlreadyThere })
    }

    async fn wrote_between(
        &self,
        user: &UserId,
        since: Timestamp,
        until: Timestamp,
    ) -> PortResult<bool> {
        let window = Window { after: since, until };
        let ranges = activity_ranges(window);
        let chats = ranges.iter().filter(|range| range.from.starts_with("CHAT#"));
        let found = try_join_all(chats.map(|range| self.range(user, range))).await?;
        Ok(found.into_iter().flatten().any(|row| is_own_chat_in(row, window)))
    }
}

fn is_own_chat_in(row: Row, window: Window) -> bool {
    let sk = text_of(&row, SK).unwrap_or_default().to_owned();
    let Some(item) = to_contract(row) else {
        return false;
    };
    match decode(&sk, &item) {
        Decoded::Read(AppItem::Event(event), _) => {
            let own = matches!(event.kind, EventKind::Chat { author: Author::User, .. });
            own && window.contains(event.at)
        }
        _ => false,
    }
}
