//! The file's form and its checks.

use std::collections::BTreeMap;

use jiff::civil::Date;
use mindmate_domain::intervention::{CrisisResources, Helpline, ResourceParts};
use serde::Deserialize;

use super::{Citation, ResourceDirectory, ResourceError, Texts};

/// What errors call the row without a country.
const INTERNATIONAL: &str = "international";

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
    en: String,
    es: Option<String>,
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

pub(super) fn parse(text: &str) -> Result<ResourceDirectory, ResourceError> {
    let file: File = toml::from_str(text)?;
    let mut international = None;
    let mut by_code = BTreeMap::new();
    let mut sources = Vec::new();
    for row in &file.row {
        check(row, file.reviewed)?;
        sources.extend(citations(row));
        let texts = texts(row, &file.version)?;
        let Some(country) = &row.country else {
            if international.replace(texts).is_some() {
                return Err(ResourceError::Duplicate(INTERNATIONAL.to_owned()));
            }
            continue;
        };
        for code in std::iter::once(country).chain(&row.also) {
            if !(2..=3).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(ResourceError::Code(code.clone()));
            }
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
        sources,
    })
}

fn name(row: &Row) -> String {
    row.country.clone().unwrap_or_else(|| INTERNATIONAL.to_owned())
}

/// What a row says, each with what its source says.
fn citations(row: &Row) -> impl Iterator<Item = Citation> {
    let emergency = &row.emergency;
    let first = Citation {
        country: row.country.clone(),
        about: "emergency".to_owned(),
        source: emergency.source.clone(),
        verified: emergency.verified,
        quote: emergency.quote.clone(),
    };
    std::iter::once(first).chain(row.helpline.iter().map(|line| Citation {
        country: row.country.clone(),
        about: line.name.clone(),
        source: line.source.clone(),
        verified: line.verified,
        quote: line.quote.clone(),
    }))
}

fn check(row: &Row, reviewed: Date) -> Result<(), ResourceError> {
    if row.helpline.is_empty() {
        return Err(ResourceError::NoHelpline(name(row)));
    }
    for citation in citations(row) {
        if !citation.source.starts_with("https://") && !citation.source.starts_with("http://") {
            return Err(ResourceError::Source { row: name(row), found: citation.source });
        }
        if citation.verified > reviewed {
            let verified = citation.verified;
            return Err(ResourceError::NotReviewed { row: name(row), verified, reviewed });
        }
    }
    check_texts(row)?;
    check_numbers(row)
}

fn check_texts(row: &Row) -> Result<(), ResourceError> {
    let mut fields = vec![("quote", row.emergency.quote.as_str())];
    fields.push(("emergency", &row.emergency.en));
    fields.extend(row.emergency.es.as_deref().map(|text| ("emergency", text)));
    for line in &row.helpline {
        fields.extend([("name", line.name.as_str()), ("quote", &line.quote)]);
        fields.extend(written(&line.contact).map(|text| ("contact", text)));
        fields.extend(written(&line.hours).map(|text| ("hours", text)));
    }
    match fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
        Some((field, _)) => Err(ResourceError::Blank { row: name(row), field }),
        None => Ok(()),
    }
}

/// Every number that a person is told to call, write to or press is in the words of its source;
/// the international row has none.
fn check_numbers(row: &Row) -> Result<(), ResourceError> {
    let emergency = &row.emergency;
    let told = std::iter::once((emergency.en.as_str(), emergency.quote.as_str()))
        .chain(emergency.es.as_deref().map(|text| (text, emergency.quote.as_str())))
        .chain(row.helpline.iter().flat_map(|line| {
            written(&line.contact).map(move |text| (text, line.quote.as_str()))
        }));
    for (text, quote) in told {
        let verified = numbers(quote);
        for number in numbers(text) {
            if row.country.is_none() {
                return Err(ResourceError::InternationalNumber(number));
            }
            if !verified.contains(&number) {
                return Err(ResourceError::Unverified { row: name(row), number });
            }
        }
    }
    Ok(())
}

fn written(text: &Text) -> impl Iterator<Item = &str> {
    std::iter::once(text.en.as_str()).chain(text.es.as_deref())
}

/// The numbers in a text, digits only: "13 11 14" and "9-8-8" are one number each.
pub(super) fn numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut between: Option<usize> = None; // characters since the last digit, where all join
    for character in text.chars() {
        match (character.is_ascii_digit(), found.last_mut(), between) {
            (true, Some(number), Some(0 | 1)) => {
                number.push(character);
                between = Some(0);
            }
            (true, ..) => {
                found.push(character.to_string());
                between = Some(0);
            }
            (false, _, Some(0)) if matches!(character, ' ' | '-') => between = Some(1),
            (false, ..) => between = None,
        }
    }
    found
}

fn texts(row: &Row, version: &str) -> Result<Texts, ResourceError> {
    let english = resources(row, version, &row.emergency.en, |text| &text.en)?;
    let spanish: Vec<bool> = std::iter::once(row.emergency.es.is_some())
        .chain(row.helpline.iter().flat_map(|l| [l.contact.es.is_some(), l.hours.es.is_some()]))
        .collect();
    let spanish = match (&row.emergency.es, spanish.iter().all(|written| *written)) {
        (Some(emergency), true) => {
            let text = |text: &'_ Text| text.es.clone().unwrap_or_default();
            Some(resources_owned(row, version, emergency, text)?)
        }
        _ if spanish.contains(&true) => return Err(ResourceError::HalfTranslated(name(row))),
        _ => None,
    };
    Ok(Texts { english, spanish })
}

fn resources(
    row: &Row,
    version: &str,
    emergency: &str,
    text: impl Fn(&Text) -> &String,
) -> Result<CrisisResources, ResourceError> {
    resources_owned(row, version, emergency, |t| text(t).clone())
}

fn resources_owned(
    row: &Row,
    version: &str,
    emergency: &str,
    text: impl Fn(&Text) -> String,
) -> Result<CrisisResources, ResourceError> {
    let line = |line: &Line| Helpline {
        name: line.name.clone(),
        contact: text(&line.contact),
        hours: text(&line.hours),
    };
    CrisisResources::try_from(ResourceParts {
        version: version.to_owned(),
        country: row.country.clone(),
        helplines: row.helpline.iter().map(line).collect(),
        emergency: emergency.to_owned(),
    })
    .map_err(|_| ResourceError::NoHelpline(name(row)))
}
