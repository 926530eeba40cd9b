//! Pages to those on duty.

use async_trait::async_trait;
use mindmate_domain::instant::key_form;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Notice, Notifier};

use crate::audit::KEY;
use crate::error::port_error;
use crate::item::{Row, text};
use crate::table::Table;

const PORT: &str = "sns";

/// A subject of SNS has fewer than a hundred characters.
const OF_A_PERSON: &str = "MindMate: somebody needs a human now";

/// Of a notice about a whole run: nobody is to be called out of bed by it.
const OF_A_RUN: &str = "MindMate: what became of a daily run";

/// Of a notice about trained models: the same.
const OF_A_MODEL: &str = "MindMate: what became of a model";

fn subject(notice: &Notice) -> &'static str {
    if notice.is_about_a_run() {
        OF_A_RUN
    } else if notice.is_about_a_model() {
        OF_A_MODEL
    } else {
        OF_A_PERSON
    }
}

/// Sends each notice to the topic, and remembers that it did.
pub(crate) struct Pages {
    pub(crate) client: aws_sdk_sns::Client,
    pub(crate) topic: String,
    pub(crate) sent: Table,
}

#[async_trait]
impl Notifier for Pages {
    /// Sent before it is remembered, and sent where the memory cannot be asked: a page too many is
    /// better than none, and the table may be the very thing that is down.
    async fn notify(&self, notice: &Notice) -> PortResult<()> {
        if self.was_sent(&notice.id).await.unwrap_or(false) {
            return Ok(());
        }
        let subject = subject(notice);
        self.client
            .publish()
            .topic_arn(&self.topic)
            .subject(subject)
            .message(format!("{} {}", key_form(notice.at), notice.text))
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        let row = Row::from([
            (KEY.to_owned(), text(key(&notice.id))),
            ("at".to_owned(), text(key_form(notice.at))),
            ("text".to_owned(), text(notice.text.as_str())),
        ]);
        if let Err(error) = self.sent.put_new(row, KEY).await {
            tracing::warn!(%error, "a page was sent and not remembered: it may be sent again");
        }
        Ok(())
    }

    async fn was_sent(&self, id: &str) -> PortResult<bool> {
        Ok(self.sent.get([(KEY, text(key(id)))]).await?.is_some())
    }
}

fn key(id: &str) -> String {
    format!("notice#{id}")
}
