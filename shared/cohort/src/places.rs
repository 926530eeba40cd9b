//! Where the users live: time zones with their countries and languages.
//!
//! The rule of each zone stands here as a POSIX string, so that the bytes of a cohort do not hang on
//! the time-zone database of the machine; a test compares the two. Past changes of a zone's law are
//! not modelled: a diary of 1985 is kept by today's clocks.

use jiff::tz::TimeZone;

/// One place, and how many live there.
#[derive(Debug)]
pub(crate) struct Place {
    /// IANA name.
    pub(crate) zone: &'static str,
    /// The same as a POSIX rule.
    pub(crate) rule: &'static str,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: &'static str,
    /// Share that writes Spanish.
    pub(crate) spanish: f64,
    /// Weight among the places; they add up to 100.
    pub(crate) weight: u32,
}

impl Place {
    /// The zone by its rule.
    pub(crate) fn time_zone(&self) -> TimeZone {
        TimeZone::posix(self.rule).unwrap_or(TimeZone::UTC)
    }
}

const fn place(
    zone: &'static str,
    rule: &'static str,
    country: &'static str,
    spanish: f64,
    weight: u32,
) -> Place {
    Place { zone, rule, country, spanish, weight }
}

/// Invented shares: most in the Americas and Europe, with both hemispheres' summer times, zones
/// without any, and zones of half and quarter hours, since these are what breaks local time.
pub(crate) const PLACES: [Place; 18] = [
    place("America/New_York", "EST5EDT,M3.2.0,M11.1.0", "US", 0.12, 14),
    place("America/Chicago", "CST6CDT,M3.2.0,M11.1.0", "US", 0.12, 8),
    place("America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0", "US", 0.18, 9),
    place("America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0", "CA", 0.0, 2),
    place("America/Mexico_City", "CST6", "MX", 1.0, 10),
    place("America/Bogota", "<-05>5", "CO", 1.0, 5),
    place("America/Argentina/Buenos_Aires", "<-03>3", "AR", 1.0, 6),
    place("America/Santiago", "<-04>4<-03>,M9.1.6/24,M4.1.6/24", "CL", 1.0, 3),
    place("Europe/Madrid", "CET-1CEST,M3.5.0,M10.5.0/3", "ES", 0.97, 9),
    place("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0", "GB", 0.0, 10),
    place("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "DE", 0.0, 4),
    place("Africa/Lagos", "WAT-1", "NG", 0.0, 3),
    place("Asia/Kolkata", "IST-5:30", "IN", 0.0, 6),
    place("Asia/Kathmandu", "<+0545>-5:45", "NP", 0.0, 1),
    place("Asia/Tokyo", "JST-9", "JP", 0.0, 2),
    place("Australia/Adelaide", "ACST-9:30ACDT,M10.1.0,M4.1.0/3", "AU", 0.0, 2),
    place("Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", "AU", 0.0, 4),
    place("Pacific/Auckland", "NZST-12NZDT,M9.5.0,M4.1.0/3", "NZ", 0.0, 2),
];

#[cfg(test)]
mod tests {
    use jiff::tz::Dst;
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn the_weights_are_percent() {
        assert_eq!(PLACES.iter().map(|place| place.weight).sum::<u32>(), 100);
    }

    #[test]
    fn the_rules_agree_with_the_time_zone_database() {
        let first: Timestamp = "2024-01-01T00:30:00Z".parse().unwrap();
        for place in &PLACES {
            let (rule, named) = (place.time_zone(), TimeZone::get(place.zone).unwrap());
            for hour in 0..(3 * 365 * 24) {
                let at = first + SignedDuration::from_hours(hour);
                assert_eq!(rule.to_offset(at), named.to_offset(at), "{} at {at}", place.zone);
            }
        }
    }

    #[test]
    fn some_zones_have_summer_time_and_some_do_not() {
        let july: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
        let summer = |place: &&Place| place.time_zone().to_offset_info(july).dst() == Dst::Yes;
        let count = PLACES.iter().filter(summer).count();
        assert!((5..PLACES.len()).contains(&count), "{count}");
    }
}
