//! What the model is fed with: measured figures, public prices and quotas, each in a file of data.
//!
//! The files are read into structs that name every entry, so that one that is missing, misspelt or
//! used by nobody does not get past the tests.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::amount::{Amount, Basis};

const FIGURES: &str = include_str!("../../data/figures.toml");
const PRICES: [(&str, &str); 1] = [("us-east-1", include_str!("../../data/prices-us-east-1.toml"))];
const QUOTAS: [(&str, &str); 1] = [("us-east-1", include_str!("../../data/quotas-us-east-1.toml"))];

/// A figure of the pipeline.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Figure {
    pub(super) value: f64,
    unit: String,
    measured: bool,
    date: String,
    /// What measures it; there where it is measured.
    command: Option<String>,
    note: Option<String>,
}

impl Figure {
    pub(super) fn amount(&self) -> Amount {
        let basis = if self.measured { Basis::Measured } else { Basis::Modelled };
        Amount { value: self.value, basis }
    }
}

/// A function of the template.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Function {
    pub(super) name: String,
    resource: String,
    mapping: String,
    pub(super) memory_mb: f64,
    /// Most deliveries of an invocation.
    pub(super) batch: f64,
    /// Most invocations at once, where the mapping has a bound.
    pub(super) concurrency: Option<f64>,
    /// Calls that wait for one another.
    pub(super) chain: f64,
    /// Calls of a delivery.
    pub(super) calls: f64,
    /// Its share of the processor time of a request.
    pub(super) cpu_share: f64,
}

macro_rules! entries {
    ($(#[$doc:meta])* $name:ident of $entry:ty { $($field:ident),* $(,)? } $($more:tt)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, Serialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(super) struct $name {
            $(pub(super) $field: $entry,)*
            $($more)*
        }

        impl $name {
            /// All entries by the names that they have in the file.
            pub(super) fn all(&self) -> Vec<(&'static str, &$entry)> {
                vec![$((stringify!($field), &self.$field)),*]
            }
        }
    };
}

entries! {
    /// The figures, by the names of `figures.toml`.
    Figures of Figure {
        active_share, texts_a_day, moods_a_day, sessions_a_day, realtime_share, drafts_a_day,
        training_hours_a_month,
        calls_get_item, calls_put_item, calls_query, calls_transact, calls_update_item,
        calls_send_batch, calls_put_records,
        cpu_ms_a_request, log_bytes_a_request,
        assessment_bytes, assessment_write_units, intervention_bytes, intervention_write_units,
        interventions_a_request, reviews_a_request, outcomes_a_request, outcome_bytes,
        assessments_message_bytes, scoring_message_bytes, interventions_message_bytes,
        history_read_units, training_share, sentiment_bytes, comprehend_units_a_text,
        mark_write_units, transaction_items, change_reads, change_writes, text_reads,
        session_records, session_reads, session_writes, draft_input_tokens, draft_output_tokens,
        call_ms, cpu_ms_a_call, page_ms, closing_page_ms, peak_factor,
        idle_polls_a_minute, kms_requests_a_month, models_gb, bucket_requests_a_month, stored_days,
        invocation_log_bytes, alarm_metrics, custom_metrics, streams, kms_keys,
    }
    pub(super) function: Vec<Function>,
}

impl Figures {
    pub(super) fn read() -> anyhow::Result<Self> {
        toml::from_str(FIGURES).context("cli/data/figures.toml")
    }
}

/// A public price.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Price {
    /// US dollars for `per` units.
    usd: f64,
    per: f64,
    pub(super) unit: String,
    source: String,
    date: String,
    /// Whether the figure was read in its source.
    verified: bool,
    /// What is used in a month beyond so much costs less, in rising order.
    #[serde(default)]
    tiers: Vec<Tier>,
    tiers_verified: Option<bool>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    above: f64,
    usd: f64,
}

impl Price {
    /// What so many units cost in a month.
    pub(super) fn of(&self, units: f64) -> f64 {
        let mut steps = vec![(0.0, self.usd)];
        steps.extend(self.tiers.iter().map(|tier| (tier.above, tier.usd)));
        let ends = steps.iter().skip(1).map(|(above, _)| *above).chain([f64::INFINITY]);
        let of = |((above, usd), end): (&(f64, f64), f64)| (units.min(end) - above).max(0.0) * usd;
        steps.iter().zip(ends).map(of).sum::<f64>() / self.per
    }

    /// Whether every figure that so many units are paid by was read in a source.
    pub(super) fn is_verified(&self, units: f64) -> bool {
        let in_tiers = self.tiers.first().is_some_and(|tier| units > tier.above);
        self.verified && (!in_tiers || self.tiers_verified == Some(true))
    }
}

entries! {
    /// Prices of a region, by the names of its file.
    Prices of Price {
        lambda_gb_second, lambda_request, dynamodb_read_unit, dynamodb_write_unit,
        dynamodb_gb_month, dynamodb_backup_gb_month, sqs_request, kinesis_stream_hour,
        kinesis_gb_in, kinesis_gb_out, kinesis_gb_month_kept, comprehend_unit,
        bedrock_input_token, bedrock_output_token, s3_gb_month, s3_put, s3_get,
        cloudwatch_alarm_metric, cloudwatch_metric, cloudwatch_dashboard, cloudwatch_log_gb,
        cloudwatch_log_gb_month, kms_key, kms_request, sns_email, sagemaker_hour,
    }
    pub(super) region: String,
}

