//! Numbers and names in words, as a person reads them.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use mindmate_domain::RiskLevel;
use mindmate_domain::quality::Defect;
use plotters::style::RGBColor;

use crate::output::grouped;

/// `12345` as `12,345`.
pub fn count(number: u64) -> String {
    grouped(number)
}

/// A count with its noun: `1 request`, `2 requests`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The part of a whole, 0 to 1; 0 of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The part of a whole in per cent. What is not quite none or all never reads as none or all.
pub fn percent(part: u64, whole: u64) -> String {
    let share = share(part, whole) * 100.0;
    if part > 0 && share < 0.1 {
        "<0.1%".to_owned()
    } else if part < whole && share > 99.9 {
        ">99.9%".to_owned()
    } else {
        format!("{share:.1}%")
    }
}

/// A count and its part of a whole: `12 · 3.4%`.
pub(super) fn count_and_percent(part: u64, whole: u64) -> String {
    format!("{} · {}", count(part), percent(part, whole))
}

/// Microseconds in the unit that suits them.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => in_unit(micros as f64 / 1e3, "ms"),
        1_000_000..60_000_000 => in_unit(micros as f64 / 1e6, "s"),
        _ => in_unit(micros as f64 / 60e6, "min"),
    }
}

/// A length of time in the unit that suits it.
pub fn duration(took: Duration) -> String {
    micros(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

/// Up to three significant digits, without zeros that say nothing.
fn in_unit(number: f64, unit: &str) -> String {
    let digits = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    let text = format!("{number:.digits$}");
    let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// Events a second, where there were any and any time passed.
pub fn rate(events: u64, took: Duration) -> Option<String> {
    let seconds = took.as_secs_f64();
    (events > 0 && seconds > 0.0).then(|| {
        let rate = events as f64 / seconds;
        let digits = usize::from(rate < 100.0);
        let whole = format!("{rate:.digits$}");
        whole.parse().map_or(whole, count)
    })
}

/// An instant for a reader: date and minute, in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// A level for a reader.
pub(super) fn level(level: RiskLevel) -> &'static str {
    match level {
        RiskLevel::Unknown => "Unknown",
        RiskLevel::Minimal => "Minimal",
        RiskLevel::Low => "Low",
        RiskLevel::Moderate => "Moderate",
        RiskLevel::High => "High",
        RiskLevel::Critical => "Critical",
    }
}

/// From cool to warm; unknown stands aside in grey.
pub(super) fn level_colour(level: RiskLevel) -> RGBColor {
    match level {
        RiskLevel::Unknown => RGBColor(0x7A, 0x85, 0x94),
        RiskLevel::Minimal => RGBColor(0x5B, 0x8D, 0xB8),
        RiskLevel::Low => RGBColor(0x3F, 0x8F, 0x83),
        RiskLevel::Moderate => RGBColor(0xB8, 0x86, 0x0B),
        RiskLevel::High => RGBColor(0xCC, 0x5F, 0x1E),
        RiskLevel::Critical => RGBColor(0x9F, 0x1D, 0x3A),
    }
}

/// A defect for a reader.
pub(super) fn defect(defect: Defect) -> &'static str {
    match defect {
        Defect::MoodOutOfRange => "Mood outside 1 to 10",
        Defect::BadInstant => "No readable instant",
        Defect::KeyContradictsType => "Key contradicts the type",
        Defect::KeyContradictsInstant => "Key contradicts the instant",
        Defect::NoType => "No type",
        Defect::BadAttribute => "Unfit attribute of an item",
        Defect::NoSender => "Message without a sender",
        Defect::TextTooLong => "Text too long for an item",
        Defect::NoProfile => "No profile",
        Defect::UnknownTimeZone => "Unknown time zone",
        Defect::UnreadableConsents => "Unreadable consents",
        Defect::BadProfileAttribute => "Unfit attribute of a profile",
        Defect::StaleSentiment => "Sentiment of another text",
    }
}
