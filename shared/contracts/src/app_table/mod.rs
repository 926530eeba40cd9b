//! The app's table: its items read, written, and found.
//!
//! MindMate's app owns the table; the pipeline is a guest. An [`Item`] is kept as it came, in
//! `DynamoDB`'s own JSON, so that what we do not know survives; [`decode`] reads what we do know
//! and names a defect where an item does not fit. Nothing is ever guessed at.

mod attribute;
mod broken;
mod decode;
mod encode;
mod export;
mod load;
#[cfg(test)]
mod tests;
mod timeline;

pub use attribute::{Attribute, Item};
pub use decode::{Decoded, Defective, active_millis, decode};
pub use encode::{encode, intervention_chat};
pub use export::{ExportLine, LineError, MAX_ITEM_BYTES, closed_profile, parse_line, write_line};
pub use load::{HistoryReader, KeyRange, activity_ranges, history_ranges};
pub use timeline::Timeline;

/// The sort key of a profile.
pub const PROFILE_SK: &str = "PROFILE";

/// The partition key's prefix before the user's id.
pub const USER_PREFIX: &str = "USER#";
