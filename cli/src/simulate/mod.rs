//! `mindmate simulate-day`: plays a day of a synthetic cohort through the streams, step by step,
//! with the daily run in the middle.
//!
//! The day has its own clock. A step sets it forward, writes what people did in that time as the app
//! would, and lets the stages work until nothing is left to do: so a day passes as fast as the
//! machine goes, or at a chosen speed, and the same seed leads to the same assessments. How far the
//! day has come is kept after each step; what a killed step had done is done again and changes
//! nothing.

mod clock;
mod plan;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use mindmate_cohort::CohortSpec;
use mindmate_contracts::envelope::encode_from;
use mindmate_contracts::messages::{ActivityRecorded, RecordedActivity};
use mindmate_contracts::{Channel, StreamName};
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, Policy, StageName, Window};
use mindmate_embedded::{AppWrite, Totals};
use mindmate_host::local::{LocalHost, Settings};
use mindmate_pipeline::daily::{DEFAULT_SHARDS, DailyRuns};
use mindmate_pipeline::{Clock as _, Outgoing, SystemClock, publish_all};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::clock::SimulatedClock;
use self::plan::{Counts, Deed, Plan, What, split};
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::runs::{self, Look};
use crate::session::Place;
use crate::session::local::Local;
use crate::stages::{Composition, LOCAL_RETRIES};
use crate::{cohort, marks};

/// The setting that remembers the day that is played here, and how far it has come.
const DAY: &str = "simulatedDay";

/// Nothing is held back for longer than a quarter of an hour, and retries wait for seconds.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Hours of a day after which the daily run starts.
const RUN_AT: SignedDuration = SignedDuration::from_hours(6);

/// A day that is played here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    users: u32,
    days: u16,
    seed: u64,
    /// Midnight, UTC, with which it begins.
    begins: Timestamp,
    /// Up to here everything is done; `None` while the histories before it are written.
    done_to: Option<Timestamp>,
}

impl Day {
    fn of(args: &args::SimulateDay) -> anyhow::Result<Self> {
        let today = SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let date = match args.date {
            Some(date) => date,
            None => today.yesterday()?,
        };
        let begins = date.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        let (users, days, seed) = (args.users, args.days, args.seed);
        Ok(Self { users, days, seed, begins, done_to: None })
    }

    fn ends(&self) -> Timestamp {
        self.begins.saturating_add(SignedDuration::from_hours(24)).unwrap_or(self.begins)
    }

    fn cohort(&self) -> anyhow::Result<CohortSpec> {
        let days = self.days.saturating_add(1);
        Ok(CohortSpec::new(self.users, days, self.seed, self.ends())?)
    }

    fn is_same_day(&self, other: &Self) -> bool {
        Self { done_to: None, ..self.clone() } == Self { done_to: None, ..other.clone() }
    }

    async fn kept(local: &Local) -> anyhow::Result<Option<Self>> {
        let kept = local.backend.setting(DAY).await?;
        let read = |json: String| serde_json::from_str(&json);
        kept.map(read).transpose().context("what is kept of the simulated day cannot be read")
    }

    async fn keep(&self, local: &Local) -> anyhow::Result<()> {
        Ok(local.backend.put_setting(DAY, &serde_json::to_string(self)?).await?)
    }
}

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::SimulateDay,
) -> anyhow::Result<Exit> {
    #[cfg_attr(
        not(feature = "aws"),
        expect(irrefutable_let_patterns, reason = "this build has no other place")
    )]
    let Place::Local { data } = place else {
        anyhow::bail!(
            "expected no --backend aws: a simulated day has its own clock, and AWS has its own"
        );
    };
    let day = begin(data, Day::of(args)?).await?;
    let at = day.done_to.unwrap_or(day.begins);
    let clock = Arc::new(SimulatedClock::starting_at(at));
    let local = Local::open_at(data, clock.clone())?;
    let _lock = local.dir.lock_run()?;
    let plan = Plan::of(&day.cohort()?, day.begins)?;
    let began = SystemClock.now();
    let run = Play { local: &local, clock: &clock, plan: &plan, day, args }.play_out().await?;
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    end(&local, &run, (&plan.counts, seconds), format).await
}

