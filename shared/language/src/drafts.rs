//! Messages drafted by a language model: what it is told, and what of its words may be sent.
//!
//! It is told themes from a data file, chosen by the factors of the assessment, and never a word of
//! the user: [`Brief`] has no place for one, so that nothing can slip through (safety 9). What
//! comes back is checked before anybody sees it (safety 10), and our own opening goes before it,
//! with the display name and with what it comes from (safety 11). Whoever calls falls back to the
//! reviewed [`Templates`](crate::Templates) when a draft is refused.

mod check;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use mindmate_domain::Feature;
use mindmate_domain::feature::Family;
use mindmate_domain::intervention::{InterventionType, Prompt};
use minijinja::Environment;
use serde::Deserialize;

pub use self::check::{Refusal, Rule};
use self::file::{DraftFile, FILES, VERSION};
use crate::activities::code_of;
use crate::templates::{Fill, TemplateError, environment, values};

/// Most characters of a message: those of the longest template.
pub const MESSAGE_CHARS: usize = 600;

/// What a draft is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// The kind of message; crisis support is never drafted (safety 1).
    pub kind: InterventionType,
    /// What the person's days were like.
    pub themes: BTreeSet<Theme>,
}

/// What a person's days were like, in no more detail than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// Their mood was low.
    LowMood,
    /// It went down.
    Downwards,
    /// They were around less.
    LessContact,
    /// What they wrote was weary.
    HeavyWords,
    /// Their mood changed much.
    UpsAndDowns,
}

impl Theme {
    /// All themes.
    pub const ALL: [Self; 5] =
        [Self::LowMood, Self::Downwards, Self::LessContact, Self::HeavyWords, Self::UpsAndDowns];

    /// What a factor that raised the risk says of the days.
    pub fn of(factor: Feature) -> Self {
        match factor {
            Feature::MoodTrend7Day
            | Feature::MoodTrend14Day
            | Feature::MoodTrend30Day
            | Feature::MoodDeclineRate
            | Feature::MoodTheilSen30Day
            | Feature::MoodMannKendallZ => Self::Downwards,
            _ if factor.reads_texts() => Self::HeavyWords,
            _ => match factor.family() {
                Family::Mood => Self::LowMood,
                Family::Behaviour => Self::LessContact,
                Family::Sentiment => Self::HeavyWords,
                Family::Dynamics => Self::UpsAndDowns,
            },
        }
    }
}

impl Brief {
    /// The brief for a message that answers these factors.
    pub fn new(kind: InterventionType, factors: &[Feature]) -> Self {
        Self { kind, themes: factors.iter().copied().map(Theme::of).collect() }
    }
}

/// What drafts are asked for and checked with, in all languages.
pub struct Drafts {
    environment: Environment<'static>,
    files: BTreeMap<&'static str, DraftFile>,
}

impl Drafts {
    /// The data that is compiled in.
    ///
    /// # Errors
    /// Where a data file does not keep to its format; a test reads them all.
    pub fn built_in() -> Result<Self, TemplateError> {
        let mut drafts = Self { environment: environment(), files: BTreeMap::new() };
        for (language, text) in FILES {
            let file = DraftFile::parse(language, text)?;
            drafts.environment.add_template_owned(language, file.opening.clone())?;
            drafts.files.insert(language, file);
        }
        Ok(drafts)
    }

    /// What the model is asked; `None` for crisis support, which waits for no model.
    pub fn prompt(&self, brief: &Brief, locale: Option<&str>) -> Option<Prompt> {
        let file = self.files.get(code_of(locale))?;
        let request = file.requests.get(brief.kind.name())?;
        let themes = brief.themes.iter().filter_map(|theme| file.themes.get(theme));
        let request = themes.chain([request]).map(String::as_str).collect::<Vec<_>>().join(" ");
        Some(Prompt { instructions: file.instructions.clone(), request })
    }

    /// The message of a draft: our opening, the draft, and the activities of `fill`.
    ///
    /// # Errors
    /// Why it may not be sent, without any of it.
    pub fn accept(
        &self,
        draft: &str,
        locale: Option<&str>,
        fill: &Fill<'_>,
    ) -> Result<String, Refusal> {
        let language = code_of(locale);
        let rules = self.files.get(language).ok_or(Refusal::OtherLanguage)?;
        let draft = draft.trim();
        check::draft(draft, rules)?;
        let opening =
            self.environment.get_template(language).and_then(|it| it.render(values(fill)));
        let mut message = format!("{} {draft}", opening.map_err(|_| Refusal::NoOpening)?.trim());
        for activity in fill.activities {
            message += &format!("\n- {}: {}", activity.title, activity.description);
        }
        match message.chars().count() {
            found if found > MESSAGE_CHARS => Err(Refusal::Length { found }),
            _ => Ok(message),
        }
    }

    /// The version of the data files, for the message's record.
    pub fn version(&self) -> &'static str {
        VERSION
    }
}
