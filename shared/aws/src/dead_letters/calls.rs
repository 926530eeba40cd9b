//! The calls to the queue that the letters lie in, in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::PortError;

use super::PORT;
use crate::error::port_error;
use crate::queue::{BATCH, LONGEST_HIDDEN, STALE, seconds};

/// Calls that are under way at once.
const IN_FLIGHT: usize = 8;

/// One queue.
pub(super) struct Calls<'a> {
    pub(super) client: &'a Client,
    pub(super) url: &'a str,
}

impl Calls<'_> {
    /// Attributes of the queue that are numbers.
    pub(super) async fn numbers(
        &self,
        names: &[QueueAttributeName],
    ) -> PortResult<BTreeMap<QueueAttributeName, u64>> {
        let asked = self.client.get_queue_attributes().queue_url(self.url);
        let found = asked.set_attribute_names(Some(names.to_vec())).send().await;
        let found = found.map_err(|error| port_error(PORT, error))?.attributes;
        let found = found.unwrap_or_default().into_iter();
        Ok(found.filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect())
    }

    /// The next messages, hidden for a while. Asks all servers where it is to be `thorough`: an
    /// answer at once comes from some of them.
    pub(super) async fn receive(
        &self,
        most: usize,
        hidden: Duration,
        thorough: bool,
    ) -> PortResult<Vec<Message>> {
        use MessageSystemAttributeName as Name;
        let received = self
            .client
            .receive_message()
            .queue_url(self.url)
            .max_number_of_messages(i32::try_from(most.clamp(1, BATCH)).unwrap_or(1))
            .visibility_timeout(seconds(hidden))
            .wait_time_seconds(i32::from(thorough))
            .message_system_attribute_names(Name::SentTimestamp)
            .message_system_attribute_names(Name::AwsTraceHeader)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Hides messages for this long from now, and says of each whether its receipt is still valid.
    ///
    /// # Errors
    /// Of a call, or of a message where it is not that its receipt is no longer valid.
    pub(super) async fn hide(&self, handles: &[&str], hidden: Duration) -> PortResult<Vec<bool>> {
        let hidden = seconds(hidden.min(LONGEST_HIDDEN));
        let calls: Vec<_> =
            handles.chunks(BATCH).map(|some| self.hide_batch(some, hidden)).collect();
        let hidden: Vec<_> = stream::iter(calls).buffered(IN_FLIGHT).try_collect().await?;
        Ok(hidden.concat())
    }

    async fn hide_batch(&self, handles: &[&str], hidden: i32) -> PortResult<Vec<bool>> {
        let entries = handles.iter().enumerate().map(|(place, handle)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(*handle)
                .visibility_timeout(hidden)
                .build()
                .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
        });
        let entries = entries.collect::<PortResult<Vec<_>>>()?;
        let call = self.client.change_message_visibility_batch().queue_url(self.url);
        let answer = call.set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| port_error(PORT, error))?;
        if let Some(failed) = answer.failed.iter().find(|failed| !is_stale(failed)) {
            return Err(PortError::transient(PORT, failed.code.clone()));
        }
        let hidden: BTreeSet<usize> =
            answer.successful.iter().filter_map(|one| one.id.parse().ok()).collect();
        Ok((0..handles.len()).map(|place| hidden.contains(&place)).collect())
    }

    /// Deletes messages, and says of each whether it was there to be deleted, as far as SQS knows.
    pub(super) async fn delete(&self, handles: &[&str]) -> Vec<PortResult<bool>> {
        let calls: Vec<_> = handles.chunks(BATCH).map(|some| self.delete_batch(some)).collect();
        let deleted: Vec<_> = stream::iter(calls).buffered(IN_FLIGHT).collect().await;
        deleted.into_iter().flatten().collect()
    }

    async fn delete_batch(&self, handles: &[&str]) -> Vec<PortResult<bool>> {
        let entries = handles.iter().enumerate().map(|(place, handle)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(*handle)
                .build()
                .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
        });
        let answer = match entries.collect::<PortResult<Vec<_>>>() {
            Ok(entries) => {
                let call = self.client.delete_message_batch().queue_url(self.url);
                let call = call.set_entries(Some(entries)).send().await;
                call.map_err(|error| port_error(PORT, error))
            }
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return handles.iter().map(|_| Err(error.again())).collect(),
        };
        let result = |place: usize| {
            let id = place.to_string();
            match answer.failed.iter().find(|failed| failed.id == id) {
                None => Ok(answer.successful.iter().any(|one| one.id == id)),
                Some(failed) if is_stale(failed) => Ok(false),
                Some(failed) => Err(PortError::transient(PORT, failed.code.clone())),
            }
        };
        (0..handles.len()).map(result).collect()
    }
}

fn is_stale(failed: &BatchResultErrorEntry) -> bool {
    STALE.contains(&failed.code.as_str())
}
