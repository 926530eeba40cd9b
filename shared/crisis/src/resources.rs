//! Crisis resources by country (safety 1).
//!
//! The numbers are data, not code: `data/resources-1.toml` has a version, a date of review and
//! one row a country. Every helpline and emergency number in it cites a source, the day that the
//! source was read and its words; a number that those words do not hold is refused here, so that
//! a slip of the pen cannot become a wrong helpline. One row has no country. It is for everybody
//! whose country is unknown or not in the file, and may hold no number, since every number is
//! some country's.

mod file;

use std::collections::BTreeMap;

use jiff::civil::Date;
use mindmate_domain::intervention::CrisisResources;

/// The resources that ship with the pipeline.
const BUILT_IN: &str = include_str!("../data/resources-1.toml");

/// The language, other than English, that rows may be written in.
const SPANISH: &str = "es";

/// What is wrong with a file of resources.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// It is not the TOML that a file of resources is: a missing source or date among others.
    #[error("the file of crisis resources cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// There is no row for everybody else.
    #[error("expected one row without a country, for everybody whose country is not in the file")]
    NoInternational,
    /// Two rows are for the same country, or two have none.
    #[error("expected one row a country, found two for {0:?}")]
    Duplicate(String),
    /// A country code is none.
    #[error("expected a country code of 2 or 3 capital letters, found {0:?}")]
    Code(String),
    /// A row leads to nobody.
    #[error("expected at least one helpline in row {0:?}")]
    NoHelpline(String),
    /// A text is blank.
    #[error("expected a text for `{field}` in row {row:?}")]
    Blank {
        /// The row's country.
        row: String,
        /// The field.
        field: &'static str,
    },
    /// A source is no address.
    #[error("expected the address of a source in row {row:?}, found {found:?}")]
    Source {
        /// The row's country.
        row: String,
        /// What the file says.
        found: String,
    },
    /// A number is not in the words of its source.
    #[error("expected {number} of row {row:?} in the quote from its source")]
    Unverified {
        /// The row's country.
        row: String,
        /// The number, digits only.
        number: String,
    },
    /// The row for everybody else holds some country's number.
    #[error("expected no number in the row without a country, found {0}")]
    InternationalNumber(String),
    /// A source was read after the file was reviewed: the date of review was not kept up.
    #[error("expected row {row:?} to be verified by the review of {reviewed}, found {verified}")]
    NotReviewed {
        /// The row's country.
        row: String,
        /// When the source was read.
        verified: Date,
        /// When the file was reviewed.
        reviewed: Date,
    },
    /// A row is half translated.
    #[error("expected all texts of row {0:?} in Spanish or none")]
    HalfTranslated(String),
}

/// The resources of all countries in the file. Reading it checks it; choosing never fails.
#[derive(Debug, Clone)]
pub struct ResourceDirectory {
    version: String,
    reviewed: Date,
    international: Texts,
    by_code: BTreeMap<String, Texts>,
    citations: Vec<Citation>,
}

/// A country's resources in the languages that it has them in.
#[derive(Debug, Clone)]
struct Texts {
    english: CrisisResources,
    spanish: Option<CrisisResources>,
}

/// Where a helpline or an emergency number was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The row's country; `None` for the international one.
    pub country: Option<String>,
    /// The helpline's name, or `emergency`.
    pub about: String,
    /// The address of the source.
    pub source: String,
    /// The day on which it was read.
    pub verified: Date,
    /// Its words.
    pub quote: String,
}

impl ResourceDirectory {
    /// The resources that ship with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows; the signature is that of any file.
    pub fn built_in() -> Result<Self, ResourceError> {
        Self::parse(BUILT_IN)
    }

    /// Reads and checks a file of resources.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ResourceError> {
        file::parse(text)
    }

    /// The resources of a country, in English. The code is ISO 3166-1 in any case, with or without
    /// blanks around it. An unknown one, and none, have the international resources: never another
    /// country's number.
    pub fn for_country(&self, country: Option<&str>) -> CrisisResources {
        self.texts(country).english.clone()
    }

    /// As [`ResourceDirectory::for_country`], in the locale's language where the row has it.
    pub fn for_locale(&self, country: Option<&str>, locale: Option<&str>) -> CrisisResources {
        let texts = self.texts(country);
        let language = locale.and_then(|locale| locale.trim().split(['-', '_']).next());
        match &texts.spanish {
            Some(spanish) if language.is_some_and(|l| l.eq_ignore_ascii_case(SPANISH)) => {
                spanish.clone()
            }
            _ => texts.english.clone(),
        }
    }

    /// The version of the file, as every intervention names it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the whole file was last reviewed.
    pub fn reviewed(&self) -> Date {
        self.reviewed
    }

    /// The countries in the file, by all their codes.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().map(String::as_str)
    }

    /// Where each helpline and emergency number was verified.
    pub fn citations(&self) -> &[Citation] {
        &self.citations
    }

    fn texts(&self, country: Option<&str>) -> &Texts {
        country
            .and_then(|code| self.by_code.get(&code.trim().to_ascii_uppercase()))
            .unwrap_or(&self.international)
    }
}

#[cfg(test)]
mod tests;
