//! Reads everybody's assessments, and what happened in the weeks after them.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use mindmate_domain::{AsOf, Assessment, UserId};
use mindmate_features::{Label, NoLabel, label_of_week, read_texts};
use mindmate_pipeline::ports::TrainingUser;
use mindmate_pipeline::{Everybody, StageError};

use crate::ModelMonitor;
use crate::gathered::Gathered;
use crate::serving::Serving;
use crate::weeks::{Span, end_of_week};

/// Users whose items are read at once, and days of whom assessments are.
const IN_FLIGHT: usize = 8;

/// Somebody's scores that are to be held against what happened.
type Scores = Vec<(AsOf, f64)>;

/// What happened after each of somebody's scores; `None` where they do not consent any more.
type Outcomes = Option<Vec<(f64, Result<Label, NoLabel>)>>;

impl ModelMonitor {
    /// Gathers the judged and the latest assessments of everybody who consents.
    pub(crate) async fn gather(
        &self,
        serving: &Serving,
        as_of: AsOf,
        (span, recent): (Span, Span),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Gathered, StageError> {
        let mut gathered = Gathered::new(serving);
        let (mut seen, mut number) = (0, 0);
        let mut pages = Everybody::new(&*self.ports.users, as_of.instant());
        while let Some(users) = pages.next().await? {
            seen += users.len() as u64;
            let users = self.consenting(users, &mut gathered);
            for assessment in self.assessments(&users, recent).await? {
                gathered.see(serving, &assessment);
            }
            let scores = scores(self.assessments(&users, span).await?, serving, &mut gathered);
            let reads = scores.into_iter().map(|(user, scores)| self.outcomes(user, scores, as_of));
            let mut reads = stream::iter(reads).buffered(IN_FLIGHT);
            while let Some(outcomes) = reads.next().await {
                take(&mut gathered, outcomes?, number);
                number += 1;
            }
            progress(seen);
        }
        Ok(gathered)
    }

    fn consenting(&self, users: Vec<TrainingUser>, gathered: &mut Gathered) -> Vec<TrainingUser> {
        let legacy = self.policy.legacy_consents;
        let all = users.len();
        let may = |user: &TrainingUser| user.consents.effective(legacy).may_be_learned_from();
        let users: Vec<TrainingUser> = users.into_iter().filter(may).collect();
        gathered.left_out.without_consent += (all - users.len()) as u64;
        users
    }

    /// The assessments of these users that are looked at.
    async fn assessments(
        &self,
        users: &[TrainingUser],
        span: Span,
    ) -> Result<Vec<Assessment>, StageError> {
        let reads = span.days().map(async |day| {
            let looked_at = |user: &&TrainingUser| {
                let first = user.active.map(|(first, _)| first);
                first.is_some_and(|first| self.weekdays.looks_at(&user.user, first, day))
            };
            let ids: Vec<UserId> =
                users.iter().filter(looked_at).map(|user| user.user.clone()).collect();
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            self.ports.assessments.get_many(&ids, day).await
        });
        let reads: Vec<_> = reads.collect();
        let found: Vec<Vec<Assessment>> =
            stream::iter(reads).buffered(IN_FLIGHT).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// What happened after somebody's scores. On a thread of its own: reading texts is all work and no waiting.
    async fn outcomes(
        &self,
        user: UserId,
        scores: Scores,
        as_of: AsOf,
    ) -> Result<Outcomes, StageError> {
        let timeline = self.ports.users.timeline(&user).await?;
        let (lexicons, legacy) = (Arc::clone(&self.lexicons), self.policy.legacy_consents);
        let labelled = tokio::task::spawn_blocking(move || {
            let now = timeline.history(as_of, legacy);
            now.consents.may_be_learned_from().then(|| {
                let label = |(from, score): (AsOf, f64)| {
                    let history = timeline.history(end_of_week(from), legacy);
                    (score, label_of_week(&history, &read_texts(&history, &lexicons)))
                };
                scores.into_iter().map(label).collect()
            })
        });
        labelled.await.map_err(|error| StageError::permanent("labels-failed", error))
    }
}

/// The scores of what serves, by user; counts the others.
fn scores(
    assessments: Vec<Assessment>,
    serving: &Serving,
    gathered: &mut Gathered,
) -> BTreeMap<UserId, Scores> {
    let mut scores: BTreeMap<UserId, Scores> = BTreeMap::new();
    for assessment in assessments {
        let is_its = assessment.model_version.as_deref() == Some(serving.version.as_str());
        match assessment.score.filter(|_| is_its) {
            None => gathered.left_out.by_another += 1,
            Some(_) if !serving.could_not_know(assessment.as_of) => {
                gathered.left_out.learned_from += 1;
            }
            Some(score) => {
                let score = (assessment.as_of, score.for_operator());
                scores.entry(assessment.user).or_default().push(score);
            }
        }
    }
    scores
}

/// Takes what happened after the scores of one more user.
fn take(gathered: &mut Gathered, outcomes: Outcomes, user: u32) {
    let Some(outcomes) = outcomes else {
        gathered.left_out.without_consent += 1;
        return;
    };
    for (score, label) in outcomes {
        match label {
            Ok(label) => gathered.judge(score, label.is_crisis(), user),
            Err(NoLabel::Unseen) => gathered.left_out.unseen += 1,
            Err(NoLabel::Unread) => gathered.left_out.unread += 1,
        }
    }
}