impl Prices {
    /// The prices of a region.
    ///
    /// # Errors
    /// There is no file of that region.
    pub(super) fn of(region: &str) -> anyhow::Result<Self> {
        let prices: Self = toml::from_str(file(&PRICES, region)?)
            .with_context(|| format!("cli/data/prices-{region}.toml"))?;
        anyhow::ensure!(prices.region == region, "the prices are those of {}", prices.region);
        Ok(prices)
    }
}

/// Who sets a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    /// The service.
    Aws,
    /// The template, or the code.
    Ours,
}

/// A bound.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Quota {
    pub(super) limit: f64,
    pub(super) unit: String,
    pub(super) by: By,
    /// Whether AWS raises it when asked.
    pub(super) adjustable: bool,
    pub(super) what: String,
    source: String,
    date: String,
    pub(super) verified: bool,
}

entries! {
    /// Quotas of a region, by the names of its file.
    Quotas of Quota {
        lambda_concurrency, comprehend_calls, comprehend_rate, sqs_in_flight, kinesis_records,
        kinesis_bytes, kinesis_shards, dynamodb_partition_writes, dynamodb_new_table_writes,
        dynamodb_new_table_reads, dynamodb_table_writes, dynamodb_table_reads, shards,
        closing_seconds,
    }
}

impl Quota {
    /// The bound that a queue's mapping has in the template.
    pub(super) fn of_mapping(stage: &str, concurrency: f64) -> Self {
        Self {
            limit: concurrency,
            unit: "executions at once".to_owned(),
            by: By::Ours,
            adjustable: true,
            what: format!("MaximumConcurrency of {stage}"),
            source: "infrastructure/ml-prediction-stack.yaml".to_owned(),
            date: String::new(),
            verified: true,
        }
    }
}

impl Quotas {
    /// The quotas of a region.
    ///
    /// # Errors
    /// There is no file of that region.
    pub(super) fn of(region: &str) -> anyhow::Result<Self> {
        toml::from_str(file(&QUOTAS, region)?)
            .with_context(|| format!("cli/data/quotas-{region}.toml"))
    }
}

fn file(files: &[(&str, &'static str)], region: &str) -> anyhow::Result<&'static str> {
    let known: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let found = files.iter().find(|(name, _)| *name == region).map(|(_, text)| *text);
    found.with_context(|| {
        format!("no prices of {region} are known here; expected one of: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::{By, Figures, Price, Prices, Quotas, Tier};

    /// Rule 5: what is said to be measured names the command, what is not says where it is from.
    #[test]
    fn every_figure_says_where_it_is_from() {
        for (name, figure) in Figures::read().unwrap().all() {
            assert!(figure.value >= 0.0 && !figure.unit.is_empty(), "{name}");
            assert!(figure.date.parse::<jiff::civil::Date>().is_ok(), "{name}");
            assert_eq!(figure.measured, figure.command.is_some(), "{name}");
            assert!(figure.measured || figure.note.is_some(), "{name}");
        }
    }

    #[test]
    fn every_price_has_a_source_and_a_date() {
        for (name, price) in Prices::of("us-east-1").unwrap().all() {
            assert!(price.usd > 0.0 && price.per >= 1.0 && !price.unit.is_empty(), "{name}");
            assert!(price.source.starts_with("https://"), "{name}");
            assert!(price.date.parse::<jiff::civil::Date>().is_ok(), "{name}");
            let rising = price.tiers.windows(2).all(|pair| pair[0].above < pair[1].above);
            assert!(rising && price.tiers.is_empty() == price.tiers_verified.is_none(), "{name}");
        }
    }

    #[test]
    fn every_quota_is_somebodys() {
        for (name, quota) in Quotas::of("us-east-1").unwrap().all() {
            assert!(quota.limit > 0.0 && !quota.what.is_empty(), "{name}");
            assert_eq!(quota.source.starts_with("https://"), quota.by == By::Aws, "{name}");
            assert!(quota.date.parse::<jiff::civil::Date>().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_region_without_prices_is_refused_with_those_that_have_some() {
        let error = Prices::of("mars-north-1").unwrap_err().to_string();
        assert!(error.contains("mars-north-1") && error.contains("us-east-1"), "{error}");
    }

    /// By hand: 10 at 1.00, 40 at 0.50, the rest at 0.25, each for 10.
    #[test]
    fn what_is_beyond_a_tier_costs_what_the_tier_says() {
        let tiers = vec![Tier { above: 10.0, usd: 0.5 }, Tier { above: 50.0, usd: 0.25 }];
        let price = Price {
            usd: 1.0,
            per: 10.0,
            unit: "thing".into(),
            source: "https://example.org".into(),
            date: "2026-11-25".into(),
            verified: true,
            tiers,
            tiers_verified: Some(false),
        };
        for (units, usd) in
            [(0.0, 0.0), (4.0, 0.4), (10.0, 1.0), (20.0, 1.5), (50.0, 3.0), (90.0, 4.0)]
        {
            assert!((price.of(units) - usd).abs() < 1e-9, "{units}");
        }
        assert!(price.is_verified(10.0) && !price.is_verified(11.0));
    }
}
