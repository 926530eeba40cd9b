//! Drafts of messages by a model on Bedrock.

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ConverseOutput, InferenceConfiguration, Message, StopReason,
    SystemContentBlock,
};
use mindmate_domain::intervention::Prompt;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{MessageWriter, PortError};

use crate::clients::{ATTEMPT, timeouts};
use crate::error::port_error;

const PORT: &str = "bedrock";

/// Most tokens of an answer: a message of seventy words is shorter in any language.
const MAX_TOKENS: i32 = 300;

/// One model.
pub(crate) struct Bedrock {
    client: Client,
    model: String,
    name: String,
}

impl Bedrock {
    pub(crate) fn new(client: Client, model: &str) -> Self {
        Self { client, model: model.to_owned(), name: format!("bedrock/{model}") }
    }
}

#[async_trait]
impl MessageWriter for Bedrock {
    fn name(&self) -> &str {
        &self.name
    }

    async fn write(&self, prompt: &Prompt) -> PortResult<String> {
        let refused = |error| PortError::permanent(PORT, "aws-refused", error);
        let message = Message::builder()
            .role(ConversationRole::User)
            .content(ContentBlock::Text(prompt.request.clone()))
            .build()
            .map_err(refused)?;
        // One try: whoever waits has a reviewed template at hand.
        let once = Builder::default()
            .timeout_config(timeouts(ATTEMPT, ATTEMPT))
            .retry_config(aws_config::retry::RetryConfig::disabled());
        let answer = self
            .client
            .converse()
            .model_id(&self.model)
            .system(SystemContentBlock::Text(prompt.instructions.clone()))
            .messages(message)
            .inference_config(InferenceConfiguration::builder().max_tokens(MAX_TOKENS).build())
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        if answer.stop_reason != StopReason::EndTurn {
            let words =
                format!("expected an answer that ends by itself, found {}", answer.stop_reason);
            return Err(PortError::permanent(PORT, "no-answer", words));
        }
        match answer.output {
            Some(ConverseOutput::Message(message)) => Ok(text_of(&message)),
            _ => Err(PortError::permanent(PORT, "no-answer", "expected a message, found none")),
        }
    }
}

fn text_of(message: &Message) -> String {
    message.content.iter().filter_map(|block| block.as_text().ok()).map(String::as_str).collect()
}
