//! `mindmate runs`: the runs, or one of them, as it stands or until it is complete.

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_domain::RunId;
use mindmate_domain::assessment::Method;
use mindmate_domain::instant::key_form;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::run::Run;
use mindmate_pipeline::metrics::NoMetrics;
use mindmate_run_report::{
    Closing, ClosingPorts, Missing, RunClosing, State, Summary, close, due_at,
};
use serde_json::{Value, json};

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::following;
use crate::output::{self, grouped};
use crate::session::{Place, Session};

/// Missing users that are shown.
const SHOWN: usize = 20;

pub(crate) async fn run(place: &Place, format: Format, args: &args::Runs) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    match &args.run {
        Some(id) if args.follow => {
            let run = find(&session, id).await?;
            following::follow(&session, format, &run).await
        }
        Some(id) => show(&session, format, id).await,
        None => list(&session, format).await,
    }
}

/// The run of that id, or an error that says which there are.
pub(crate) async fn find(session: &Session, id: &str) -> anyhow::Result<Run> {
    let ledger = &session.ports.ledger;
    if let Some(run) = ledger.run(&RunId::named(id)).await? {
        return Ok(run);
    }
    let known: Vec<String> = ledger.runs().await?.iter().map(|run| run.id.to_string()).collect();
    anyhow::bail!("there is no run {id:?} here; there are: {}", known.join(", "))
}

/// What is known of a run.
pub(crate) struct Look {
    pub(crate) summary: Summary,
    /// Who is missing while its ledger is open, as far as they are paged.
    pub(crate) missing: Vec<Missing>,
    /// Whether everybody is paged and accounted for.
    pub(crate) closed: bool,
}

impl Look {
    /// How a command that looks at a run ends.
    pub(crate) fn exit(&self) -> Exit {
        if !self.closed {
            Exit::LedgerOpen
        } else if self.summary.ledger.dead_lettered + self.summary.interventions.dead_lettered > 0 {
            Exit::DeadLettered
        } else {
            Exit::Success
        }
    }

    /// The summary for people, and what is wrong with it.
    pub(crate) fn text(&self, pseudonyms: &PseudonymKey) -> String {
        let mut out = text(&self.summary);
        if !self.closed && self.missing.is_empty() {
            out += "  LEDGER OPEN    not every shard was fanned out: nobody knows yet who is missing; run the same command again\n";
        }
        out + &missing_words(&self.missing, pseudonyms)
    }
}

/// Closes the books of runs and tells of them, as the function of a stack does: the notices are among
/// those that `mindmate review` lists.
pub(crate) async fn closing(session: &Session) -> anyhow::Result<RunClosing> {
    let ports = ClosingPorts {
        ledger: session.ports.ledger.clone(),
        assessments: session.ports.assessments.clone(),
        notifier: session.ports.notifier.clone(),
        metrics: Arc::new(NoMetrics),
        pseudonyms: Arc::new(session.installation.pseudonyms().await?),
    };
    Ok(RunClosing::new(ports, session.overdue_after))
}

/// Looks at a run. That closes the books of one whose last outcome has come since.
pub(crate) async fn look(session: &Session, run: &Run) -> anyhow::Result<Look> {
    let ledger = &session.ports.ledger;
    if run.completed_at.is_some()
        && let Some(summary) = ledger.summary(&run.id).await?
    {
        let summary = serde_json::from_str(&summary)?;
        return Ok(Look { summary, missing: Vec::new(), closed: true });
    }
    let assessments = &session.ports.assessments;
    Ok(match close(&**ledger, &**assessments, run, session.clock.now()).await? {
        Closing::Closed(summary) => Look { summary, missing: Vec::new(), closed: true },
        Closing::Open { missing, summary } => Look { summary, missing, closed: false },
    })
}

async fn list(session: &Session, format: Format) -> anyhow::Result<Exit> {
    let runs = session.ports.ledger.runs().await?;
    let now = session.clock.now();
    let lines: Vec<_> = runs.iter().map(|run| Line::of(session, run, now)).collect();
    if format == Format::Json {
        output::json(&lines.iter().map(Line::json).collect::<Vec<_>>())?;
        return Ok(Exit::Success);
    }
    let mut out: String = lines.iter().map(Line::text).collect();
    if runs.is_empty() {
        out += &format!("no runs yet: {}\n", session.command("daily"));
    }
    output::text(&out)?;
    Ok(Exit::Success)
}

