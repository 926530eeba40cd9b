//! `mindmate daily`: a whole daily run, on this machine or by the stages of a stack on AWS.

#[cfg(feature = "aws")]
mod deployed;
mod local;
mod people;

use std::path::Path;

use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId};
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::RunStart;
use serde_json::json;

pub(crate) use self::local::{nothing_of_now_waits, work_on};
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::marks::Origin;
use crate::output::{self, grouped};
use crate::reports;
use crate::runs::{self, Look};
use crate::session::{Place, Session};

pub(crate) async fn run(place: &Place, format: Format, args: &args::Daily) -> anyhow::Result<Exit> {
    match place {
        Place::Local { data } => local::run(data, format, args).await,
        #[cfg(feature = "aws")]
        Place::Aws { data, env_file } => {
            deployed::run((data, env_file.as_deref()), format, args).await
        }
    }
}

fn daily_runs(session: &Session) -> DailyRuns {
    DailyRuns::new(session.ports.ledger.clone(), session.ports.publisher.clone())
}

/// Starts the run of that day, or takes up the one that was started.
async fn start(session: &Session, as_of: AsOf, shards: u16) -> anyhow::Result<(Run, RunStart)> {
    let (run, start) = daily_runs(session).start(as_of, shards, session.clock.now()).await?;
    if let RunStart::Existing(run) = &start {
        match run.completed_at {
            Some(_) => eprintln!("{} is complete already; this is what it came to.", run.id),
            None => eprintln!("{} was started before and goes on.", run.id),
        }
    }
    Ok((run, start))
}

/// Another run than the day's, which had not ended when the command began.
struct Other {
    id: RunId,
    look: Look,
}

impl Other {
    /// Looks at it, which closes its books where it can be closed, and says what is missing where
    /// it cannot: nobody else comes back to it.
    async fn look_at(session: &Session, run: &Run) -> anyhow::Result<Self> {
        let look = runs::look(session, run).await?;
        let id = run.id.clone();
        match look.exit() {
            Exit::Success => eprintln!("{id} is complete now."),
            _ => eprintln!("{}", look.text(&session.installation.pseudonyms().await?)),
        }
        Ok(Self { id, look })
    }

    fn json(&self) -> serde_json::Value {
        let ledger = &self.look.summary.ledger;
        json!({ "runId": self.id, "closed": self.look.closed, "ledger": ledger })
    }
}

/// The runs beside this one that have not ended, earliest first.
async fn open_runs(session: &Session, own: &RunId) -> anyhow::Result<Vec<Run>> {
    let mut runs = session.ports.ledger.runs().await?;
    runs.retain(|run| run.completed_at.is_none() && run.id != *own);
    runs.reverse();
    Ok(runs)
}

/// Shows what a run came to and writes its page. `seconds` is how long it took, where somebody
/// measured. The command ends as the worst of all the runs that it saw to.
async fn end(
    session: &Session,
    (run, others): (&Run, &[Other]),
    seconds: Option<f64>,
    (format, args): (Format, &args::Daily),
) -> anyhow::Result<Exit> {
    let look = runs::look(session, run).await?;
    let run = runs::find(session, run.id.as_str()).await?;
    let report = match &args.out {
        Some(path) => path.clone(),
        None => session.dir()?.report(run.id.as_str()),
    };
    reports::write(session, &run, &look.summary, &report).await?;
    let origin = Origin::of(&*session.installation).await?;
    let end = End { look: &look, others, origin, seconds, report: &report };
    match format {
        Format::Json => output::json(&end.json())?,
        Format::Text | Format::Csv => output::text(&end.text(session).await?)?,
    }
    let exit = others.iter().fold(look.exit(), |exit, other| exit.worse(other.look.exit()));
    Ok(exit)
}

/// What a run came to.
struct End<'a> {
    look: &'a Look,
    origin: Origin,
    others: &'a [Other],
    seconds: Option<f64>,
    report: &'a Path,
}

impl End<'_> {
    fn users_per_second(&self) -> Option<f64> {
        let seconds = self.seconds.filter(|seconds| *seconds > 0.0)?;
        Some(self.look.summary.ledger.enqueued as f64 / seconds)
    }

    fn json(&self) -> serde_json::Value {
        let mut json = json!(self.look.summary);
        json["closed"] = json!(self.look.closed);
        json["origin"] = json!(self.origin);
        json["otherRuns"] = self.others.iter().map(Other::json).collect();
        json["elapsedSeconds"] = json!(self.seconds);
        json["usersPerSecond"] = json!(self.users_per_second());
        json["report"] = json!(self.report);
        json
    }

    async fn text(&self, session: &Session) -> anyhow::Result<String> {
        let mut out = self.look.text(&session.installation.pseudonyms().await?);
        if let (Some(seconds), Some(rate)) = (self.seconds, self.users_per_second()) {
            out += &format!("  time           {seconds:.1} s, {rate:.0} users a second\n");
        }
        if let Some(words) = self.origin.words() {
            out += &format!("  people         {words}\n");
        }
        for Other { id, look } in self.others.iter().filter(|one| one.look.exit() != Exit::Success)
        {
            let state = if look.closed { "has dead-lettered users" } else { "IS STILL OPEN" };
            let command = session.command("runs");
            out += &format!("  other runs     {id} {state}: {command} {id}\n");
        }
        let waiting = session.ports.reviews.count_open().await?;
        if waiting > 0 {
            let command = session.command("review");
            out += &format!("  for humans     {} entries: {command}\n", grouped(waiting));
        }
        out += &format!("  report         {}\n", self.report.display());
        Ok(out)
    }
}
