//! The model card, in Markdown.
//!
//! It follows the headings of TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), which says what a report of a
//! prediction model must tell. Where nothing can be told yet, it says so: an item that is left out reads as one
//! that was seen to. A card cannot name its model's version, which its own words decide.

mod methods;
mod results;
#[cfg(test)]
mod tests;

use mindmate_contracts::training_set::Manifest;
use mindmate_domain::Feature;
use mindmate_model::{Member, OperatingPoint, Platt, TrainedOn};

use crate::report::{Difference, Report};

/// What a card is made of.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// The set.
    pub manifest: &'a Manifest,
    /// What the model was trained on.
    pub training: &'a TrainedOn,
    /// Its members.
    pub members: &'a [Member],
    /// How margins become probabilities.
    pub calibration: Platt,
    /// How probabilities become scores.
    pub operating_point: OperatingPoint,
    /// What it was trained with.
    pub hyperparameters: &'a serde_json::Value,
    /// How much each input counts, in any order.
    pub importance: &'a [(Feature, f64)],
    /// What was found on the validation side.
    pub report: &'a Report,
    /// The model less the rules, the challenger, or whatever else was judged on the same rows.
    pub differences: &'a [Difference],
}

/// What is said first of a model of invented people, wherever it is named.
pub const SYNTHETIC: &str = "Trained on invented people: proves the pipeline and nothing clinical.";

impl Card<'_> {
    /// The card.
    pub fn markdown(&self) -> String {
        let sections = [
            self.title(),
            INTRODUCTION.to_owned(),
            self.methods(),
            OPEN_SCIENCE.to_owned(),
            self.results(),
            self.discussion(),
        ];
        sections.join("\n")
    }

    fn title(&self) -> String {
        let TrainedOn { samples, users, crises, until, .. } = self.training;
        let auroc = results::measured(self.report.overall.get(&crate::Metric::Auroc));
        let rows = self.report.rows;
        format!(
            "# Model card: risk of a crisis in the coming week

{banner}## Abstract
An ensemble of decision trees that estimates, from what a person shared with the app in the last 35 days, the probability of a
crisis in the next 7 days. Trained on {samples} weeks of {users} people up to {until}, of which {crises} were followed by a
crisis. On {} weeks of {} other people, later in time, with {} crises: AUROC {auroc}.
",
            rows.rows,
            rows.users,
            rows.crises,
            banner = self.banner()
        )
    }

    fn banner(&self) -> String {
        let invented = self.manifest.invented_users;
        match invented {
            0 => String::new(),
            _ if self.training.synthetic => format!(
                "> **{SYNTHETIC}** Every number below is about a synthetic cohort, whose people are easier to read than real ones.\n\n"
            ),
            _ => format!(
                "> **{invented} of the {} people in the set are invented.** The numbers below are of both.\n\n",
                self.manifest.users.with_samples
            ),
        }
    }

    fn discussion(&self) -> String {
        let leak = self
            .report
            .leak_warning()
            .map_or(String::new(), |warning| format!("- **A leak is suspected:** {warning}.\n"));
        let synthetic = if self.training.synthetic {
            "- The people are invented. Nothing here says how well it would do for real ones.\n"
        } else {
            ""
        };
        format!(
            "## Discussion
### Interpretation
It ranks weeks by risk; it does not explain why a crisis comes, and what a feature adds to a score is no cause.
Intervals draw people again, and not weeks: weeks of one person are alike.

### Limitations
{synthetic}{leak}- The label is what the app saw: three days of very low mood, or crisis language. A crisis that left neither is a quiet week, and
  one that was averted by an intervention is one too.
- People who let no text be read are labelled by their mood alone.
- People in their first sixty days are assessed by a model that saw nobody like them.
- Consents, country and time zone are those of the day on which the set was made.
- One installation, one language or two: it was tried nowhere else.

### Usability of the model in the context of current care
It supports people who help; it decides nothing by itself. Explicit crisis language lifts a level whatever the model says, a
critical level always reaches a human, and where features are missing the confidence falls and says so. What lacks too much to be scored goes
to the documented rules, then to the last known level, then to unknown, which is never shown as minimal. Scores are never shown to users.
"
        )
    }
}

const INTRODUCTION: &str = "## Introduction
### Background
People log moods and write to a companion app. Reaching out early, with a kind message, coping activities, or crisis resources and
a human, needs an order of who is likely to be worse soon. It is for the engineers who run it and the reviewers who act on it. It makes no
diagnosis and predicts no suicide. Who writes less, in another language, or lets no text be read gives it less to go by: see Fairness.

### Objectives
Development, with an internal evaluation on other people and later weeks. No external evaluation.
";

const OPEN_SCIENCE: &str = "## Open science
### Funding
Not told to the program.

### Conflicts of interest
Not told to the program.

### Protocol
`docs/adr/0013`, `0016` and `0017` say how sets are made, models trained and judged; the gates were written down before the model was.

### Registration
Not registered.

### Data sharing
The set is not shared: it is about people, under pseudonyms. A synthetic cohort can be made again from its seed.

### Code sharing
The program that made, judged and serves it is one repository; versions are below and in the manifest.

## Patient and public involvement
None in making this model. It must not be taken for care that people with lived experience helped to shape.
";