/// A run in the list.
struct Line<'a> {
    run: &'a Run,
    state: State,
    due_at: Timestamp,
}

impl<'a> Line<'a> {
    fn of(session: &Session, run: &'a Run, now: Timestamp) -> Self {
        let state = State::of(run, session.overdue_after, now);
        Self { run, state, due_at: due_at(run, session.overdue_after) }
    }

    fn json(&self) -> Value {
        let mut json = json!(self.run);
        json["state"] = json!(self.state);
        // A historical run was past due when it was started: nobody waits for it.
        json["dueAt"] = json!((!self.run.historical).then(|| key_form(self.due_at)));
        json
    }

    fn text(&self) -> String {
        let Self { run, state, due_at } = self;
        let state = match (state, run.completed_at) {
            (State::Complete, Some(at)) => format!("complete {}", key_form(at)),
            (State::Overdue, _) => format!("OVERDUE since {}", key_form(*due_at)),
            _ if run.historical => "open".to_owned(),
            _ => format!("open, due {}", key_form(*due_at)),
        };
        let mark = if run.historical { "  historical" } else { "" };
        format!("{}  asOf {}  {state}{mark}\n", run.id, run.as_of)
    }
}

async fn show(session: &Session, format: Format, id: &str) -> anyhow::Result<Exit> {
    let run = find(session, id).await?;
    let look = look(session, &run).await?;
    let pseudonyms = session.installation.pseudonyms().await?;
    match format {
        Format::Json => output::json(&json!({
            "run": run,
            "closed": look.closed,
            "summary": look.summary,
            "missing": look.missing.iter().take(SHOWN).map(|one| named(one, &pseudonyms)).collect::<Vec<_>>(),
        }))?,
        Format::Text | Format::Csv => output::text(&look.text(&pseudonyms))?,
    }
    Ok(look.exit())
}

fn named(missing: &Missing, pseudonyms: &PseudonymKey) -> Value {
    json!({
        "user": pseudonyms.of(&missing.user).to_string(),
        "position": missing.position,
        "missing": format!("{:?}", missing.at).to_lowercase(),
    })
}

/// Those of whom nobody knows what became of them, by keyed hash and place.
fn missing_words(missing: &[Missing], pseudonyms: &PseudonymKey) -> String {
    let mut out = String::new();
    if missing.is_empty() {
        return out;
    }
    out += &format!("\nMissing from the ledger: {}\n", grouped(missing.len() as u64));
    for one in missing.iter().take(SHOWN) {
        out += &format!(
            "  {}  shard {} ordinal {}  no {}\n",
            pseudonyms.of(&one.user),
            one.position.shard,
            one.position.ordinal,
            format!("{:?}", one.at).to_lowercase()
        );
    }
    if missing.len() > SHOWN {
        out += &format!("  … and {} more\n", grouped((missing.len() - SHOWN) as u64));
    }
    out
}

/// A summary for people.
fn text(summary: &Summary) -> String {
    let ledger = &summary.ledger;
    let mark = if summary.historical { "  (historical)" } else { "" };
    let mut out = format!("Run {}  asOf {}{mark}\n", summary.run_id, summary.as_of);
    out += &format!(
        "  users          {} enqueued = {} assessed + {} skipped + {} dead-lettered",
        grouped(ledger.enqueued),
        grouped(ledger.assessed),
        grouped(ledger.skipped),
        grouped(ledger.dead_lettered)
    );
    if ledger.missing > 0 {
        out += &format!(" + {} MISSING", grouped(ledger.missing));
    }
    out += "\n  levels         ";
    out += &counts(
        ["critical", "high", "moderate", "low", "minimal", "unknown"]
            .map(|level| (level, summary.levels.get(level).copied().unwrap_or(0))),
    );
    if let Some(score) = summary.average_score {
        out += &format!("\n  average score  {score:.3} (for operators)");
    }
    let mut methods: Vec<_> = summary.methods.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    methods.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    out += "\n  scored by      ";
    out += &counts(methods);
    if summary.methods.contains_key(Method::Model.name()) {
        out += "\n  models         ";
        out += &counts(non_zero(&summary.models));
    }
    out += "\n  interventions  ";
    let interventions = &summary.interventions;
    let delivered: u64 = interventions.delivered.values().sum();
    let withheld: u64 = interventions.withheld.values().sum();
    out += &format!(
        "{} requested = {} delivered + {} withheld + {} dead-lettered",
        grouped(interventions.requested),
        grouped(delivered),
        grouped(withheld),
        grouped(interventions.dead_lettered)
    );
    if delivered > 0 {
        out += "\n    delivered    ";
        out += &counts(non_zero(&interventions.delivered));
    }
    if withheld > 0 {
        out += "\n    withheld     ";
        out += &counts(non_zero(&interventions.withheld));
    }
    out += "\n  missing data   ";
    out += &missing_data(summary);
    out.push('\n');
    out
}