/// Takes up the day that was begun here, or writes the histories before a new one.
async fn begin(data: &Path, asked: Day) -> anyhow::Result<Day> {
    let local = Local::open(data)?;
    let _lock = local.dir.lock_run()?;
    let kept = Day::kept(&local).await?;
    if let Some(kept) = &kept {
        anyhow::ensure!(
            kept.is_same_day(&asked),
            "expected the day that was begun in {} (--users {} --days {} --seed {} --date {}), found another: name an empty directory with --data",
            data.display(),
            kept.users,
            kept.days,
            kept.seed,
            kept.begins.to_zoned(jiff::tz::TimeZone::UTC).date()
        );
    } else {
        anyhow::ensure!(
            local.backend.is_empty().await? && !marks::import_was_tried(&local.backend).await?,
            "expected an empty data directory, found people in {}: nobody is to be reached by a simulated day; name another directory with --data",
            data.display()
        );
        asked.keep(&local).await?;
    }
    if let Some(Day { done_to: Some(_), .. }) = &kept {
        eprintln!("The day was begun before and goes on where it stopped.");
        return Ok(kept.unwrap_or(asked));
    }
    let begins = asked.begins;
    let before = |items| split(items, begins).0;
    cohort::fill_with(&local.session, &asked.cohort()?, before).await?;
    let day = Day { done_to: Some(asked.begins), ..asked };
    day.keep(&local).await?;
    Ok(day)
}

/// A day on its way.
struct Play<'a> {
    local: &'a Local,
    clock: &'a Arc<SimulatedClock>,
    plan: &'a Plan,
    day: Day,
    args: &'a args::SimulateDay,
}

impl Play<'_> {
    /// Plays what is left of the day, and the quarter of an hour after it in which what was held
    /// back comes. Gives the daily run.
    async fn play_out(mut self) -> anyhow::Result<Run> {
        // The lock says that no other host lives: what is still held was held by one that died.
        self.local.backend.release_orphans().await?;
        let host = self.host().await?;
        let bar = progress::steps(self.steps_left(), "simulated day");
        while !self.is_over().await? {
            let began = SystemClock.now();
            self.step(&host).await.context(
                "the day was stopped; mend the cause and run the same command again: it goes on where it stopped",
            )?;
            self.tell(&bar);
            self.keep_to_the_speed(began).await;
        }
        bar.finish_and_clear();
        let run = self.daily_run().await?;
        let session = &self.local.session;
        runs::closing(session).await?.see_to(&run, session.clock.now()).await?;
        runs::find(session, run.id.as_str()).await
    }

    async fn host(&self) -> anyhow::Result<LocalHost> {
        let composition = Composition {
            session: &self.local.session,
            clock: self.clock.clone(),
            chance: crate::stages::chance()?,
            retries: LOCAL_RETRIES,
            policy: Policy::built_in()?.into(),
            writer: None,
            sentiment: None,
        };
        let host = LocalHost::new(Arc::new(SystemClock), Settings::default(), Arc::new(()));
        composition.put_into(host, &StageName::ALL).await
    }

    fn done_to(&self) -> Timestamp {
        self.day.done_to.unwrap_or(self.day.begins)
    }

    fn steps_left(&self) -> u64 {
        let left = self.day.ends().duration_since(self.done_to());
        let steps = left.as_secs().max(0) / self.args.step.as_secs().max(1);
        u64::try_from(steps).unwrap_or_default()
    }

    /// Over when its last step is done and nothing waits for its time any more.
    async fn is_over(&self) -> anyhow::Result<bool> {
        if self.done_to() < self.day.ends() {
            return Ok(false);
        }
        let window = Window { after: self.day.begins, until: self.day.ends() };
        let waiting = self.local.backend.totals(window).await?.waiting;
        anyhow::ensure!(
            waiting == 0 || self.done_to() < self.day.ends().saturating_add(LONGEST_WAIT)?,
            "expected nothing left to do an hour after the day, found {waiting} messages that wait"
        );
        Ok(waiting == 0)
    }

    async fn step(&mut self, host: &LocalHost) -> anyhow::Result<()> {
        let after = self.done_to();
        let until = after.saturating_add(self.args.step)?;
        self.clock.set_forward(until);
        self.act(self.plan.between(after, until)).await?;
        let run_at = self.day.begins.saturating_add(RUN_AT)?;
        if after < run_at && run_at <= until {
            let run = self.daily_run().await?;
            self.daily_runs().request_shards(&run, self.clock.now()).await?;
        }
        host.drain().await?;
        self.day.done_to = Some(until);
        self.day.keep(self.local).await
    }

    /// Does what the app does.
    async fn act(&self, deeds: &[Deed]) -> anyhow::Result<()> {
        let (mut writes, mut told) = (Vec::new(), Vec::new());
        for deed in deeds {
            match &deed.what {
                What::Writes(item) => writes.push(AppWrite::new(&deed.user, item, deed.at)?),
                What::Tells(activity, at) => told.push(record(deed, activity, *at)?),
            }
        }
        self.local.backend.write_as_app(writes).await?;
        Ok(publish_all(&*self.local.session.ports.publisher, &told).await?)
    }

    fn daily_runs(&self) -> DailyRuns {
        let ports = &self.local.session.ports;
        DailyRuns::new(ports.ledger.clone(), ports.publisher.clone())
    }

    /// The daily run of the day; started where it was not.
    async fn daily_run(&self) -> anyhow::Result<Run> {
        let as_of = AsOf::new(self.day.begins.saturating_add(RUN_AT)?)?;
        let (run, _) = self.daily_runs().start(as_of, DEFAULT_SHARDS, self.clock.now()).await?;
        Ok(run)
    }

    fn tell(&self, bar: &ProgressBar) {
        let time = self.done_to().to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M");
        bar.set_message(time.to_string());
        bar.inc(1);
    }

    /// Waits until the step has taken as long as it was asked to.
    async fn keep_to_the_speed(&self, began: Timestamp) {
        let Some(speed) = self.args.speed else { return };
        let wanted = self.args.step.as_secs_f64() / speed;
        let took = SystemClock.now().duration_since(began).as_secs_f64();
        if let Ok(left) = Duration::try_from_secs_f64(wanted - took) {
            SystemClock.sleep(left).await;
        }
    }
}

