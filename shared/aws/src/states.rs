//! Small states of users, in the table of activity: it is the one whose items expire soon.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::UserId;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::UserStates;

use crate::activity::{BUCKET, USER};
use crate::item::{number, text, text_of};
use crate::table::{Table, held};

const VALUE: &str = "value";

/// The states of all users.
pub(crate) struct States(pub(crate) Table);

/// A user's partition, so that no partition is everybody's; no date begins like this. The name of
/// the state stands in the second part of the key.
fn bucket(user: &UserId) -> String {
    format!("state#{}", user.as_str())
}

#[async_trait]
impl UserStates for States {
    async fn state(&self, user: &UserId, name: &str) -> PortResult<Option<String>> {
        let row = self.0.get([(BUCKET, text(bucket(user))), (USER, text(name))]).await?;
        Ok(row.and_then(|row| text_of(&row, VALUE).map(str::to_owned)))
    }

    async fn put(
        &self,
        user: &UserId,
        name: &str,
        value: &str,
        seen: Option<&str>,
        expires: Timestamp,
    ) -> PortResult<bool> {
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .item(BUCKET, text(bucket(user)))
            .item(USER, text(name))
            .item(VALUE, text(value))
            .item("ttl", number(expires.as_second()));
        let put = match seen {
            Some(seen) => put
                .condition_expression("#value = :seen")
                .expression_attribute_names("#value", VALUE)
                .expression_attribute_values(":seen", text(seen)),
            None => put
                .condition_expression("attribute_not_exists(#bucket)")
                .expression_attribute_names("#bucket", BUCKET),
        };
        held(put.send().await.map(drop))
    }
}
