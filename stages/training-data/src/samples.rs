//! The samples of one user.

use jiff::Timestamp;
use mindmate_contracts::app_table::Timeline;
use mindmate_contracts::training_set::{LeftOutWeeks, SampleCounts, Side};
use mindmate_domain::instant::ACTIVE_DAYS;
use mindmate_domain::{Consents, FeatureVector, UserId};
use mindmate_features::{Label, NoLabel, extract, label_of_week, read_texts};
use mindmate_language::Lexicons;

use crate::plan::{Cut, Dealer, STEP_DAYS, SampleDay};
use crate::rows::{Groups, Rows, Sample};

/// What all users' samples are made with.
pub struct Sampler<'a> {
    /// Deals sides, weekdays and pseudonyms.
    pub dealer: &'a Dealer,
    /// The word lists.
    pub lexicons: &'a Lexicons,
    /// What holds without a consents block.
    pub legacy: Consents,
    /// Parts training from validation.
    pub cut: Cut,
    /// No label reads what lies after it.
    pub until: Timestamp,
}

/// The samples of one user, as rows of their side's file.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSamples {
    /// Whose file they go to.
    pub side: Side,
    /// The rows.
    pub rows: Vec<u8>,
    /// How many there are.
    pub counts: SampleCounts,
    /// Weeks of which there is no row.
    pub left_out: LeftOutWeeks,
    /// The consents that held.
    pub consents: Consents,
    /// Whether the person is invented.
    pub synthetic: bool,
    /// Of what was read.
    pub sha256: [u8; 32],
}

/// A sample whose week is not read yet.
struct Open {
    day: SampleDay,
    features: FeatureVector,
    groups: Groups,
}

impl Sampler<'_> {
    /// The samples of a user, of whom this is stored; `active` is from the first to the last of what
    /// they did. `None` where what is stored says by now that they do not consent.
    ///
    /// The week of a sample ends where the next one looks back from: each history is put together and
    /// its texts are read once, for the features of the one and the label of the other.
    ///
    /// # Errors
    /// None that happens: rows are written to memory.
    pub fn samples_of(
        &self,
        user: &UserId,
        active: (Timestamp, Timestamp),
        timeline: &Timeline,
    ) -> csv::Result<Option<UserSamples>> {
        let side = self.dealer.side(user);
        let (days, outside): (Vec<SampleDay>, Vec<SampleDay>) =
            self.dealer.days(user, active, self.until).partition(|day| self.cut.keeps(side, *day));
        let now = timeline.history(SampleDay::not_after(self.until).as_of(), self.legacy);
        if !now.consents.may_be_learned_from() {
            return Ok(None);
        }
        let known_since = now.profile.created_at.map_or(active.0, |made| made.min(active.0));
        let mut making = Making {
            sampler: self,
            pseudonym: self.dealer.pseudonym(user),
            known_since,
            rows: Rows::new(),
            counts: SampleCounts::default(),
            left_out: left_out_by_cut(side, outside.len()),
        };
        making.walk(timeline, &days)?;
        let Making { rows, counts, left_out, .. } = making;
        let rows = rows.into_bytes()?;
        Ok(Some(UserSamples {
            side,
            rows,
            counts,
            left_out,
            consents: now.consents,
            synthetic: user.is_synthetic(),
            sha256: timeline.sha256(self.until),
        }))
    }
}

/// Weeks that lie where their side has none.
fn left_out_by_cut(side: Side, weeks: usize) -> LeftOutWeeks {
    let weeks = weeks as u64;
    match side {
        Side::Train => LeftOutWeeks { train_after_cut: weeks, ..LeftOutWeeks::default() },
        Side::Validation => {
            LeftOutWeeks { validation_before_cut: weeks, ..LeftOutWeeks::default() }
        }
    }
}

/// One user's samples while they are made.
struct Making<'a> {
    sampler: &'a Sampler<'a>,
    pseudonym: mindmate_domain::pseudonym::Pseudonym,
    known_since: Timestamp,
    rows: Rows,
    counts: SampleCounts,
    left_out: LeftOutWeeks,
}

impl Making<'_> {
    /// Goes through successive weeks, and one more for the last one's label.
    fn walk(&mut self, timeline: &Timeline, days: &[SampleDay]) -> csv::Result<()> {
        let end = days.last().map(|last| last.plus(STEP_DAYS));
        let mut open: Option<Open> = None;
        for day in days.iter().copied().chain(end) {
            let history = timeline.history(day.as_of(), self.sampler.legacy);
            let texts = read_texts(&history, self.sampler.lexicons);
            if let Some(open) = open.take() {
                self.close(&open, label_of_week(&history, &texts))?;
            }
            if Some(day) == end {
                break;
            }
            if !history.is_active_in(day.as_of().window(ACTIVE_DAYS)) {
                self.left_out.inactive += 1;
                continue;
            }
            let features = extract(&history, &texts).features;
            let known = day.as_of().instant().duration_since(self.known_since).as_hours() / 24;
            let groups = Groups::of(&history, &features, known);
            open = Some(Open { day, features, groups });
        }
        Ok(())
    }

    fn close(&mut self, open: &Open, label: Result<Label, NoLabel>) -> csv::Result<()> {
        let label = match label {
            Ok(label) => label,
            Err(NoLabel::Unseen) => {
                self.left_out.unseen += 1;
                return Ok(());
            }
            Err(NoLabel::Unread) => {
                self.left_out.unread += 1;
                return Ok(());
            }
        };
        self.counts.count(label.low_mood, label.crisis_language);
        self.rows.write(&Sample {
            pseudonym: &self.pseudonym,
            as_of: open.day.as_of(),
            label,
            features: &open.features,
            groups: &open.groups,
        })
    }
}
