//! `mindmate models monitor`.

use std::fmt::Write as _;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_evaluation::{AlertMetric, Bootstrap, Gates, Metric};
use mindmate_language::Lexicons;
use mindmate_model::RuleScorer;
use mindmate_model_monitor::{ModelMonitor, MonitorPorts, Report, drift_words};
use serde_json::json;

use crate::args::{Format, MonitorModel};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress;
use crate::session::Session;

/// Features that are shown, those that moved most first.
const SHOWN: usize = 5;

pub(super) async fn run(
    session: &Session,
    format: Format,
    args: &MonitorModel,
) -> anyhow::Result<Exit> {
    let as_of = session.as_of(args.as_of)?;
    let task = task(session, args).await?;
    let bar = progress::seen("users");
    let report = task.look(as_of, args.days, &|users| bar.set_position(users)).await;
    bar.finish_and_clear();
    let report = report?;
    let told = if args.dry_run {
        None
    } else {
        Some(task.note(as_of, &report, session.clock.now()).await?.told)
    };
    match format {
        Format::Json => {
            output::json(&json!({ "day": as_of.utc_date(), "told": told, "report": report }))?;
        }
        Format::Text | Format::Csv => output::text(&text(&report)?)?,
    }
    Ok(if report.verdict.asks_for_training() { Exit::TrainingDue } else { Exit::Success })
}

async fn task(session: &Session, args: &MonitorModel) -> anyhow::Result<ModelMonitor> {
    let ports = MonitorPorts {
        users: Arc::clone(&session.ports.training),
        assessments: Arc::clone(&session.ports.assessments),
        models: Arc::clone(&session.models),
        days: Arc::clone(&session.ports.model_days),
        notifier: Arc::clone(&session.ports.notifier),
    };
    let by = (
        Arc::new(Lexicons::built_in()?),
        Arc::new(Policy::built_in()?),
        Arc::new(RuleScorer::built_in()?),
    );
    let bootstrap = Bootstrap { resamples: args.resamples, seed: args.seed };
    let key = session.installation.pseudonyms().await?;
    Ok(ModelMonitor::new(ports, by, &Gates::built_in()?, bootstrap, &key))
}

fn text(report: &Report) -> Result<String, std::fmt::Error> {
    let judged = &report.judged;
    let mut out = format!("{}{}\n", report.scorer, report.warning());
    writeln!(out, "  {:<14} {}", report.verdict.name(), report.conclusion())?;
    writeln!(
        out,
        "  judged         {} assessments of {} people from {} to {}, {} followed by a crisis",
        grouped(judged.rows.rows),
        grouped(judged.rows.users),
        judged.span.from,
        judged.span.to,
        grouped(judged.rows.crises)
    )?;
    if judged.rows.rows > 0 {
        for metric in Metric::ALL {
            writeln!(out, "    {:<24} {}", metric.words(), report.measure(metric))?;
        }
        for at in &judged.thresholds {
            let measures = AlertMetric::ALL.map(|metric| {
                let value = at.measures.get(&metric).and_then(|one| one.value);
                let value = value.map_or_else(|| "undefined".to_owned(), |it| format!("{it:.3}"));
                format!("{} {value}", metric.words())
            });
            writeln!(out, "    from {:<19} {}", at.name, measures.join(", "))?;
        }
    }
    let left_out = &report.left_out;
    writeln!(
        out,
        "  left out       {} people without consent; {} scored by another, {} learned from, {} unseen, {} unread",
        grouped(left_out.without_consent),
        grouped(left_out.by_another),
        grouped(left_out.learned_from),
        grouped(left_out.unseen),
        grouped(left_out.unread)
    )?;
    writeln!(
        out,
        "  latest         {} people from {} to {}: {}",
        grouped(report.recent.assessments),
        report.latest.from,
        report.latest.to,
        report.level_words()
    )?;
    match &report.drift {
        Some(drift) => {
            writeln!(out, "  features       {}", drift_words(drift))?;
            for moved in drift.features.iter().take(SHOWN) {
                writeln!(
                    out,
                    "    {:<28} PSI {:.3} (by chance up to {:.3}), missing {:.1}%, in training {:.1}%",
                    moved.feature.to_string(),
                    moved.psi,
                    moved.bound,
                    100.0 * moved.missing,
                    100.0 * moved.missing_in_training
                )?;
            }
        }
        None => writeln!(out, "  features       the rules serve, which learned from nobody")?,
    }
    if report.recent.invented > 0 {
        writeln!(out, "  people         {} are invented", grouped(report.recent.invented))?;
    }
    Ok(out)
}