/// A record of the stream of activity, as `docs/ACTIVITY_STREAM.md` says.
fn record(deed: &Deed, activity: &RecordedActivity, at: Timestamp) -> anyhow::Result<Outgoing> {
    let (user, at) = (&deed.user, AsOf::just_after(at));
    let key = user.partition_key();
    let id = format!("{key}/{at}");
    let message = ActivityRecorded { user_id: user.clone(), at, activity: activity.clone() };
    let body = encode_from("/mindmate/app", &id, deed.at, &message)?;
    let channel = Channel::Stream(StreamName::Activity);
    Ok(Outgoing::new(channel, id, key, body))
}

async fn end(
    local: &Local,
    run: &Run,
    (played, seconds): (&Counts, f64),
    format: Format,
) -> anyhow::Result<Exit> {
    let look = runs::look(&local.session, run).await?;
    let begins = run.as_of.instant().saturating_sub(RUN_AT)?;
    let until = begins.saturating_add(SignedDuration::from_hours(25))?;
    let totals = local.backend.totals(Window { after: begins, until }).await?;
    match format {
        Format::Json => output::json(&json!({
            "run": look.summary, "closed": look.closed, "played": played,
            "assessments": totals.assessments, "levels": totals.levels,
            "interventions": totals.interventions, "delivered": totals.delivered,
            "sentiments": totals.sentiments, "sessions": totals.sessions,
            "putAside": totals.put_aside, "elapsedSeconds": seconds,
        }))?,
        Format::Text | Format::Csv => {
            output::text(&text(local, (&look, &totals), (played, seconds)).await?)?;
        }
    }
    Ok(if totals.put_aside > 0 { look.exit().worse(Exit::DeadLettered) } else { look.exit() })
}

async fn text(
    local: &Local,
    (look, totals): (&Look, &Totals),
    (played, seconds): (&Counts, f64),
) -> anyhow::Result<String> {
    let mut out = format!(
        "Simulated day: {} moods, {} texts, {} sessions, {} activities in {seconds:.1} s\n",
        grouped(played.moods),
        grouped(played.texts),
        grouped(played.sessions),
        grouped(played.activities),
    );
    let realtime = totals.assessments.saturating_sub(look.summary.ledger.assessed);
    out += &format!(
        "  in real time   {} assessments, beside the daily run's {}\n",
        grouped(realtime),
        grouped(look.summary.ledger.assessed)
    );
    out += &format!(
        "  interventions  {} of the whole day, {} of them in the chat\n",
        grouped(totals.interventions),
        grouped(totals.delivered)
    );
    out += &format!("  sentiments     {} stored\n", grouped(totals.sentiments));
    if totals.put_aside > 0 {
        out += &format!("  PUT ASIDE      {} messages and records\n", grouped(totals.put_aside));
    }
    out += "\n";
    out += &look.text(&local.session.installation.pseudonyms().await?);
    Ok(out)
}
