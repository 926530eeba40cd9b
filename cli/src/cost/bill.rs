//! What a month costs, line by line.

use serde::Serialize;

use super::amount::{Amount, Basis};
use super::data::{Price, Prices};
use super::demand::{Demand, HOURS};

/// The services, in the order in which they are shown.
pub(super) const SERVICES: [&str; 12] = [
    "Lambda",
    "SageMaker",
    "DynamoDB",
    "Comprehend",
    "S3",
    "KMS",
    "Kinesis",
    "SQS",
    "CloudWatch",
    "Bedrock",
    "SNS",
    "EventBridge",
];

/// The estimate of the setup document for 10,000 users, by service, in US dollars a month.
pub(super) const SETUP_DOCUMENT: [(&str, f64); 6] = [
    ("Lambda", 50.0),
    ("SageMaker", 30.0),
    ("DynamoDB", 40.0),
    ("Comprehend", 30.0),
    ("S3", 5.0),
    ("KMS", 5.0),
];

/// How many users the setup document's estimate is for.
pub(super) const SETUP_DOCUMENT_USERS: u64 = 10_000;

/// What is paid for one thing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) service: &'static str,
    pub(super) what: &'static str,
    pub(super) quantity: f64,
    pub(super) unit: String,
    pub(super) usd: f64,
    /// Of the quantity.
    pub(super) basis: Basis,
    /// Whether the price was read in its source.
    pub(super) price_verified: bool,
}

/// A month.
#[derive(Debug, Clone)]
pub(super) struct Bill(pub(super) Vec<Line>);

impl Bill {
    pub(super) fn of(demand: &Demand<'_>, prices: &Prices) -> Self {
        let mut lines = work(demand, prices);
        lines.extend(standing(demand, prices));
        Self(lines)
    }

    pub(super) fn total(&self) -> f64 {
        self.0.iter().map(|line| line.usd).sum()
    }

    pub(super) fn of_service(&self, service: &str) -> f64 {
        self.0.iter().filter(|line| line.service == service).map(|line| line.usd).sum()
    }
}

fn line(service: &'static str, what: &'static str, amount: Amount, price: &Price) -> Line {
    Line {
        service,
        what,
        quantity: amount.value,
        unit: price.unit.clone(),
        usd: price.of(amount.value),
        basis: amount.basis,
        price_verified: price.is_verified(amount.value),
    }
}

/// What grows with users.
fn work(demand: &Demand<'_>, p: &Prices) -> Vec<Line> {
    let f = demand.figures;
    let drafts = demand.drafts * super::demand::DAYS;
    let sources = [
        ("Lambda", "time", demand.gb_seconds(), &p.lambda_gb_second),
        ("Lambda", "invocations", demand.all_invocations(), &p.lambda_request),
        ("SageMaker", "training", demand.training_hours, &p.sagemaker_hour),
        ("DynamoDB", "reads, daily", demand.daily_reads(), &p.dynamodb_read_unit),
        ("DynamoDB", "reads, real time", demand.realtime_reads(), &p.dynamodb_read_unit),
        ("DynamoDB", "reads, watch of the model", demand.watch_reads(), &p.dynamodb_read_unit),
        ("DynamoDB", "items, daily", demand.daily_item_writes(), &p.dynamodb_write_unit),
        ("DynamoDB", "books, daily", demand.daily_book_writes(), &p.dynamodb_write_unit),
        ("DynamoDB", "writes, real time", demand.realtime_writes(), &p.dynamodb_write_unit),
        ("DynamoDB", "storage", demand.stored_gb(), &p.dynamodb_gb_month),
        ("DynamoDB", "backups", demand.stored_gb(), &p.dynamodb_backup_gb_month),
        ("Comprehend", "sentiments", demand.comprehend_units(), &p.comprehend_unit),
        ("Kinesis", "written, daily", demand.daily_kinesis_gb_in(), &p.kinesis_gb_in),
        ("Kinesis", "written, real time", demand.realtime_kinesis_gb_in(), &p.kinesis_gb_in),
        ("Kinesis", "read", demand.kinesis_gb_out(), &p.kinesis_gb_out),
        ("Kinesis", "kept for a week", demand.kinesis_gb_kept(), &p.kinesis_gb_month_kept),
        ("SQS", "sent, daily", demand.daily_sends(), &p.sqs_request),
        ("SQS", "sent, real time", demand.realtime_sends(), &p.sqs_request),
        ("SQS", "polled by Lambda", demand.polls(), &p.sqs_request),
        ("CloudWatch", "logs taken in", demand.log_gb(), &p.cloudwatch_log_gb),
        ("CloudWatch", "logs kept", demand.log_gb_kept(), &p.cloudwatch_log_gb_month),
        ("Bedrock", "input", drafts * f.draft_input_tokens.amount(), &p.bedrock_input_token),
        ("Bedrock", "output", drafts * f.draft_output_tokens.amount(), &p.bedrock_output_token),
        ("SNS", "notices by mail", demand.notices(), &p.sns_email),
    ];
    sources.map(|(service, what, amount, price)| line(service, what, amount, price)).into()
}

/// What is there without users.
fn standing(demand: &Demand<'_>, p: &Prices) -> Vec<Line> {
    let f = demand.figures;
    let hours = f.streams.amount() * HOURS;
    let gets = f.bucket_requests_a_month.amount();
    let sources = [
        ("S3", "storage", f.models_gb.amount(), &p.s3_gb_month),
        ("S3", "reads", gets, &p.s3_get),
        // A hundredth of the reads: reports, models, what the script uploads.
        ("S3", "writes", gets / 100.0, &p.s3_put),
        ("KMS", "keys", f.kms_keys.amount(), &p.kms_key),
        ("KMS", "requests", f.kms_requests_a_month.amount(), &p.kms_request),
        ("Kinesis", "streams", hours, &p.kinesis_stream_hour),
        ("CloudWatch", "alarms", f.alarm_metrics.amount(), &p.cloudwatch_alarm_metric),
        ("CloudWatch", "metrics of runs", f.custom_metrics.amount(), &p.cloudwatch_metric),
        ("CloudWatch", "dashboard", Amount::given(1.0), &p.cloudwatch_dashboard),
    ];
    let mut lines: Vec<Line> =
        sources.map(|(service, what, amount, price)| line(service, what, amount, price)).into();
    // Rules of the default bus that fire by a schedule are free.
    lines.push(Line {
        service: "EventBridge",
        what: "schedules",
        quantity: 4.0,
        unit: "rule, free".to_owned(),
        usd: 0.0,
        basis: Basis::Given,
        price_verified: false,
    });
    lines
}
