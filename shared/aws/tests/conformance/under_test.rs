//! The backend, seen by the suites.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use mindmate_aws::{Aws, SdkConfig};
use mindmate_contracts::app_table::{ExportLine, Item};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::UserId;
use mindmate_domain::audit::AuditEvent;
use mindmate_domain::instant::parse;
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, DeadLetters, HistoryStore,
    InterventionStore, JobName, ModelDays, ModelStore, Notice, Notifier, ProfileStore, Publisher,
    Queue, Receipt, Received, ReviewQueue, RunLedger, Sequence, StreamRecord, StreamSource,
    TrainingJobs, TrainingStore, TrainingUsers, UserStates,
};
use mindmate_testkit::ManualClock;
use mindmate_testkit::conformance::Backend;
use mindmate_testkit::memory::Aside;

use crate::pool::{Lent, start};
use crate::stack::{MAX_RECEIVES, Stack, VISIBILITY, make};

pub(crate) struct AwsUnderTest {
    clock: ManualClock,
    config: SdkConfig,
    stack: Stack,
    backend: Aws,
    _lent: Lent,
}

impl AwsUnderTest {
    pub(crate) async fn fresh() -> Self {
        let lent = Lent::borrow();
        let clock = lent.clock(start());
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .endpoint_url(lent.endpoint())
            .retry_config(RetryConfig::standard())
            .load()
            .await;
        let stack = make(&config).await;
        let backend = Aws::new(config.clone(), stack.names.clone());
        Self { clock, config, stack, backend, _lent: lent }
    }

    async fn peek(&self, url: &str) -> Vec<Received> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        let mut found = Vec::new();
        loop {
            let batch = client.receive_message().queue_url(url).max_number_of_messages(10);
            let batch = batch.message_attribute_names("All").send().await.unwrap();
            let batch = batch.messages.unwrap_or_default();
            if batch.is_empty() {
                break;
            }
            for message in batch {
                let receipt = message.receipt_handle.unwrap();
                let attributes = message.message_attributes.unwrap_or_default().into_iter();
                found.push(Received {
                    receipt: Receipt(receipt),
                    receive_count: 0,
                    sent_at: start(),
                    body: message.body.unwrap(),
                    attributes: attributes
                        .map(|(name, value)| (name, value.string_value.unwrap()))
                        .collect(),
                });
            }
        }
        // Seen, not taken.
        for message in &found {
            let shown = client.change_message_visibility().queue_url(url).visibility_timeout(0);
            shown.receipt_handle(&message.receipt.0).send().await.unwrap();
        }
        found
    }

    async fn scan(&self, table: &str, key: &str, prefix: &str) -> Vec<BTreeMap<String, String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let scan = client.scan().table_name(table).filter_expression("begins_with(#key, :prefix)");
        let scan = scan.expression_attribute_names("#key", key);
        let prefix = AttributeValue::S(prefix.to_owned());
        let scan = scan.expression_attribute_values(":prefix", prefix);
        let pages = scan.into_paginator().items().send();
        let items: Result<Vec<_>, _> = pages.collect().await;
        let texts = |item: std::collections::HashMap<String, AttributeValue>| {
            let texts = item.into_iter().filter_map(|(name, value)| match value {
                AttributeValue::S(text) => Some((name, text)),
                _ => None,
            });
            texts.collect()
        };
        items.unwrap().into_iter().map(texts).collect()
    }
}

/// Forwards the ports to the backend.
macro_rules! forward {
    ($($port:ident -> $type:ident;)*) => {
        $(fn $port(&self) -> Arc<dyn $type> {
            self.backend.$port()
        })*
    };
}

#[async_trait]
impl Backend for AwsUnderTest {
    forward! {
        publisher -> Publisher;
        history -> HistoryStore;
        profiles -> ProfileStore;
        activity -> ActivityIndex;
        chats -> AppChats;
        app_items -> AppItems;
        states -> UserStates;
        assessments -> AssessmentStore;
        interventions -> InterventionStore;
        reviews -> ReviewQueue;
        notifier -> Notifier;
        ledger -> RunLedger;
        training -> TrainingUsers;
        training_store -> TrainingStore;
        model_store -> ModelStore;
        training_jobs -> TrainingJobs;
        model_days -> ModelDays;
        audit_log -> AuditLog;
    }

    fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    fn visibility(&self) -> Duration {
        VISIBILITY
    }

    fn max_receives(&self) -> u32 {
        MAX_RECEIVES
    }

    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        self.backend.queue(name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        self.backend.stream(name, consumer)
    }

    fn letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.backend.dead_letters_of(of)
    }

    async fn put_raw(&self, items: Vec<(UserId, String, Item)>) {
        let lines = items.into_iter().map(|(user, sk, item)| ExportLine { user, sk, item });
        self.backend.importer().write(lines.collect()).await.unwrap();
    }

    async fn items(&self, user: &UserId) -> Vec<(String, Item)> {
        self.backend.items(user).await.unwrap()
    }

    async fn dead_letters(&self, queue: QueueName) -> Vec<Received> {
        self.peek(self.stack.names.queues[&queue].dead.as_ref().unwrap()).await
    }

    async fn put_aside(&self, stream: StreamName, _: &str) -> Vec<Aside> {
        let letters = self.peek(&self.stack.names.streams[&stream].dead).await;
        let asides = letters.into_iter().map(|mut letter| {
            let key = letter.attributes.remove("recordKey").unwrap();
            assert_eq!(letter.attributes.remove("bodyEncoding").as_deref(), Some("text"));
            let put_at = parse(&letter.attributes.remove("putAt").unwrap()).unwrap();
            let record = StreamRecord { sequence: Sequence(0), key, put_at, body: letter.body };
            Aside { record, attributes: letter.attributes }
        });
        asides.collect()
    }

    async fn put_output(&self, job: &JobName, bytes: Vec<u8>) {
        let client = aws_sdk_s3::Client::new(&self.config);
        let object = client.put_object().bucket(&self.stack.names.bucket);
        let object = object.key(format!("models/{}", job.output())).body(bytes.into());
        object.send().await.unwrap();
    }

    /// As they arrived, with the ids under which they are remembered.
    async fn notices(&self) -> Vec<Notice> {
        let arrived = self.peek(&self.stack.notices).await;
        let table = &self.stack.names.interventions_table;
        let remembered = self.scan(table, "interventionId", "notice#").await;
        let notice = |arrived: Received| {
            let row = remembered.iter().find(|row| {
                arrived.body == format!("{} {}", row["at"], row["text"]) && !arrived.body.is_empty()
            });
            let row = row.unwrap();
            Notice {
                id: row["interventionId"].strip_prefix("notice#").unwrap().to_owned(),
                at: parse(&row["at"]).unwrap(),
                text: row["text"].clone(),
            }
        };
        arrived.into_iter().map(notice).collect()
    }

    async fn audit(&self) -> Vec<AuditEvent> {
        let table = &self.stack.names.interventions_table;
        let rows = self.scan(table, "interventionId", "audit#").await;
        let mut events: Vec<AuditEvent> =
            rows.iter().map(|row| serde_json::from_str(&row["event"]).unwrap()).collect();
        events.sort_by_key(|event| event.at);
        events
    }
}
