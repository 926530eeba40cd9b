//! Sends a batch as a whole, whatever the publisher makes of its parts.
//!
//! What is asked for again anyway, should it be lost, never holds up the rest.

use mindmate_contracts::Channel;
use tracing::warn;

use crate::outgoing::Outgoing;
use crate::ports::{PortError, Publisher};
use crate::stage::StageError;

/// Sends what is to be sent; what failed is sent again alone, once, before the caller tries all of
/// it again.
///
/// # Errors
/// What the publisher said of the first message that failed twice.
pub async fn publish_all(
    publisher: &dyn Publisher,
    outgoing: &[Outgoing],
) -> Result<(), StageError> {
    if outgoing.is_empty() {
        return Ok(());
    }
    let failed = failed(outgoing, publisher.publish(outgoing).await)?;
    if failed.is_empty() {
        return Ok(());
    }
    let again: Vec<_> = failed.into_iter().map(|(message, _)| message).collect();
    let results = publisher.publish(&again).await;
    for (message, error) in self::failed(&again, results)? {
        match message.channel {
            Channel::Queue(queue) if queue.is_made_up_for() => {
                warn!(%queue, %error, "a message is not sent; the next daily run asks again");
            }
            _ => return Err(error.into()),
        }
    }
    Ok(())
}

/// The messages that were not sent, each with its error; a publisher that does not answer for
/// every message has failed.
fn failed(
    outgoing: &[Outgoing],
    results: Vec<Result<(), PortError>>,
) -> Result<Vec<(Outgoing, PortError)>, StageError> {
    if results.len() != outgoing.len() {
        let words = format!("expected {} results, found {}", outgoing.len(), results.len());
        return Err(StageError::transient(words));
    }
    let pairs = outgoing.iter().zip(results);
    Ok(pairs.filter_map(|(message, result)| Some((message.clone(), result.err()?))).collect())
}
