//! The command line of watching what serves.

use clap::Args as ClapArgs;
use mindmate_domain::AsOf;

/// Hold what serves against what happened, and its inputs against those that it learned from
///
/// What the stack does once a day, where it also starts a training; this starts none. Of everybody who consents to scoring and training, one daily assessment a week
/// counts, from their sixtieth day on:
///
///   scores      of --days days of assessments whose weeks have passed, against what happened in those weeks
///   features    of the latest 7 days, against those of training: the population stability index (PSI)
///   levels      of the latest 7 days
///
/// The verdict is one of these. The last two ask for a new model:
///
///   sound       nothing speaks against it
///   tooFew      fewer than 30 people with a crisis, or without one: nothing can be said of its scores
///   drifted     a feature has a PSI of 0.25 or more, and more than chance explains; from 1,000 people on
///   degraded    the AUROC or the recall at 10% alerts is below its limit with the whole of its interval
///
/// The day's row is written, and administrators are told where a new model is asked for, and when
/// that is over. The exit code is 10 where a new model is asked for (`mindmate retrain`).
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct MonitorModel {
    /// Looks back from it [default: the latest 06:00 UTC]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<AsOf>,

    /// Days of assessments that are judged
    #[arg(long, value_name = "N", default_value_t = mindmate_model_monitor::JUDGED_DAYS, value_parser = clap::value_parser!(u16).range(1..=90))]
    pub(crate) days: u16,

    /// Only look: write no row and tell nobody
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// How often people are drawn anew for an interval
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) resamples: u32,

    /// What chance starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}
