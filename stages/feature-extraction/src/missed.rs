//! Texts that have no sentiment yet.
//!
//! Each new text is analysed when it comes. What was missed then (it was imported, the queue was
//! down, the text was changed) the daily run asks for: today's features are made without it,
//! tomorrow's with it. Real-time requests ask for nothing: their text was asked for already.

use mindmate_contracts::QueueName;
use mindmate_contracts::messages::{Request, TextReceived, Trigger};
use mindmate_domain::History;
use mindmate_pipeline::{Outbox, Outgoing, StageError};

/// The most texts that are asked for by one assessment, so that an import of years is no flood. The
/// others come with the next runs.
pub(crate) const MOST: usize = 50;

/// A request for the sentiment of each text of the window that has none, newest first. None where
/// texts may not be read: then the history has none.
pub(crate) fn texts(
    outbox: Outbox,
    request: &Request,
    history: &History,
) -> Result<Vec<Outgoing>, StageError> {
    if request.trigger != Trigger::Daily {
        return Ok(Vec::new());
    }
    let newest_first = history.texts.iter().flatten().rev();
    let missed = newest_first.filter(|text| text.sentiment.is_none()).take(MOST);
    missed.map(|text| asked_for(outbox, request, &text.sk)).collect()
}

fn asked_for(outbox: Outbox, request: &Request, sk: &str) -> Result<Outgoing, StageError> {
    let id = format!("{}/{sk}/text", request.stem());
    let message = TextReceived { user_id: request.user_id.clone(), sk: sk.to_owned() };
    outbox.to_queue(QueueName::Texts, id, &message)
}