fn non_zero(counts: &std::collections::BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    counts.iter().filter(|(_, n)| **n > 0).map(|(name, n)| (name.as_str(), *n)).collect()
}

fn counts<'a>(pairs: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let words: Vec<_> =
        pairs.into_iter().map(|(name, n)| format!("{name} {}", grouped(n))).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// The share of all values that are missing, and how many items did not fit.
fn missing_data(summary: &Summary) -> String {
    let values = summary.ledger.assessed * mindmate_domain::feature::FEATURE_COUNT as u64;
    let missing: u64 = summary.missing_features.values().sum();
    let share = if values == 0 { 0.0 } else { 100.0 * missing as f64 / values as f64 };
    let defects: u64 = summary.data_quality.values().sum();
    format!("{share:.1}% of all feature values; {} defects in the data", grouped(defects))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(dead_lettered: u64) -> Summary {
        let none = json!({});
        let json = json!({
            "runId": "daily-2026-11-22", "asOf": "2026-11-22T06:00:00Z", "historical": false,
            "ledger": {"enqueued": 2, "assessed": 1, "skipped": 0, "deadLettered": dead_lettered, "missing": 0},
            "levels": none, "averageScore": null, "scoreHistogram": [], "methods": none,
            "interventions": {"requested": 0, "delivered": none, "withheld": none, "deadLettered": 0, "missing": 0},
            "missingFeatures": none, "dataQuality": none, "stages": none,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_ledger_that_is_open_with_nobody_named_is_no_success() {
        let look = |closed, dead| Look { summary: summary(dead), missing: Vec::new(), closed };
        assert_eq!(look(false, 0).exit(), Exit::LedgerOpen);
        assert_eq!(look(true, 1).exit(), Exit::DeadLettered);
        assert_eq!(look(true, 0).exit(), Exit::Success);
        let pseudonyms = PseudonymKey::new([7; mindmate_domain::pseudonym::KEY_BYTES]);
        assert!(look(false, 0).text(&pseudonyms).contains("LEDGER OPEN"));
    }
    /// Who lists the runs sees which one needs a look.
    #[test]
    fn a_run_is_listed_with_where_it_stands() {
        let run = |completed: Option<&str>, historical| Run {
            id: RunId::named("daily-2026-11-22"),
            as_of: "2026-11-22T06:00:00Z".parse().unwrap(),
            shards: 1,
            historical,
            started_at: "2026-11-22T06:00:01Z".parse().unwrap(),
            completed_at: completed.map(|at| at.parse().unwrap()),
        };
        let after = mindmate_run_report::OVERDUE_AFTER;
        for (run, now, state, words) in [
            (run(None, false), "06:30:00", "open", "open, due 2026-11-22T06:30:00.000Z"),
            (run(None, false), "06:30:01", "overdue", "OVERDUE since 2026-11-22T06:30:00.000Z"),
            (run(None, true), "06:30:01", "open", "open  historical"),
            (
                run(Some("2026-11-22T07:00:00Z"), false),
                "08:00:00",
                "complete",
                "complete 2026-11-22T07:00:00.000Z",
            ),
        ] {
            let now = format!("2026-11-22T{now}Z").parse().unwrap();
            let state_now = State::of(&run, after, now);
            let line = Line { run: &run, state: state_now, due_at: due_at(&run, after) };
            assert_eq!(line.json()["state"], state);
            assert_eq!(line.json()["dueAt"].is_null(), run.historical);
            assert!(line.text().ends_with(&format!("{words}\n")), "{}", line.text());
        }
    }
}
