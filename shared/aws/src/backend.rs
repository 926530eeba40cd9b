//! The backend: it gives the ports.

#![cfg_attr(
    not(all(feature = "sqs", feature = "dynamodb")),
    expect(unused_imports, reason = "each port is a feature")
)]

use std::sync::Arc;

use aws_config::SdkConfig;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_pipeline::ports;

use crate::names::Names;

/// AWS, with the resources of one stack.
#[derive(Clone)]
pub struct Aws {
    #[cfg(any(feature = "sns", feature = "s3", feature = "bedrock", feature = "comprehend"))]
    config: SdkConfig,
    names: Names,
    #[cfg(feature = "dynamodb")]
    dynamodb: aws_sdk_dynamodb::Client,
    #[cfg(feature = "sqs")]
    sqs: aws_sdk_sqs::Client,
    #[cfg(feature = "kinesis")]
    kinesis: aws_sdk_kinesis::Client,
}

impl Aws {
    /// The resources of these names, over one connection.
    pub fn new(config: SdkConfig, names: Names) -> Self {
        Self {
            #[cfg(feature = "dynamodb")]
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            #[cfg(feature = "sqs")]
            sqs: aws_sdk_sqs::Client::new(&config),
            #[cfg(feature = "kinesis")]
            kinesis: aws_sdk_kinesis::Client::new(&config),
            #[cfg(any(
                feature = "sns",
                feature = "s3",
                feature = "bedrock",
                feature = "comprehend"
            ))]
            config,
            names,
        }
    }
}

/// All ports: for a program that runs or looks at everything.
#[cfg(all(feature = "sqs", feature = "kinesis", feature = "dynamodb", feature = "sns"))]
impl Aws {
    /// All ports. One whose resource is not among the names fails at its first call, in words.
    pub fn ports(&self) -> ports::Ports {
        ports::Ports {
            publisher: self.publisher(),
            channels: Arc::new(self.clone()),
            history: self.history(),
            profiles: self.profiles(),
            activity: self.activity(),
            chats: self.chats(),
            items: self.app_items(),
            states: self.states(),
            assessments: self.assessments(),
            interventions: self.interventions(),
            reviews: self.reviews(),
            notifier: self.notifier(),
            ledger: self.ledger(),
            training: self.training(),
            training_jobs: self.training_jobs(),
            model_days: self.model_days(),
            audit: self.audit_log(),
        }
    }
}

#[cfg(all(feature = "sqs", feature = "kinesis", feature = "dynamodb"))]
impl ports::Channels for Aws {
    fn queue(&self, name: QueueName) -> Arc<dyn ports::Queue> {
        Self::queue(self, name)
    }

    fn stream(&self, stream: StreamName, consumer: &str) -> Arc<dyn ports::StreamSource> {
        Self::stream(self, stream, consumer)
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn ports::DeadLetters> {
        self.dead_letters_of(of)
    }
}

#[cfg(feature = "sqs")]
impl Aws {
    /// One queue; one whose URL is not known fails at every call, in words.
    pub fn queue(&self, name: QueueName) -> Arc<dyn ports::Queue> {
        let urls = self.names.queues.get(&name).cloned();
        let unknown = crate::QueueUrls { queue: format!("unknown:{}", name.name()), dead: None };
        Arc::new(crate::queue::SqsQueue::new(self.sqs.clone(), urls.unwrap_or(unknown)))
    }
}

#[cfg(feature = "sqs")]
impl Aws {
    /// Sends to queues and, with the feature `kinesis`, to streams.
    pub fn publisher(&self) -> Arc<dyn ports::Publisher> {
        Arc::new(crate::publisher::Publish {
            sqs: self.sqs.clone(),
            #[cfg(feature = "kinesis")]
            kinesis: self.kinesis.clone(),
            names: self.names.clone(),
            together: std::sync::Mutex::default(),
        })
    }
}

#[cfg(all(feature = "sqs", feature = "dynamodb"))]
impl Aws {
    fn aside_of(&self, stream: StreamName, consumer: &str) -> crate::aside::Aside {
        let target = self.names.streams.get(&stream).cloned().unwrap_or_default();
        crate::aside::Aside {
            client: self.sqs.clone(),
            url: target.dead,
            runs: self.table(&self.names.runs_table),
            partition: crate::aside::Aside::partition(stream.name(), consumer),
        }
    }

