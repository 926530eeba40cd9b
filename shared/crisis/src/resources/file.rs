//! The file's form and its checks.

use std::collections::BTreeMap;

use jiff::civil::Date;
use mindmate_domain::intervention::{CrisisResources, Helpline, ResourceParts};
use serde::Deserialize;

use super::{Citation, ResourceDirectory, ResourceError, Texts};

/// What errors call the row without a country.
const INTERNATIONAL: &str = "international";

/// What a citation of an emergency number is about.
const EMERGENCY: &str = "emergency";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    reviewed: Date,
    #[serde(default)]
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    country: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    emergency: Emergency,
    #[serde(default)]
    helpline: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Emergency {
    text: Text,
    source: String,
    verified: Date,
    quote: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    contact: Text,
    hours: Text,
    source: String,
    verified: Date,
    quote: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    en: String,
    es: Option<String>,
}

impl Text {
    fn written(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.en.as_str()).chain(self.es.as_deref())
    }
}

impl Row {
    fn name(&self) -> String {
        self.country.clone().unwrap_or_else(|| INTERNATIONAL.to_owned())
    }

    /// All its texts, each with the field that errors name.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        let lines = self.helpline.iter();
        std::iter::once((EMERGENCY, &self.emergency.text))
            .chain(lines.flat_map(|line| [("contact", &line.contact), ("hours", &line.hours)]))
    }

    /// What it says, each with what its source says.
    fn citations(&self) -> impl Iterator<Item = Citation> {
        let citation = |about: &str, source: &str, verified, quote: &str| Citation {
            country: self.country.clone(),
            about: about.to_owned(),
            source: source.to_owned(),
            verified,
            quote: quote.to_owned(),
        };
        let Emergency { source, verified, quote, .. } = &self.emergency;
        std::iter::once(citation(EMERGENCY, source, *verified, quote)).chain(
            self.helpline
                .iter()
                .map(move |line| citation(&line.name, &line.source, line.verified, &line.quote)),
        )
    }
}

pub(super) fn parse(text: &str) -> Result<ResourceDirectory, ResourceError> {
    let file: File = toml::from_str(text)?;
    let mut international = None;
    let mut by_code = BTreeMap::new();
    let mut citations = Vec::new();
    for row in &file.row {
        check(row, file.reviewed)?;
        citations.extend(row.citations());
        let texts = texts(row, &file.version)?;
        let Some(country) = &row.country else {
            if international.replace(texts).is_some() {
                return Err(ResourceError::Duplicate(INTERNATIONAL.to_owned()));
            }
            continue;
        };
        for code in std::iter::once(country).chain(&row.also) {
            check_code(code)?;
            if by_code.insert(code.clone(), texts.clone()).is_some() {
                return Err(ResourceError::Duplicate(code.clone()));
            }
        }
    }
    Ok(ResourceDirectory {
        international: international.ok_or(ResourceError::NoInternational)?,
        version: file.version,
        reviewed: file.reviewed,
        by_code,
        citations,
    })
}

fn check_code(code: &str) -> Result<(), ResourceError> {
    if (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(ResourceError::Code(code.to_owned()))
    }
}

fn check(row: &Row, reviewed: Date) -> Result<(), ResourceError> {
    if row.helpline.is_empty() {
        return Err(ResourceError::NoHelpline(row.name()));
    }
    for Citation { about, source, verified, quote, .. } in row.citations() {
        if about.trim().is_empty() {
            return Err(ResourceError::Blank { row: row.name(), field: "name" });
        }
        if quote.trim().is_empty() {
            return Err(ResourceError::Blank { row: row.name(), field: "quote" });
        }
        if !source.starts_with("https://") && !source.starts_with("http://") {
            return Err(ResourceError::Source { row: row.name(), found: source });
        }
        if verified > reviewed {
            return Err(ResourceError::NotReviewed { row: row.name(), verified, reviewed });
        }
    }
    for (field, text) in row.texts() {
        if text.written().any(|text| text.trim().is_empty()) {
            return Err(ResourceError::Blank { row: row.name(), field });
        }
    }
    check_numbers(row, &row.emergency.text, &row.emergency.quote)?;
    for line in &row.helpline {
        check_numbers(row, &line.contact, &line.quote)?;
    }
    Ok(())
}

/// Every number that a person is told to call, write to or press is in the words of its source;
/// the international row has none.
fn check_numbers(row: &Row, told: &Text, quote: &str) -> Result<(), ResourceError> {
    let verified = numbers(quote);
    for number in told.written().flat_map(numbers) {
        if row.country.is_none() {
            return Err(ResourceError::InternationalNumber(number));
        }
        if !verified.contains(&number) {
            return Err(ResourceError::Unverified { row: row.name(), number });
        }
    }
    Ok(())
}

/// The numbers in a text, digits only. One blank or hyphen does not end a number: "13 11 14" and
/// "9-8-8" are one each.
pub(super) fn numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut characters = text.chars().peekable();
    let mut within = false;
    while let Some(character) = characters.next() {
        let joins =
            matches!(character, ' ' | '-') && characters.peek().is_some_and(char::is_ascii_digit);
        match found.last_mut() {
            Some(number) if within && character.is_ascii_digit() => number.push(character),
            _ if character.is_ascii_digit() => found.push(character.to_string()),
            _ => {}
        }
        within = character.is_ascii_digit() || (within && joins);
    }
    found
}

/// The row's resources in each of its languages. A row is never half translated: a person who
/// reads no English would miss just the part that is in English.
fn texts(row: &Row, version: &str) -> Result<Texts, ResourceError> {
    let english = resources(row, version, |text| &text.en)?;
    let spanish = match row.texts().filter(|(_, text)| text.es.is_some()).count() {
        0 => None,
        some if some == row.texts().count() => {
            Some(resources(row, version, |text| text.es.as_ref().unwrap_or(&text.en))?)
        }
        _ => return Err(ResourceError::HalfTranslated(row.name())),
    };
    Ok(Texts { english, spanish })
}

fn resources(
    row: &Row,
    version: &str,
    text: impl Fn(&Text) -> &String,
) -> Result<CrisisResources, ResourceError> {
    let helpline = |line: &Line| Helpline {
        name: line.name.clone(),
        contact: text(&line.contact).clone(),
        hours: text(&line.hours).clone(),
    };
    CrisisResources::try_from(ResourceParts {
        version: version.to_owned(),
        country: row.country.clone(),
        helplines: row.helpline.iter().map(helpline).collect(),
        emergency: text(&row.emergency.text).clone(),
    })
    .map_err(|_| ResourceError::NoHelpline(row.name()))
}
