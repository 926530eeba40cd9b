//! `mindmate daily`: a whole daily run, on this machine or by the stages of a stack on AWS.

#[cfg(feature = "aws")]
mod deployed;
mod local;
mod people;

use std::path::Path;

use mindmate_domain::AsOf;
use mindmate_domain::run::Run;
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::RunStart;
use serde_json::json;

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

/// Shows what a run came to and writes its page. `seconds` is how long it took, where somebody
/// measured.
async fn end(
    session: &Session,
    run: &Run,
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
    let end = End { look: &look, origin, seconds, report: &report };
    match format {
        Format::Json => output::json(&end.json())?,
        Format::Text | Format::Csv => output::text(&end.text(session).await?)?,
    }
    Ok(look.exit())
}

/// What a run came to.
struct End<'a> {
    look: &'a Look,
    origin: Origin,
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
        let waiting = session.ports.reviews.count_open().await?;
        if waiting > 0 {
            let command = session.command("review");
            out += &format!("  for humans     {} entries: {command}\n", grouped(waiting));
        }
        out += &format!("  report         {}\n", self.report.display());
        Ok(out)
    }
}