    /// Puts a stream's poison aside, for a function whose stream Lambda reads.
    pub fn aside(&self, stream: StreamName, consumer: &str) -> Arc<dyn ports::StreamSource> {
        Arc::new(self.aside_of(stream, consumer))
    }

    /// A stream, read without Lambda by one consumer group.
    #[cfg(feature = "kinesis")]
    pub fn stream(&self, stream: StreamName, consumer: &str) -> Arc<dyn ports::StreamSource> {
        let (client, aside) = (self.kinesis.clone(), self.aside_of(stream, consumer));
        let name = self.names.streams.get(&stream).map_or("", |target| &target.name);
        Arc::new(crate::stream::KinesisStream::new(client, name, consumer, aside))
    }
}

#[cfg(all(feature = "sqs", feature = "kinesis", feature = "dynamodb"))]
impl Aws {
    /// What could not be delivered of a queue or stream.
    pub fn dead_letters_of(&self, of: Channel) -> Arc<dyn ports::DeadLetters> {
        use crate::dead_letters::{Origin, SqsDeadLetters};
        let (url, origin) = match of {
            Channel::Queue(name) => {
                let urls = self.names.queues.get(&name).cloned();
                let url = urls.as_ref().and_then(|urls| urls.dead.clone());
                (url, Origin::Queue { url: urls.map(|urls| urls.queue) })
            }
            Channel::Stream(name) => {
                let aside = self.aside_of(name, name.consumer().name());
                let target = self.names.streams.get(&name).cloned().unwrap_or_default();
                let url = Some(target.dead).filter(|url| !url.is_empty());
                let kinesis = self.kinesis.clone();
                (url, Origin::Stream { aside: Box::new(aside), kinesis, name: target.name })
            }
        };
        Arc::new(SqsDeadLetters::new(self.sqs.clone(), of, url, origin))
    }
}

#[cfg(feature = "dynamodb")]
impl Aws {
    fn table(&self, name: &str) -> crate::table::Table {
        crate::table::Table::new(&self.dynamodb, name)
    }

    fn app_table(&self) -> Arc<crate::app_table::AppTable> {
        Arc::new(crate::app_table::AppTable(self.table(&self.names.app_table)))
    }

    /// Histories.
    pub fn history(&self) -> Arc<dyn ports::HistoryStore> {
        self.app_table()
    }

    /// Profiles.
    pub fn profiles(&self) -> Arc<dyn ports::ProfileStore> {
        self.app_table()
    }

    /// Whom could be learned from.
    pub fn training(&self) -> Arc<dyn ports::TrainingUsers> {
        self.app_table()
    }

    /// What became of trainings.
    pub fn training_jobs(&self) -> Arc<dyn ports::TrainingJobs> {
        Arc::new(crate::training_jobs::JobTable(self.table(&self.names.training_jobs_table)))
    }

    /// What each day's look at the model that serves came to.
    pub fn model_days(&self) -> Arc<dyn ports::ModelDays> {
        Arc::new(crate::model_days::DayRows(self.table(&self.names.runs_table)))
    }

    /// The chat.
    pub fn chats(&self) -> Arc<dyn ports::AppChats> {
        self.app_table()
    }

    /// Single items of the app's table.
    pub fn app_items(&self) -> Arc<dyn ports::AppItems> {
        self.app_table()
    }

    /// Small states of users.
    pub fn states(&self) -> Arc<dyn ports::UserStates> {
        Arc::new(crate::states::States(self.table(&self.names.activity_table)))
    }

    /// Who was active when.
    pub fn activity(&self) -> Arc<dyn ports::ActivityIndex> {
        Arc::new(crate::activity::Activity {
            activity: self.table(&self.names.activity_table),
            assessments: self.table(&self.names.assessments_table),
        })
    }

    /// Assessments.
    pub fn assessments(&self) -> Arc<dyn ports::AssessmentStore> {
        Arc::new(crate::assessments::Assessments(self.table(&self.names.assessments_table)))
    }

    /// Interventions.
    pub fn interventions(&self) -> Arc<dyn ports::InterventionStore> {
        Arc::new(crate::interventions::Interventions(self.table(&self.names.interventions_table)))
    }

    /// The review queue.
    pub fn reviews(&self) -> Arc<dyn ports::ReviewQueue> {
        Arc::new(crate::reviews::Reviews(self.table(&self.names.interventions_table)))
    }

    /// Runs.
    pub fn ledger(&self) -> Arc<dyn ports::RunLedger> {
        Arc::new(crate::ledger::Ledger(self.table(&self.names.runs_table)))
    }

