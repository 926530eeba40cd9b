//! The rows of a file of samples.
//!
//! [`training_set`](mindmate_contracts::training_set) has their form. Zones and countries are as coarse as a
//! comparison of groups needs.

use mindmate_contracts::training_set::GROUP_COLUMNS;
use mindmate_domain::pseudonym::Pseudonym;
use mindmate_domain::{AsOf, Feature, FeatureVector, History};
use mindmate_features::Label;

/// The groups that a sample belongs to, in the order of [`GROUP_COLUMNS`]; empty where nobody knows.
pub(crate) struct Groups([String; GROUP_COLUMNS.len()]);

impl Groups {
    /// `days` is how long the person has been known.
    pub(crate) fn of(history: &History, features: &FeatureVector, days: i64) -> Self {
        let profile = &history.profile;
        let yielded = features.get(Feature::DataYield30Day).value();
        let area = profile.timezone.as_deref().and_then(|zone| zone.split('/').next());
        Self([
            profile.country.clone().unwrap_or_default(),
            tenure(days).to_owned(),
            yielded.map(quarter).unwrap_or_default().to_owned(),
            area.unwrap_or_default().to_owned(),
            if history.texts.is_some() { "read" } else { "closed" }.to_owned(),
        ])
    }
}

fn tenure(days: i64) -> &'static str {
    match days {
        ..90 => "under 3 months",
        90..180 => "3 to 6 months",
        180..365 => "6 to 12 months",
        _ => "from 12 months",
    }
}

fn quarter(share: f64) -> &'static str {
    match share {
        ..0.25 => "under 25%",
        0.25..0.5 => "25 to 50%",
        0.5..0.75 => "50 to 75%",
        _ => "from 75%",
    }
}

/// Rows of samples, as text.
pub(crate) struct Rows(csv::Writer<Vec<u8>>);

/// One sample.
pub(crate) struct Sample<'a> {
    pub(crate) pseudonym: &'a Pseudonym,
    pub(crate) as_of: AsOf,
    pub(crate) label: Label,
    pub(crate) features: &'a FeatureVector,
    pub(crate) groups: &'a Groups,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    pub(crate) fn write(&mut self, sample: &Sample<'_>) -> csv::Result<()> {
        let label = u8::from(sample.label.is_crisis()).to_string();
        let keys = [sample.pseudonym.to_string(), sample.as_of.to_string(), label];
        let cell = |number: Option<f64>| number.map(|number| number.to_string());
        let values =
            sample.features.iter().map(|(_, value)| cell(value.value()).unwrap_or_default());
        let groups = sample.groups.0.iter().cloned();
        self.0.write_record(keys.into_iter().chain(values).chain(groups))
    }

    pub(crate) fn into_bytes(self) -> std::io::Result<Vec<u8>> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}
