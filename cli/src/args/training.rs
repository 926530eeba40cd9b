//! The command line of what is learned from.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use mindmate_domain::AsOf;

/// Prepare the training set: labelled weeks of those who consent to it
///
/// Of everybody who consents to scoring and to training, and whose history spans at least 60 days, each
/// week from their sixtieth day on becomes a row: the 70 features at that instant, by the code that
/// serves, and the label of the 7 days after it. The label is 1 where in those days the mean mood was at
/// most 2 on 3 successive local dates, or a text held crisis language; of somebody who lets no text be
/// read it is the mood alone.
///
/// What is written, in `training/` of the data directory (on AWS of the bucket), or in --out:
///
///   train/samples.csv        two users of three, and of the weeks those that end by the cut
///   validation/samples.csv   the other users, and the weeks that begin at the cut or later
///   manifest.json            the cut, digests, counts by label, who is left out and why, versions
///
/// The cut is the instant before which two of three weeks begin, so that four of five rows are training.
/// Of a long history only the last 60 days lie behind it, where they hold 30 weeks of crisis to judge by;
/// then more of the rows are training.
/// No user is on both sides, and 7 days lie between them. Users have pseudonyms of a key of their own; a
/// missing feature is an empty cell; columns that begin with `group_` are for comparing groups of people
/// and no input.
///
/// The set replaces the earlier one as a whole, manifest last; the same data gives the same bytes. Where
/// there is too little (100 users, 10 rows of each label on each side) there is a warning and no set, an
/// earlier one is taken away, and the exit code is 8.
///
///   mindmate cohort --users 5000 --days 240 --seed 7
///
///   mindmate training-data
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct TrainingData {
    #[command(flatten)]
    pub(crate) set: TrainingSet,

    /// Only count who could be learned from
    #[arg(long, conflicts_with = "out")]
    pub(crate) dry_run: bool,
}

/// Which training set, and where.
#[derive(Debug, ClapArgs)]
pub(crate) struct TrainingSet {
    /// No label reads what lies after it [default: the latest 06:00 UTC]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) until: Option<AsOf>,

    /// Where the set goes instead, on AWS too
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
