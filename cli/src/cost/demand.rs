//! What so many users ask of each service in a month.

use super::amount::Amount;
use super::data::{Figures, Function};

/// Days and hours of a month in the mean of a year.
pub(super) const DAYS: f64 = 365.0 / 12.0;
pub(super) const HOURS: f64 = DAYS * 24.0;

const SECONDS_A_DAY: f64 = 86_400.0;
const GIB: f64 = 1_073_741_824.0;

/// An SQS request is paid by chunks of so many bytes.
const CHUNK: f64 = 65_536.0;

/// A record of Kinesis is paid by whole kibibytes.
const RECORD_UNIT: f64 = 1_024.0;

/// Entries of one batch that is sent.
const SEND_BATCH: f64 = 10.0;

/// Memory with which a function has one whole core.
const CORE_MB: f64 = 1_769.0;

/// Days that assessments are kept, and seconds between two looks of run-closing.
const ASSESSMENT_DAYS: f64 = 90.0;
const LOG_DAYS: f64 = 90.0;
const CLOSING_SECONDS: f64 = 300.0;

/// Days beyond the first that the streams remember.
const STREAM_DAYS: f64 = 6.0;

/// Bytes of a request in the ledger: its place in a page and its marks.
const LEDGER_BYTES: f64 = 60.0;

/// Days of a history that its read units are of.
const HISTORY_DAYS: f64 = 35.0;

/// A scan that need not see the latest writes is paid by half.
const SCAN: f64 = 0.5;

/// Queries of a history that are counted with their size; all others are paid as the smallest.
const SIZED_QUERIES: f64 = 6.0;

/// What people and the day make, and everything that follows of it.
#[derive(Debug, Clone)]
pub(super) struct Demand<'a> {
    pub(super) figures: &'a Figures,
    pub(super) wave_seconds: f64,
    pub(super) users: Amount,
    /// All a day.
    pub(super) daily: Amount,
    pub(super) realtime: Amount,
    pub(super) texts: Amount,
    pub(super) moods: Amount,
    pub(super) sessions: Amount,
    pub(super) drafts: Amount,
    pub(super) training_hours: Amount,
    pub(super) comprehend: bool,
}

/// What somebody would rather assume.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Assumptions {
    pub(super) active_share: Option<f64>,
    pub(super) texts_a_day: Option<f64>,
    pub(super) moods_a_day: Option<f64>,
    pub(super) sessions_a_day: Option<f64>,
    pub(super) drafts_a_day: Option<f64>,
    pub(super) training_hours: Option<f64>,
    pub(super) wave_minutes: f64,
    pub(super) local_sentiment: bool,
}

impl<'a> Demand<'a> {
    pub(super) fn of(users: u64, figures: &'a Figures, assumed: &Assumptions) -> Self {
        let users = Amount::given(users as f64);
        let rate = |said: Option<f64>, figure: &super::data::Figure| {
            said.map_or_else(|| figure.amount(), Amount::modelled)
        };
        let texts = users * rate(assumed.texts_a_day, &figures.texts_a_day);
        let moods = users * rate(assumed.moods_a_day, &figures.moods_a_day);
        Self {
            figures,
            wave_seconds: assumed.wave_minutes * 60.0,
            users,
            daily: users * rate(assumed.active_share, &figures.active_share),
            realtime: (texts + moods) * figures.realtime_share.amount(),
            texts,
            moods,
            sessions: users * rate(assumed.sessions_a_day, &figures.sessions_a_day),
            drafts: users * rate(assumed.drafts_a_day, &figures.drafts_a_day),
            training_hours: rate(assumed.training_hours, &figures.training_hours_a_month),
            comprehend: !assumed.local_sentiment,
        }
    }

    /// Requests a day, by the daily run and in real time.
    pub(super) fn requests(&self) -> Amount {
        self.daily + self.realtime
    }

    /// What is written into the app's table by people: each is a change that the trigger looks at.
    pub(super) fn changes(&self) -> Amount {
        self.texts + self.moods + self.sessions
    }

    pub(super) fn session_records(&self) -> Amount {
        self.sessions * self.figures.session_records.amount()
    }

    /// Read units of the history and of everything else that a request looks at.
    pub(super) fn reads_a_request(&self) -> Amount {
        let f = self.figures;
        let other = f.calls_query.amount() + f.calls_get_item.amount();
        let other = Amount { value: (other.value - SIZED_QUERIES).max(0.0), ..other };
        f.history_read_units.amount() + other
    }

