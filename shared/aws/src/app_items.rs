//! Single items of the app's table.

use async_trait::async_trait;
use mindmate_contracts::app_table::{ExportLine, encode};
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{AppItems, FoundItem};

use crate::app_table::{AppTable, PK, SK, partition};
use crate::error::port_error;
use crate::import::keyed;
use crate::item::{text, to_contract};
use crate::table::PORT;

#[async_trait]
impl AppItems for AppTable {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        let row = self.0.get([(PK, text(partition(user))), (SK, text(sk))]).await?;
        Ok(row.map(|mut row| {
            row.retain(|name, _| name != PK && name != SK);
            to_contract(row).map_or(FoundItem::Unreadable, FoundItem::Item)
        }))
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        let (sk, item) = encode(user, item);
        let (_, _, row) = keyed(ExportLine { user: user.clone(), sk, item })?;
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(row));
        put.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()> {
        let removed = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .key(PK, text(partition(user)))
            .key(SK, text(sk))
            .send()
            .await;
        removed.map(drop).map_err(|error| port_error(PORT, error))
    }
}
