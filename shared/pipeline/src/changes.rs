//! Changes of the app's table, as its stream carries them.

use jiff::Timestamp;
use mindmate_contracts::envelope::encode;
use mindmate_contracts::messages::AppItemChanged;
use mindmate_contracts::{Channel, StreamName};
use mindmate_domain::{AsOf, StageName, UserId};

use crate::outgoing::Outgoing;
use crate::ports::{PortError, PortResult};

/// The record of a change that the table noted at an instant. Changes of one user stay in order.
///
/// # Errors
/// An instant that no calendar has.
pub fn changed(
    user: &UserId,
    sk: &str,
    noted_at: Timestamp,
    removed: bool,
) -> PortResult<Outgoing> {
    let changed_at = AsOf::just_after(noted_at);
    let message = AppItemChanged { user_id: user.clone(), sk: sk.to_owned(), changed_at, removed };
    let id = format!("{}/{changed_at}/{sk}", user.partition_key());
    let body = encode(&id, StageName::RealtimeTrigger, noted_at, &message)
        .map_err(|error| PortError::permanent("app-table", "unwritable-change", error))?;
    let channel = Channel::Stream(StreamName::AppTable);
    Ok(Outgoing::new(channel, id, user.partition_key(), body))
}
