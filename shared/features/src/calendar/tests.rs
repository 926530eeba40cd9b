use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

use super::*;

fn day_of(date: Date) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    Day(i64::from(date.since(epoch).unwrap().get_days()))
}

fn date_of(day: Day) -> Date {
    date(1970, 1, 1) + jiff::Span::new().days(day.0)
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

const ZONES: [&str; 10] = [
    "UTC",
    "America/New_York",
    "Europe/Madrid",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Atlantic/Azores",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
];

#[test]
fn the_night_in_which_new_york_leaps_has_no_two_oclock() {
    let until = "2025-03-12T00:00:00Z".parse().unwrap();
    let clock = LocalClock::until(&zone("America/New_York"), until, 37);
    let leap = day_of(date(2025, 3, 9));
    let instant = |hour| clock.instant(leap, hour).unwrap().to_string();
    assert_eq!(instant(1), "2025-03-09T06:00:00Z");
    // 02:00 is leapt over: an hour later, as much as the leap is long.
    assert_eq!(instant(2), "2025-03-09T07:00:00Z");
    assert_eq!(instant(3), "2025-03-09T07:00:00Z");
    assert_eq!(instant(4), "2025-03-09T08:00:00Z");
}

#[test]
fn of_the_two_oclocks_in_which_madrid_falls_back_the_first_is_meant() {
    let until = "2025-10-28T00:00:00Z".parse().unwrap();
    let clock = LocalClock::until(&zone("Europe/Madrid"), until, 37);
    let fall = day_of(date(2025, 10, 26));
    assert_eq!(clock.instant(fall, 2).unwrap().to_string(), "2025-10-26T00:00:00Z");
    for (instant, hour) in [("2025-10-26T00:30:00Z", 2), ("2025-10-26T01:30:00Z", 2)] {
        assert_eq!(clock.local(instant.parse().unwrap()), LocalTime { day: fall, hour });
    }
}

#[test]
fn apia_has_no_thirtieth_of_december_2011() {
    let until = "2012-01-08T00:00:00Z".parse().unwrap();
    let clock = LocalClock::until(&zone("Pacific/Apia"), until, 37);
    let before = clock.local("2011-12-30T09:59:59Z".parse().unwrap());
    let after = clock.local("2011-12-30T10:00:00Z".parse().unwrap());
    assert_eq!((date_of(before.day), before.hour), (date(2011, 12, 29), 23));
    assert_eq!((date_of(after.day), after.hour), (date(2011, 12, 31), 0));
}

#[test]
fn instants_before_1970_round_down() {
    let until: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
    let clock = LocalClock::until(&TimeZone::UTC, until, 37);
    assert_eq!(clock.local(until), LocalTime { day: Day(-1), hour: 23 });
}

proptest! {
    #[test]
    fn weekends_are_those_of_the_calendar(day in -20_000..40_000_i64) {
        let weekday = date_of(Day(day)).weekday();
        let expected = matches!(weekday, Weekday::Saturday | Weekday::Sunday);
        prop_assert_eq!(Day(day).is_weekend(), expected);
    }

    #[test]
    fn local_times_and_instants_are_those_of_the_time_zone_library(
        name in prop::sample::select(ZONES.to_vec()),
        until_second in 1_262_304_000..1_830_297_600_i64,
        age_millis in 0..35 * 86_400_000_i64,
        hour in 0..24_i64,
    ) {
        let zone = zone(name);
        let until = Timestamp::from_second(until_second).unwrap();
        let clock = LocalClock::until(&zone, until, 37);
        let at = until - SignedDuration::from_millis(age_millis);
        let expected = at.to_zoned(zone.clone());
        let local = clock.local(at);
        prop_assert_eq!(date_of(local.day), expected.date());
        prop_assert_eq!(local.hour, i64::from(expected.hour()));

        let wall = expected.date().at(i8::try_from(hour).unwrap(), 0, 0, 0);
        let instant = zone.to_timestamp(wall).unwrap();
        // After the end of the clock's time the last offset is taken to hold.
        if instant <= until {
            prop_assert_eq!(clock.instant(local.day, hour), Some(instant));
        } else {
            prop_assert!(clock.instant(local.day, hour) > Some(until));
        }
    }
}