    /// The audit trail, to append to.
    pub fn audit_log(&self) -> Arc<dyn ports::AuditLog> {
        Arc::new(crate::audit::Trail(self.table(&self.names.interventions_table)))
    }

    /// All items of a user in the app's table, by sort key, without their keys.
    ///
    /// # Errors
    /// The table's, and an item of a type that no export has.
    pub async fn items(
        &self,
        user: &mindmate_domain::UserId,
    ) -> mindmate_pipeline::PortResult<Vec<(String, mindmate_contracts::app_table::Item)>> {
        self.app_table().items(user).await
    }

    /// Reads the whole audit trail and says how much of it holds together, or where it does not.
    ///
    /// A chain's end that was cut off together with its head, and a chain that is gone as a whole,
    /// leave nothing that shows it: keep the counts elsewhere to see that.
    ///
    /// # Errors
    /// The table's, a row whose key or attributes no act writes, and `audit-broken` where the chain
    /// of operators' acts upon many does not hold together.
    pub async fn verify_audit(
        &self,
    ) -> mindmate_pipeline::PortResult<Result<crate::AuditTrail, crate::AuditBreak>> {
        crate::audit::verify(&self.table(&self.names.interventions_table)).await
    }

    /// Keeps a small value under a name; replaces what was there.
    ///
    /// # Errors
    /// The table's.
    pub async fn put_setting(&self, name: &str, value: &str) -> mindmate_pipeline::PortResult<()> {
        crate::settings::put(&self.table(&self.names.runs_table), name, value).await
    }

    /// The value that was kept under a name.
    ///
    /// # Errors
    /// The table's.
    pub async fn setting(&self, name: &str) -> mindmate_pipeline::PortResult<Option<String>> {
        crate::settings::get(&self.table(&self.names.runs_table), name).await
    }

    /// Writes items of an export into the app's table.
    pub fn importer(&self) -> crate::Importer {
        crate::Importer {
            app: self.table(&self.names.app_table),
            activity: self.table(&self.names.activity_table),
        }
    }
}

#[cfg(feature = "sns")]
impl Aws {
    /// Pages to those on duty.
    pub fn notifier(&self) -> Arc<dyn ports::Notifier> {
        Arc::new(crate::notifier::Pages {
            client: aws_sdk_sns::Client::new(&self.config),
            topic: self.names.alerts_topic.clone(),
            sent: self.table(&self.names.interventions_table),
        })
    }
}

#[cfg(feature = "s3")]
impl Aws {
    /// The installation's key for pseudonyms.
    ///
    /// # Errors
    /// The bucket's, or an object that is no key.
    pub async fn pseudonym_key(
        &self,
        object: &str,
    ) -> mindmate_pipeline::PortResult<mindmate_domain::pseudonym::PseudonymKey> {
        let client = aws_sdk_s3::Client::new(&self.config);
        crate::pseudonyms::key(&client, &self.names.bucket, object).await
    }

    /// Where the training set is put.
    pub fn training_store(&self) -> Arc<dyn ports::TrainingStore> {
        let bucket = self.names.bucket.clone();
        Arc::new(crate::training_bucket::TrainingBucket::new(&self.config, bucket))
    }

    /// Trained models.
    pub fn model_store(&self) -> Arc<dyn ports::ModelStore> {
        let bucket = self.names.bucket.clone();
        Arc::new(crate::model_bucket::ModelBucket::new(&self.config, bucket))
    }
}

#[cfg(feature = "bedrock")]
impl Aws {
    /// Drafts by this model.
    pub fn writer(&self, model: &str) -> Arc<dyn ports::MessageWriter> {
        let client = aws_sdk_bedrockruntime::Client::new(&self.config);
        Arc::new(crate::bedrock::Bedrock::new(client, model))
    }
}

#[cfg(feature = "comprehend")]
impl Aws {
    /// The sentiment of texts by Comprehend, in at most so many calls a second, whatever asks for
    /// them here.
    pub fn sentiment(
        &self,
        calls_a_second: std::num::NonZeroU16,
        clock: Arc<dyn mindmate_pipeline::Clock>,
    ) -> Arc<dyn ports::SentimentAnalyzer> {
        let client = aws_sdk_comprehend::Client::new(&self.config);
        Arc::new(crate::comprehend::Comprehend::new(client, calls_a_second, clock))
    }
}