    /// Write units of a request's own items: the assessment, and small ones.
    pub(super) fn item_writes_a_request(&self) -> Amount {
        let puts = self.figures.calls_put_item.amount();
        let small = Amount { value: (puts.value - 1.0).max(0.0), ..puts };
        self.figures.assessment_write_units.amount() + small
    }

    /// Write units of a request's marks, and of interventions with their transaction, which is paid
    /// twice, and their index.
    pub(super) fn book_writes_a_request(&self) -> Amount {
        let f = self.figures;
        let marks = f.calls_update_item.amount() * f.mark_write_units.amount();
        let decided = f.intervention_write_units.amount();
        let others = f.transaction_items.amount() + Amount::given(-1.0);
        let transaction = (decided + others) * 2.0 + decided;
        marks + f.calls_transact.amount() * transaction
    }

    pub(super) fn daily_reads(&self) -> Amount {
        self.daily * self.reads_a_request() * DAYS
    }

    /// Of the watch of the model: each day it scans all that people ever wrote, and reads it once more of those who
    /// may be learned from. Their assessments, five or six of each, are the small part.
    pub(super) fn watch_reads(&self) -> Amount {
        let f = self.figures;
        let of_a_user = f.history_read_units.amount() * f.stored_days.amount() / HISTORY_DAYS;
        let whole = f.training_share.amount() + Amount::given(SCAN);
        self.users * of_a_user * whole * DAYS
    }

    pub(super) fn realtime_reads(&self) -> Amount {
        let f = self.figures;
        (self.realtime * self.reads_a_request()
            + self.changes() * f.change_reads.amount()
            + self.texts * f.text_reads.amount()
            + self.session_records() * f.session_reads.amount())
            * DAYS
    }

    pub(super) fn daily_item_writes(&self) -> Amount {
        self.daily * self.item_writes_a_request() * DAYS
    }

    pub(super) fn daily_book_writes(&self) -> Amount {
        self.daily * self.book_writes_a_request() * DAYS
    }

    pub(super) fn realtime_writes(&self) -> Amount {
        let f = self.figures;
        (self.realtime * (self.item_writes_a_request() + self.book_writes_a_request())
            + self.changes() * f.change_writes.amount()
            + self.texts
            + self.session_records() * f.session_writes.amount())
            * DAYS
    }

    /// Gigabytes in our tables, once they have been filled for as long as the figures say.
    pub(super) fn stored_gb(&self) -> Amount {
        let f = self.figures;
        let year = f.stored_days.amount();
        let assessments = self.requests() * f.assessment_bytes.amount() * ASSESSMENT_DAYS;
        let decided = self.requests() * f.interventions_a_request.amount();
        // With its copy in the index.
        let interventions = decided * f.intervention_bytes.amount() * 2.0 * year;
        let ledger = self.daily * LEDGER_BYTES * year;
        let sentiments = self.texts * f.sentiment_bytes.amount() * year;
        (assessments + interventions + ledger + sentiments) / GIB
    }

    /// Requests that send what the daily run has.
    pub(super) fn daily_sends(&self) -> Amount {
        self.daily * self.figures.calls_send_batch.amount() * self.scoring_chunks() * DAYS
    }

    /// Requests that send what comes in real time.
    pub(super) fn realtime_sends(&self) -> Amount {
        let sends = self.figures.calls_send_batch.amount() * self.scoring_chunks();
        (self.realtime * sends + self.texts) * DAYS
    }

    /// Lambda's requests: each batch is received once and deleted once, and empty queues are asked.
    pub(super) fn polls(&self) -> Amount {
        let batches = self.functions_of_queues().map(|one| self.invocations(one));
        batches.sum::<Amount>() * 2.0 * self.scoring_chunks()
            + self.figures.idle_polls_a_minute.amount() * (HOURS * 60.0)
    }

    /// Chunks that are paid for one batch of the largest messages.
    fn scoring_chunks(&self) -> Amount {
        let bytes = self.figures.scoring_message_bytes.amount();
        (bytes * SEND_BATCH / CHUNK).ceil().at_least(1.0)
    }

    pub(super) fn daily_kinesis_gb_in(&self) -> Amount {
        self.outcome_gb(self.daily)
    }

    pub(super) fn realtime_kinesis_gb_in(&self) -> Amount {
        let sessions = self.session_records() * RECORD_UNIT * DAYS / GIB;
        self.outcome_gb(self.realtime) + sessions
    }

    fn outcome_gb(&self, requests: Amount) -> Amount {
        let bytes = (self.figures.outcome_bytes.amount() / RECORD_UNIT).ceil() * RECORD_UNIT;
        requests * self.figures.outcomes_a_request.amount() * bytes * DAYS / GIB
    }

