//! From the lines of a file to samples.

use std::collections::{HashMap, HashSet};

use csv::{ReaderBuilder, StringRecord};
use mindmate_contracts::training_set::{GROUP_COLUMNS, KEY_COLUMNS, columns};
use mindmate_domain::AsOf;
use mindmate_domain::feature::FEATURE_COUNT;

use super::samples::{GroupColumn, Samples};

/// Where the columns of a row begin.
const LABEL: usize = KEY_COLUMNS.len();
const FEATURES: usize = LABEL + 1;
const GROUPS: usize = FEATURES + FEATURE_COUNT;

/// Most characters of a cell that an error shows.
const SHOWN: usize = 40;

/// Where a file does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(", line {line}: {fault}")]
pub struct RowError {
    /// From 1, the header being the first.
    pub line: u64,
    /// Why.
    pub fault: RowFault,
}

/// Why a line does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// There is nothing at all.
    #[error("expected a header, found an empty file")]
    Empty,
    /// The CSV itself is broken, or a line has more or fewer cells.
    #[error("expected a line of CSV with as many cells as the header, found otherwise: {0}")]
    Csv(String),
    /// The header is another.
    #[error("column {place}: expected {expected}, found {found}")]
    Header {
        /// Which, from 1.
        place: usize,
        /// What it should be.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A cell is not what its column holds.
    #[error("column {column}: expected {expected}, found {found:?}")]
    Cell {
        /// Its name.
        column: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What stands there, cut to 40 characters.
        found: String,
    },
    /// A person's week is there twice.
    #[error("a second row of the same person and instant")]
    Twice,
}

/// Reads a file.
pub(super) fn samples(bytes: &[u8]) -> Result<Samples, RowError> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut record = StringRecord::new();
    let mut read = |record: &mut StringRecord, line| {
        reader.read_record(record).map_err(|error| RowError { line, fault: broken(&error) })
    };
    if !read(&mut record, 1)? {
        return Err(RowError { line: 1, fault: RowFault::Empty });
    }
    header(&record).map_err(|fault| RowError { line: 1, fault })?;
    let mut reading = Reading::new();
    // A group with a line break in it would shift the lines that later errors name, and nothing else.
    for line in 2.. {
        if !read(&mut record, line)? {
            break;
        }
        reading.take(&record).map_err(|fault| RowError { line, fault })?;
    }
    Ok(reading.samples)
}

/// The place, from 1, of the first name that is another, what it should be and what it is.
pub(super) fn first_difference<'a, 'b>(
    expected: impl IntoIterator<Item = &'a str>,
    found: impl IntoIterator<Item = &'b str>,
) -> Option<(usize, String, String)> {
    const NOTHING: &str = "no further column";
    let (mut expected, mut found) = (expected.into_iter(), found.into_iter());
    let mut place = 0;
    loop {
        place += 1;
        match (expected.next(), found.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => {
                let words = |name: Option<&str>| name.map_or_else(|| NOTHING.to_owned(), shown);
                return Some((place, words(one), words(other)));
            }
        }
    }
}

fn header(record: &StringRecord) -> Result<(), RowFault> {
    match first_difference(columns(), record.iter()) {
        None => Ok(()),
        Some((place, expected, found)) => Err(RowFault::Header { place, expected, found }),
    }
}

/// The words of `csv` without its own place, which counts otherwise.
fn broken(error: &csv::Error) -> RowFault {
    RowFault::Csv(match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "a cell that is not UTF-8".to_owned(),
        other => format!("{other:?}"),
    })
}

fn shown(cell: &str) -> String {
    cell.chars().take(SHOWN).collect()
}

/// Samples while they are read.
struct Reading {
    samples: Samples,
    users: HashMap<String, u32>,
    groups: [HashMap<String, u32>; GROUP_COLUMNS.len()],
    /// Each person's weeks so far, by their number.
    weeks: HashSet<(u32, AsOf)>,
    names: Vec<&'static str>,
}

impl Reading {
    fn new() -> Self {
        let column = |column| GroupColumn { column, names: Vec::new(), of: Vec::new() };
        Self {
            samples: Samples {
                features: Vec::new(),
                labels: Vec::new(),
                users: Vec::new(),
                pseudonyms: Vec::new(),
                instants: Vec::new(),
                groups: GROUP_COLUMNS.map(column),
            },
            users: HashMap::new(),
            groups: Default::default(),
            weeks: HashSet::new(),
            names: columns().collect(),
        }
    }

    fn take(&mut self, record: &StringRecord) -> Result<(), RowFault> {
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let column = |place: usize| self.names.get(place).copied().unwrap_or_default();
        let unfit = |place: usize, expected| RowFault::Cell {
            column: column(place),
            expected,
            found: shown(cell(place)),
        };
        if cell(0).is_empty() {
            return Err(unfit(0, "a pseudonym"));
        }
        let instant =
            cell(1).parse().map_err(|_| unfit(1, "an instant such as 2026-04-20T06:00:00.000Z"))?;
        let label = match cell(LABEL) {
            "0" => false,
            "1" => true,
            _ => return Err(unfit(LABEL, "0 or 1")),
        };
        let places = FEATURES..GROUPS;
        let values = places.map(|place| {
            number(cell(place)).ok_or_else(|| unfit(place, "a finite number or nothing"))
        });
        let values: Vec<f64> = values.collect::<Result<_, _>>()?;
        self.samples.features.extend(values);
        self.samples.labels.push(label);
        self.samples.instants.push(instant);
        let user = number_of(&mut self.users, &mut self.samples.pseudonyms, cell(0));
        self.samples.users.push(user);
        if !self.weeks.insert((user, instant)) {
            return Err(RowFault::Twice);
        }
        for (index, known) in self.groups.iter_mut().enumerate() {
            let group = &mut self.samples.groups[index];
            group.of.push(number_of(known, &mut group.names, cell(GROUPS + index)));
        }
        Ok(())
    }
}

/// NaN of an empty cell; `None` of what is no finite number, such as the word NaN.
fn number(cell: &str) -> Option<f64> {
    if cell.is_empty() {
        return Some(f64::NAN);
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The number of a name, a new one where it was not seen yet.
fn number_of(known: &mut HashMap<String, u32>, names: &mut Vec<String>, name: &str) -> u32 {
    if let Some(number) = known.get(name) {
        return *number;
    }
    let number = u32::try_from(names.len()).unwrap_or(u32::MAX);
    known.insert(name.to_owned(), number);
    names.push(name.to_owned());
    number
}
