//! The samples of one user.

use jiff::Timestamp;
use mindmate_contracts::app_table::Timeline;
use mindmate_domain::instant::ACTIVE_DAYS;
use mindmate_domain::{Consents, FeatureVector, UserId};
use mindmate_features::{Label, NoLabel, extract, label_of_week, read_texts};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::Side;
use serde::Serialize;

use crate::eligibility::may_be_learned_from;
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
}

/// Rows by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleCounts {
    /// All.
    pub rows: u64,
    /// Those of label 1.
    pub crisis: u64,
    /// Those of label 0.
    pub quiet: u64,
    /// Of label 1 by the mood alone.
    pub by_low_mood: u64,
    /// Of label 1 by crisis language alone.
    pub by_crisis_language: u64,
    /// Of label 1 by both.
    pub by_both: u64,
}

/// Weeks that are no sample, by the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutWeeks {
    /// Of training users, too late to end by the cut; nothing of them was read.
    pub train_after_cut: u64,
    /// Of validation users, before the cut; nothing of them was read.
    pub validation_before_cut: u64,
    /// Nothing was done in the 7 days before: such a person is not assessed either.
    pub inactive: u64,
    /// Nothing was seen in the 7 days after that could make a label.
    pub unseen: u64,
    /// Reading the texts failed.
    pub unread: u64,
}

impl SampleCounts {
    fn count(&mut self, label: Label) {
        self.rows += 1;
        *(if label.is_crisis() { &mut self.crisis } else { &mut self.quiet }) += 1;
        match (label.low_mood, label.crisis_language) {
            (true, true) => self.by_both += 1,
            (true, false) => self.by_low_mood += 1,
            (false, true) => self.by_crisis_language += 1,
            (false, false) => {}
        }
    }

    /// The same and those.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.crisis += other.crisis;
        self.quiet += other.quiet;
        self.by_low_mood += other.by_low_mood;
        self.by_crisis_language += other.by_crisis_language;
        self.by_both += other.by_both;
    }
}

impl LeftOutWeeks {
    /// The same and those.
    pub(crate) fn add(&mut self, other: &Self) {
        self.train_after_cut += other.train_after_cut;
        self.validation_before_cut += other.validation_before_cut;
        self.inactive += other.inactive;
        self.unseen += other.unseen;
        self.unread += other.unread;
    }
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
        if !may_be_learned_from(now.consents) {
            return Ok(None);
        }
        let known_since = now.profile.created_at.map_or(active.0, |made| made.min(active.0));
        let mut making = Making {
            sampler: self,
            pseudonym: self.dealer.pseudonym(user),
            known_since,
            rows: Rows::new(),
            counts: SampleCounts::default(),
            left_out: LeftOutWeeks::of_cut(side, outside.len()),
        };
        making.walk(timeline, &days)?;
        let Making { rows, counts, left_out, .. } = making;
        let rows = rows.into_bytes()?;
        Ok(Some(UserSamples { side, rows, counts, left_out, consents: now.consents }))
    }
}

impl LeftOutWeeks {
    fn of_cut(side: Side, outside: usize) -> Self {
        let outside = outside as u64;
        match side {
            Side::Train => Self { train_after_cut: outside, ..Self::default() },
            Side::Validation => Self { validation_before_cut: outside, ..Self::default() },
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
        self.counts.count(label);
        self.rows.write(&Sample {
            pseudonym: &self.pseudonym,
            as_of: open.day.as_of(),
            label,
            features: &open.features,
            groups: &open.groups,
        })
    }
}