    pub(super) fn kinesis_gb_out(&self) -> Amount {
        let bytes = self.figures.outcome_bytes.amount();
        (self.outcomes() * bytes + self.session_records() * bytes) * DAYS / GIB
    }

    /// Gigabytes beyond the first day, at any moment.
    pub(super) fn kinesis_gb_kept(&self) -> Amount {
        (self.daily_kinesis_gb_in() + self.realtime_kinesis_gb_in()) / DAYS * STREAM_DAYS
    }

    pub(super) fn outcomes(&self) -> Amount {
        self.requests() * self.figures.outcomes_a_request.amount()
    }

    pub(super) fn comprehend_units(&self) -> Amount {
        let units = self.texts * self.figures.comprehend_units_a_text.amount() * DAYS;
        if self.comprehend { units } else { units * 0.0 }
    }

    pub(super) fn log_gb(&self) -> Amount {
        let ours = self.requests() * self.figures.log_bytes_a_request.amount() * DAYS;
        let lambdas = self.all_invocations() * self.figures.invocation_log_bytes.amount();
        (ours + lambdas) / GIB
    }

    pub(super) fn log_gb_kept(&self) -> Amount {
        self.log_gb() / DAYS * LOG_DAYS
    }

    pub(super) fn notices(&self) -> Amount {
        let reviews = self.requests() * self.figures.reviews_a_request.amount();
        (reviews + Amount::given(1.0)) * DAYS
    }

    /// Deliveries of a function a day: in full batches by the daily run, alone in real time.
    fn deliveries(&self, function: &Function) -> (Amount, Amount) {
        let f = self.figures;
        let none = Amount::given(0.0);
        let decided = f.interventions_a_request.amount();
        match function.name.as_str() {
            "fan-out" => (self.daily / 250.0, none),
            "feature-extraction" | "scoring" => (self.daily, self.realtime),
            "intervention" => (self.daily * decided, self.realtime * decided),
            "run-report" => {
                let outcomes = f.outcomes_a_request.amount();
                (self.daily * outcomes, self.realtime * outcomes)
            }
            "realtime-trigger" => (none, self.changes()),
            "sentiment" => (none, self.texts),
            "activity-ingest" => (none, self.session_records()),
            _ => (none, none),
        }
    }

    fn functions_of_queues(&self) -> impl Iterator<Item = &Function> {
        self.figures.function.iter().filter(|function| function.concurrency.is_some())
    }

    /// Invocations a month. What comes in real time comes alone, unless so much comes that a batch
    /// of a second has more.
    pub(super) fn invocations(&self, function: &Function) -> Amount {
        let (waves, alone) = self.deliveries(function);
        let batch = (alone.value / SECONDS_A_DAY).clamp(1.0, function.batch);
        (waves / function.batch + alone / batch) * DAYS
    }

    pub(super) fn all_invocations(&self) -> Amount {
        let closing = Amount::given(HOURS * 3_600.0 / CLOSING_SECONDS);
        // Once a day each: the start of the run, and the watch of the model.
        let tasks = closing + Amount::given(2.0 * DAYS);
        self.figures.function.iter().map(|one| self.invocations(one)).sum::<Amount>() + tasks
    }

    /// Milliseconds of an invocation: the calls that wait for one another, and the processor.
    pub(super) fn duration_ms(&self, function: &Function, deliveries: f64) -> Amount {
        let f = self.figures;
        let waits = f.call_ms.amount() * function.chain;
        let work = f.cpu_ms_a_request.amount() * function.cpu_share
            + f.cpu_ms_a_call.amount() * function.calls;
        let slower = (CORE_MB / function.memory_mb).max(1.0);
        waits + work * (deliveries * slower)
    }

    /// Gigabyte-seconds a month.
    pub(super) fn gb_seconds(&self) -> Amount {
        let of = |function: &Function| {
            let (waves, alone) = self.deliveries(function);
            let full = function.batch;
            let few = (alone.value / SECONDS_A_DAY).clamp(1.0, full);
            let seconds = waves / full * self.duration_ms(function, full)
                + alone / few * self.duration_ms(function, few);
            seconds / 1_000.0 * (function.memory_mb / 1_024.0) * DAYS
        };
        self.figures.function.iter().map(of).sum()
    }

    /// Requests of the daily wave a second.
    pub(super) fn wave_rate(&self) -> Amount {
        self.daily / self.wave_seconds
    }

    /// A rate a second in the busiest hour, of what comes so often a day.
    pub(super) fn peak(&self, a_day: Amount) -> Amount {
        a_day * self.figures.peak_factor.amount() / SECONDS_A_DAY
    }
}
