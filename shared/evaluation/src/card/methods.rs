//! How the model was made and judged.

use super::Card;
use crate::judging::{FEWEST_CRISES_OF_A_GROUP, FEWEST_QUIET_OF_A_GROUP};

impl Card<'_> {
    pub(super) fn methods(&self) -> String {
        let Self { manifest, training, report, .. } = self;
        let (rules, users, weeks) = (&manifest.rules, &manifest.users, &manifest.left_out_weeks);
        let (versions, point) = (&manifest.versions, self.operating_point);
        format!(
            "## Methods
### Data
The app's own table, up to {until}: moods, messages, selfies, sessions, activities. Manifest {manifest_sha256}, made by version {code}.

### Participants
{seen} people are known; {without_consent} do not consent to scoring and training, {too_short} have less than {history} days of history, {without_samples} have no
week that counts. {with_samples} are in the set. What interventions they had is part of what happened.

### Data preparation
One row a person and week, by the code that serves. Left out: {inactive} weeks before which nothing was done for 7 days, {unseen} after
which nothing was seen, {unread} whose texts could not be read. Nothing is imputed for the trees.

### Outcome
1 where in the {label} days after it the mean mood was at most 2 on 3 successive local dates, or a text of the person's own held
crisis language (label version {label_version}). It is computed, by nobody who sees the features.

### Predictors
{features} features of the 35 days before, version {feature_version}: mood, behaviour, sentiment, dynamics (`docs/FEATURES.md`). No age, gender, name or place.

### Sample size
What there was: {crises} crises to train on, {judged} to judge by. Intervals show what that is worth; no size was computed beforehand.

### Missing data
A feature that is missing is missing with a reason, never 0; trees send it the way that training chose.

### Analytical methods
{members}, margins averaged, then Platt's calibration: logit p = {slope:.4} · margin {intercept:+.4}. Seed {seed}.

{hyperparameters}
### Class imbalance
Weighted in training alone, by the hyperparameters above; calibration takes the weights back.

### Fairness
Judged apart by country, tenure, data yield, area of the time zone, and whether texts may be read: groups with at least {fewest_crises} crises and
{fewest_quiet} quiet weeks. Age and gender are not known to the app.

### Model output
A probability, whose log-odds contributions add up to. A crisis is rare and levels begin at fixed scores ({policy}), so that the score
is the probability with {shift:.4} added to its log-odds: from the level {level} on it reaches as many training weeks as the rules,
{share:.1} in 100. What is measured of calibration is measured of the probability.

### Training versus evaluation
No person is on both sides, and {gap} days lie between the last training week and the first of evaluation. Serving has the same features.

### Ethical approval
Not told to the program. Each person consented to scoring and to training, and who withdraws is in no later set.
",
            until = manifest.until,
            manifest_sha256 = training.manifest_sha256,
            code = versions.code,
            seen = users.seen,
            without_consent = users.without_consent,
            too_short = users.too_short,
            history = rules.history_days,
            without_samples = users.without_samples,
            with_samples = users.with_samples,
            inactive = weeks.inactive,
            unseen = weeks.unseen,
            unread = weeks.unread,
            label = rules.label_days,
            label_version = versions.label,
            features = manifest.columns.features.len(),
            feature_version = versions.features,
            crises = training.crises,
            judged = report.rows.crises,
            members = self.members_in_words(),
            slope = self.calibration.slope,
            intercept = self.calibration.intercept,
            seed = training.seed,
            hyperparameters = self.hyperparameters_in_words(),
            fewest_crises = FEWEST_CRISES_OF_A_GROUP,
            fewest_quiet = FEWEST_QUIET_OF_A_GROUP,
            policy = versions.policy,
            shift = point.shift,
            level = point.level,
            share = 100.0 * point.share,
            gap = rules.gap_days,
        )
    }

    fn members_in_words(&self) -> String {
        let members = self.members.iter();
        let members: Vec<String> = members
            .map(|member| format!("{} of {} trees", member.name, member.trees.len()))
            .collect();
        members.join(" and ")
    }

    /// As indented lines: a code block, whatever is in it.
    fn hyperparameters_in_words(&self) -> String {
        let json = serde_json::to_string_pretty(self.hyperparameters).unwrap_or_default();
        json.lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat()
    }
}
