//! The resources of one test, as the template makes them, under a prefix of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use mindmate_aws::{Names, QueueUrls, SdkConfig, StreamTarget};
use mindmate_contracts::{QueueName, StreamName};

/// As in the tests of other backends.
pub(crate) const VISIBILITY: Duration = Duration::from_mins(3);
pub(crate) const MAX_RECEIVES: u32 = 10;

static STACKS: AtomicUsize = AtomicUsize::new(0);

/// The resources, and where notices arrive.
pub(crate) struct Stack {
    pub(crate) names: Names,
    pub(crate) notices: String,
}

/// Makes everything.
pub(crate) async fn make(config: &SdkConfig) -> Stack {
    let prefix = format!("T{}", STACKS.fetch_add(1, Ordering::Relaxed));
    let sqs = aws_sdk_sqs::Client::new(config);
    let mut queues = BTreeMap::new();
    for name in QueueName::ALL {
        let name_on_aws = format!("{prefix}-{}", name.name());
        let dead = queue(&sqs, &format!("{name_on_aws}-dlq"), None).await;
        let live = queue(&sqs, &name_on_aws, Some(&format!("{name_on_aws}-dlq"))).await;
        queues.insert(name, QueueUrls { queue: live, dead: Some(dead) });
    }
    let mut streams = BTreeMap::new();
    for name in StreamName::ALL {
        let dead = queue(&sqs, &format!("{prefix}-{}-stream-dlq", name.name()), None).await;
        streams.insert(name, StreamTarget { name: format!("{prefix}-{}", name.name()), dead });
    }
    let notices = queue(&sqs, &format!("{prefix}-notices"), None).await;
    let prefixed = |name: &str| format!("{prefix}-{name}");
    let names = Names {
        queues,
        streams,
        app_table: prefixed("app"),
        assessments_table: prefixed("assessments"),
        interventions_table: prefixed("interventions"),
        runs_table: prefixed("runs"),
        training_jobs_table: prefixed("training-jobs"),
        activity_table: prefixed("activity"),
        alerts_topic: topic(config, &prefix).await,
        bucket: bucket(config, &prefix).await,
    };
    let kinesis = aws_sdk_kinesis::Client::new(config);
    for target in names.streams.values() {
        kinesis.create_stream().stream_name(&target.name).shard_count(1).send().await.unwrap();
    }
    tables(config, &names).await;
    Stack { names, notices }
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{queue}")
}

async fn queue(client: &aws_sdk_sqs::Client, name: &str, dead: Option<&str>) -> String {
    let mut attributes =
        HashMap::from([(QueueAttributeName::VisibilityTimeout, VISIBILITY.as_secs().to_string())]);
    if let Some(dead) = dead {
        let policy = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":{MAX_RECEIVES}}}"#,
            arn(dead)
        );
        attributes.insert(QueueAttributeName::RedrivePolicy, policy);
    }
    let made = client.create_queue().queue_name(name).set_attributes(Some(attributes));
    made.send().await.unwrap().queue_url.unwrap()
}

async fn topic(config: &SdkConfig, prefix: &str) -> String {
    let sns = aws_sdk_sns::Client::new(config);
    let topic = sns.create_topic().name(format!("{prefix}-alerts")).send().await.unwrap();
    let topic = topic.topic_arn.unwrap();
    sns.subscribe()
        .topic_arn(&topic)
        .protocol("sqs")
        .endpoint(arn(&format!("{prefix}-notices")))
        .attributes("RawMessageDelivery", "true")
        .send()
        .await
        .unwrap();
    topic
}

async fn bucket(config: &SdkConfig, prefix: &str) -> String {
    let name = format!("{}-models", prefix.to_lowercase());
    let client = aws_sdk_s3::Client::new(config);
    client.create_bucket().bucket(&name).send().await.unwrap();
    name
}

async fn tables(config: &SdkConfig, names: &Names) {
    let client = aws_sdk_dynamodb::Client::new(config);
    let interventions = [
        ("UserInterventionsIndex", "userId", "timestamp"),
        ("ReviewIndex", "reviewState", "reviewOrder"),
    ];
    table(&client, &names.app_table, ("PK", Some("SK")), &[]).await;
    table(&client, &names.assessments_table, ("userId", Some("timestamp")), &[]).await;
    table(&client, &names.interventions_table, ("interventionId", None), &interventions).await;
    table(&client, &names.runs_table, ("runId", Some("part")), &[]).await;
    table(&client, &names.training_jobs_table, ("jobId", None), &[]).await;
    table(&client, &names.activity_table, ("bucket", Some("userId")), &[]).await;
}

async fn table(
    client: &aws_sdk_dynamodb::Client,
    name: &str,
    key: (&str, Option<&str>),
    indexes: &[(&str, &str, &str)],
) {
    let mut attributes: Vec<&str> = [Some(key.0), key.1].into_iter().flatten().collect();
    attributes.extend(indexes.iter().flat_map(|(_, hash, range)| [*hash, *range]));
    let attributes = attributes.into_iter().map(|attribute| {
        AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    });
    let indexes = indexes.iter().map(|(index, hash, range)| {
        GlobalSecondaryIndex::builder()
            .index_name(*index)
            .set_key_schema(Some(schema(hash, Some(range))))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap()
    });
    let indexes: Vec<_> = indexes.collect();
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(schema(key.0, key.1)))
        .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
        .send()
        .await
        .unwrap();
}

fn schema(hash: &str, range: Option<&str>) -> Vec<KeySchemaElement> {
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let range = range.map(|name| key(name, KeyType::Range));
    [Some(key(hash, KeyType::Hash)), range].into_iter().flatten().collect()
}
