//! Coping activities: small things that people find helpful, chosen by what a person likes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::form;
use crate::lexicon_file::LANGUAGES;
use crate::lexicons::language_of;

const FILE: &str = include_str!("../data/activities.toml");

/// Why the activities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// The file is not as the format wants it.
    #[error("the activities cannot be read: {0}")]
    Format(#[from] toml::de::Error),
    /// An activity is not written in a language.
    #[error("activity `{name}` has no text in `{language}`")]
    NoText {
        /// The activity.
        name: String,
        /// ISO 639-1.
        language: &'static str,
    },
}

/// An activity, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its key, the same in all languages and versions.
    pub name: String,
    /// A few words.
    pub title: String,
    /// One line.
    pub description: String,
}

/// All coping activities.
pub struct Activities {
    version: String,
    all: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivityFile {
    version: String,
    #[expect(dead_code, reason = "required in the file for its readers, and used by nobody else")]
    source: String,
    activity: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    tags: Vec<String>,
    #[serde(flatten)]
    texts: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
struct Text {
    title: String,
    description: String,
}

impl Activities {
    /// The activities that are compiled in.
    ///
    /// # Errors
    /// Where the data file does not keep to its format; the tests read it.
    pub fn built_in() -> Result<Self, ActivityError> {
        let file: ActivityFile = toml::from_str(FILE)?;
        for entry in &file.activity {
            if let Some(language) = LANGUAGES.iter().find(|code| !entry.texts.contains_key(**code))
            {
                return Err(ActivityError::NoText { name: entry.name.clone(), language });
            }
        }
        Ok(Self { version: file.version, all: file.activity })
    }

    /// The version of the data file.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// At most `n` different activities: first those that a preference has a word in common with,
    /// then others; within either group the order follows from `seed`. In English where there is
    /// no text in the locale's language.
    pub fn choose(
        &self,
        preferences: &[String],
        locale: Option<&str>,
        n: usize,
        seed: u64,
    ) -> Vec<Activity> {
        let liked: Vec<String> = preferences.iter().map(|one| form::of_text(one)).collect();
        let mut entries: Vec<&Entry> = self.all.iter().collect();
        entries.sort_by_key(|entry| (!entry.is_liked(&liked), mix(seed, &entry.name)));
        let code = code_of(locale);
        entries.into_iter().filter_map(|entry| entry.in_language(code)).take(n).collect()
    }
}

impl Entry {
    fn is_liked(&self, liked: &[String]) -> bool {
        self.tags
            .iter()
            .chain([&self.name])
            .map(|word| form::of_text(word))
            .any(|word| liked.iter().any(|one| one.contains(&word)))
    }

    fn in_language(&self, code: &str) -> Option<Activity> {
        self.texts.get(code).map(|text| Activity {
            name: self.name.clone(),
            title: text.title.clone(),
            description: text.description.clone(),
        })
    }
}

/// The locale's language where there are texts in it, else English.
pub(crate) fn code_of(locale: Option<&str>) -> &'static str {
    let index = language_of(locale).unwrap_or_default();
    LANGUAGES.get(usize::from(index)).copied().unwrap_or(LANGUAGES[0])
}

/// FNV-1a over the seed and the name, so that an order holds across versions of the compiler.
fn mix(seed: u64, name: &str) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    seed.to_le_bytes()
        .into_iter()
        .chain(name.bytes())
        .fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
