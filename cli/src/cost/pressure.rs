//! How near each quota is, and which binds first.

use serde::Serialize;

use super::amount::{Amount, Basis};
use super::data::{By, Figures, Function, Quota, Quotas};
use super::demand::{Assumptions, Demand};

/// Texts of one call to Comprehend.
const TEXTS_A_CALL: f64 = 25.0;

/// Users of a page of fan-out.
const PAGE: f64 = 250.0;

/// How near a quota is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pressure {
    pub(super) what: String,
    pub(super) by: By,
    pub(super) adjustable: bool,
    pub(super) needed: f64,
    pub(super) limit: f64,
    pub(super) unit: String,
    pub(super) basis: Basis,
    pub(super) limit_verified: bool,
    /// How many users fit under it.
    pub(super) users: f64,
}

impl Pressure {
    pub(super) fn share(&self) -> f64 {
        self.needed / self.limit
    }
}

/// All quotas, the one that binds first before the others.
pub(super) fn of(
    users: u64,
    figures: &Figures,
    quotas: &Quotas,
    assumed: &Assumptions,
) -> Vec<Pressure> {
    let demand = Demand::of(users, figures, assumed);
    let mut found: Vec<Pressure> = needs(&demand, quotas)
        .into_iter()
        .map(|(quota, needed)| pressure(users, &quota, needed))
        .collect();
    found.sort_by(|a, b| a.users.total_cmp(&b.users));
    found
}

/// Every need is proportional to the users: so many fit as the limit is larger than the need.
fn pressure(users: u64, quota: &Quota, needed: Amount) -> Pressure {
    Pressure {
        what: quota.what.clone(),
        by: quota.by,
        adjustable: quota.adjustable,
        needed: needed.value,
        limit: quota.limit,
        unit: quota.unit.clone(),
        basis: needed.basis,
        limit_verified: quota.verified,
        users: users as f64 * quota.limit / needed.value,
    }
}

fn needs(demand: &Demand<'_>, q: &Quotas) -> Vec<(Quota, Amount)> {
    let f = demand.figures;
    let rate = demand.wave_rate();
    let outcomes = rate * f.outcomes_a_request.amount();
    let reads = rate * demand.reads_a_request();
    let assessments = rate * f.assessment_write_units.amount();
    let pages = demand.daily / PAGE;
    let paged_at_once = pages * f.page_ms.amount() / 1_000.0 / demand.wave_seconds;
    let mut needs = vec![
        (q.lambda_concurrency.clone(), at_once(demand)),
        (q.kinesis_records.clone(), outcomes),
        (q.kinesis_bytes.clone(), outcomes * f.outcome_bytes.amount()),
        (q.kinesis_shards.clone(), report_at_once(demand)),
        (q.dynamodb_partition_writes.clone(), outcomes * f.mark_write_units.amount()),
        (q.dynamodb_new_table_writes.clone(), assessments),
        (q.dynamodb_table_writes.clone(), assessments),
        (q.dynamodb_new_table_reads.clone(), reads),
        (q.dynamodb_table_reads.clone(), reads),
        (q.shards.clone(), paged_at_once),
        (q.closing_seconds.clone(), pages * f.closing_page_ms.amount() / 1_000.0),
        (q.sqs_in_flight.clone(), in_flight(demand)),
    ];
    if demand.comprehend {
        let calls = demand.peak(demand.texts) / TEXTS_A_CALL;
        needs.push((q.comprehend_calls.clone(), calls));
        needs.push((q.comprehend_rate.clone(), calls));
    }
    needs.extend(bounds(demand));
    needs
}

/// Deliveries of the wave to a function, for each request.
fn share(demand: &Demand<'_>, function: &Function) -> Option<Amount> {
    match function.name.as_str() {
        "feature-extraction" | "scoring" => Some(Amount::given(1.0)),
        "intervention" => Some(demand.figures.interventions_a_request.amount()),
        _ => None,
    }
}

/// Invocations of a function at once in the wave, by Little's law.
fn executions(demand: &Demand<'_>, function: &Function) -> Option<Amount> {
    let batches = demand.wave_rate() * share(demand, function)? / function.batch;
    Some(batches * demand.duration_ms(function, function.batch) / 1_000.0)
}

fn at_once(demand: &Demand<'_>) -> Amount {
    demand.figures.function.iter().filter_map(|one| executions(demand, one)).sum()
}

/// Messages of the busiest queue that somebody holds.
fn in_flight(demand: &Demand<'_>) -> Amount {
    let of = |one| executions(demand, one).map(|amount| amount * one.batch);
    let held = demand.figures.function.iter().filter_map(of);
    held.fold(Amount::given(0.0), |most, one| if one.value > most.value { one } else { most })
}

/// Each queue's mapping has a bound of its own, in the template.
fn bounds(demand: &Demand<'_>) -> Vec<(Quota, Amount)> {
    let of = |function: &Function| {
        let quota = Quota::of_mapping(&function.name, function.concurrency?);
        Some((quota, executions(demand, function)?))
    };
    demand.figures.function.iter().filter_map(of).collect()
}

/// Shards of the outcomes that are being read: a shard is read by one invocation at a time.
fn report_at_once(demand: &Demand<'_>) -> Amount {
    let Some(report) = demand.figures.function.iter().find(|one| one.name == "run-report") else {
        return Amount::given(0.0);
    };
    let batches = demand.wave_rate() * demand.figures.outcomes_a_request.amount() / report.batch;
    batches * demand.duration_ms(report, report.batch) / 1_000.0
}
