//! The data files of drafts.

use std::collections::BTreeMap;

use mindmate_domain::intervention::InterventionType;
use serde::Deserialize;

use super::Theme;
use super::check::Rule;
use crate::form;
use crate::templates::TemplateError;

pub(super) const VERSION: &str = "drafts-1";
pub(super) const FILES: [(&str, &str); 2] = [
    ("en", include_str!("../../data/drafts/en.toml")),
    ("es", include_str!("../../data/drafts/es.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftFile {
    version: String,
    language: String,
    #[expect(dead_code, reason = "required in the file for its readers, and used by nobody else")]
    source: String,
    pub(super) instructions: String,
    pub(super) opening: String,
    /// By the name of the kind of message.
    pub(super) requests: BTreeMap<String, String>,
    pub(super) themes: BTreeMap<Theme, String>,
    /// As in the file; in the form that a text is looked through for, once it is parsed.
    pub(super) forbidden: BTreeMap<Rule, Vec<String>>,
}

impl DraftFile {
    pub(super) fn parse(language: &'static str, text: &str) -> Result<Self, TemplateError> {
        let mut file: Self =
            toml::from_str(text).map_err(|source| TemplateError::Format { language, source })?;
        for (expected, found) in [(VERSION, &file.version), (language, &file.language)] {
            if expected != found {
                return Err(TemplateError::Header { language, expected, found: found.clone() });
            }
        }
        file.is_whole(language)?;
        for phrase in file.forbidden.values_mut().flatten() {
            *phrase = pattern(phrase);
        }
        Ok(file)
    }

    /// ISO 639-1.
    pub(super) fn language(&self) -> &str {
        &self.language
    }

    /// Every kind but crisis support has a request, every theme its words, every rule its phrases.
    fn is_whole(&self, language: &'static str) -> Result<(), TemplateError> {
        for kind in InterventionType::ALL {
            let is_drafted = kind != InterventionType::CrisisSupport;
            if self.requests.contains_key(kind.name()) != is_drafted {
                return Err(TemplateError::Missing { kind: kind.name(), language });
            }
        }
        let themes = Theme::ALL.iter().all(|theme| self.themes.contains_key(theme));
        let rules = Rule::ALL.iter().all(|rule| self.forbidden.contains_key(rule));
        if themes && rules {
            return Ok(());
        }
        let kind = if themes { "a rule under [forbidden]" } else { "a theme" };
        Err(TemplateError::Missing { kind, language })
    }
}

/// A phrase in the form of a text, with a blank where a word has to begin or end.
fn pattern(phrase: &str) -> String {
    match phrase.strip_suffix('*') {
        Some(start) => form::of_text(start).trim_end().to_owned(),
        None => form::of_text(phrase),
    }
}
