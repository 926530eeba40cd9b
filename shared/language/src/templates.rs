//! Messages to users, from templates that people can read and review.
//!
//! What is filled in is data, never template: a display name of `{{ … }}` stays text. A name and a
//! companion's name are the user's own words and come out in a message from us, so only letters,
//! digits and what joins them stay, at most [`NAME_CHARS`] of them, and whatever looks like an
//! address or a number to call is left out altogether.

use std::collections::BTreeMap;

use mindmate_domain::intervention::{CrisisResources, InterventionType, Message};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Deserialize;

use crate::activities::{Activity, code_of};

const VERSION: &str = "templates-1";
const FILES: [(&str, &str); 2] = [
    ("en", include_str!("../data/templates/en.toml")),
    ("es", include_str!("../data/templates/es.toml")),
];

/// How many characters of a name come into a message.
pub const NAME_CHARS: usize = 40;

/// A name with this many digits may be a number to call.
const PHONE_DIGITS: usize = 3;

/// Why no message could be written.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file is not as the format wants it.
    #[error("templates `{language}` cannot be read: {source}")]
    Format {
        /// The file.
        language: &'static str,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A file says another language or version than its place.
    #[error("templates `{language}` should say `{expected}` and say `{found}`")]
    Header {
        /// The file.
        language: &'static str,
        /// The language or version that was expected.
        expected: &'static str,
        /// The one that was found.
        found: String,
    },
    /// A template cannot be read or rendered.
    #[error("a template cannot be used: {0}")]
    Template(#[from] minijinja::Error),
    /// There is no template of a kind.
    #[error("there is no template for `{kind}` in `{language}`")]
    Missing {
        /// The kind of message.
        kind: &'static str,
        /// ISO 639-1.
        language: &'static str,
    },
    /// Crisis support was asked for without resources.
    #[error("crisis support needs crisis resources and got none")]
    NoResources,
}

/// What comes into a message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fill<'a> {
    /// The user's display name.
    pub name: Option<&'a str>,
    /// The name of the user's companion.
    pub companion: Option<&'a str>,
    /// Needed for crisis support.
    pub resources: Option<&'a CrisisResources>,
    /// For coping activities.
    pub activities: &'a [Activity],
}

/// The templates of all languages.
pub struct Templates {
    environment: Environment<'static>,
    /// How many variants there are, by language and kind.
    variants: BTreeMap<(&'static str, &'static str), u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    version: String,
    language: String,
    #[expect(dead_code, reason = "required in the file for its readers, and used by nobody else")]
    source: String,
    templates: BTreeMap<String, Vec<String>>,
}

impl Templates {
    /// The templates that are compiled in.
    ///
    /// # Errors
    /// Where a data file does not keep to its format or lacks a kind of message; the tests read
    /// them all.
    pub fn built_in() -> Result<Self, TemplateError> {
        let mut templates = Self { environment: environment(), variants: BTreeMap::new() };
        for (language, text) in FILES {
            templates.add(language, text)?;
        }
        Ok(templates)
    }

    fn add(&mut self, language: &'static str, text: &str) -> Result<(), TemplateError> {
        let mut file: TemplateFile =
            toml::from_str(text).map_err(|source| TemplateError::Format { language, source })?;
        for (expected, found) in [(VERSION, &file.version), (language, &file.language)] {
            if expected != found {
                return Err(TemplateError::Header { language, expected, found: found.clone() });
            }
        }
        for kind in InterventionType::ALL {
            let all = file.templates.remove(kind.name()).unwrap_or_default();
            let mut count = 0;
            for template in all {
                count += 1;
                self.environment
                    .add_template_owned(template_name(language, kind, count), template)?;
            }
            if count == 0 {
                return Err(TemplateError::Missing { kind: kind.name(), language });
            }
            self.variants.insert((language, kind.name()), count);
        }
        Ok(())
    }

    /// Writes a message. The variant follows from `seed`; English where the language has none.
    ///
    /// # Errors
    /// [`TemplateError::NoResources`] for crisis support without resources.
    pub fn write(
        &self,
        kind: InterventionType,
        locale: Option<&str>,
        fill: &Fill<'_>,
        seed: u64,
    ) -> Result<Message, TemplateError> {
        if kind == InterventionType::CrisisSupport && fill.resources.is_none() {
            return Err(TemplateError::NoResources);
        }
        let language = code_of(locale);
        let variants = self
            .variants
            .get(&(language, kind.name()))
            .ok_or(TemplateError::Missing { kind: kind.name(), language })?;
        let template = template_name(language, kind, 1 + seed % variants);
        let text = self.environment.get_template(&template)?.render(values(fill))?;
        Ok(Message { template, text: text.trim().to_owned() })
    }
}

/// Plain text; a name that a template misspells fails.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

/// `en/check-in-2@templates-1`.
fn template_name(language: &str, kind: InterventionType, variant: u64) -> String {
    let kind = match kind {
        InterventionType::CrisisSupport => "crisis-support",
        InterventionType::CheckIn => "check-in",
        InterventionType::CopingActivities => "coping-activities",
        InterventionType::Encouragement => "encouragement",
    };
    format!("{language}/{kind}-{variant}@{VERSION}")
}

/// The values of a template; all are there, so that a slip in a template's names fails.
pub(crate) fn values(fill: &Fill<'_>) -> Value {
    let helplines: Vec<Value> = fill
        .resources
        .map(CrisisResources::helplines)
        .unwrap_or_default()
        .iter()
        .map(|line| context! { name => line.name.as_str(), contact => line.contact.as_str(), hours => line.hours.as_str() })
        .collect();
    let activities: Vec<Value> = fill
        .activities
        .iter()
        .map(
            |one| context! { title => one.title.as_str(), description => one.description.as_str() },
        )
        .collect();
    context! {
        name => fill.name.and_then(presentable),
        companion => fill.companion.and_then(presentable),
        helplines,
        emergency => fill.resources.map(CrisisResources::emergency),
        activities,
    }
}

/// A name as it may stand in a message, or `None` where nothing of it may.
fn presentable(name: &str) -> Option<String> {
    if looks_like_an_address(name)
        || name.chars().filter(|c| c.is_numeric()).count() >= PHONE_DIGITS
    {
        return None;
    }
    let kept: String = name
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| c.is_alphanumeric() || is_part_of_a_name(*c))
        .collect();
    let tidy = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = tidy.chars().take(NAME_CHARS).collect();
    let short = short.trim();
    short.contains(char::is_alphanumeric).then(|| short.to_owned())
}

fn is_part_of_a_name(c: char) -> bool {
    matches!(c, ' ' | '\'' | '’' | '-' | '.') || unicode_normalization::char::is_combining_mark(c)
}

/// An address of the web or of mail: a slash, an at sign, or a dot with letters on either side.
fn looks_like_an_address(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    name.contains(['/', '\\', '@', ':'])
        || letters.windows(4).any(|four| match four {
            [before, dot, after, next] => {
                matches!(dot, '.' | '．' | '。')
                    && before.is_alphanumeric()
                    && after.is_alphanumeric()
                    && next.is_alphanumeric()
            }
            _ => false,
        })
}
