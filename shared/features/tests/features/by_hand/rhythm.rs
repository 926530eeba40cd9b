//! The features of the rhythm of interactions, worked out by hand.

use mindmate_domain::Feature::*;

use super::Case;
use crate::support::{Diary, NO_DATA, UNDEFINED, too_few, value};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        yields_and_gaps(),
        a_silent_month(),
        the_same_hour_each_day(),
        one_in_the_middle(),
        one_in_the_last_slot(),
        one_in_every_slot(),
        two_hours(),
        nights(),
        no_night(),
        a_night_of_the_time_change(),
        recency(),
        nothing(),
    ]
}

fn yields_and_gaps() -> Case {
    // Ten dates count, 10 to 19 April; three have interactions. Without: 10 and 11; 14 to 16;
    // 18 and 19.
    let diary =
        Diary::new().created("04-10 20:00").selfies(&["04-12 08:00", "04-13 08:00", "04-17 08:00"]);
    Case::new("yields and gaps", &diary)
        .is(DataYield30Day, value(0.3))
        .is(LongestGapDays, value(3.0))
}

fn a_silent_month() -> Case {
    Case::new("a silent month", &Diary::new().selfie("03-20 08:00"))
        .is(DataYield30Day, value(0.0))
        .is(LongestGapDays, value(30.0))
        .is(DaysSinceLastInteraction, value(30.0 + 22.0 / 24.0))
        .are(&[HourEntropy, NightGapHours], NO_DATA)
}

fn the_same_hour_each_day() -> Case {
    // x̄ = 1/24. Σₕ = (23/24)² + 23/24² = 23/24; Σᵢ = 14 · 23/24. IS = 336 / (24 · 14) = 1.
    // Each of the 14 ones has a zero on both sides: Σ(xᵢ − xᵢ₋₁)² = 28.
    // IV = 336 · 28 / (335 · 14 · 23/24).
    let diary =
        (6..20).fold(Diary::new(), |diary, date| diary.selfie(&format!("04-{date:02} 12:30")));
    Case::new("the same hour each day", &diary)
        .is(InterdailyStability, value(1.0))
        .is(IntradailyVariability, value(336.0 * 28.0 * 24.0 / (335.0 * 14.0 * 23.0)))
        .is(HourEntropy, value(0.0))
}

fn one_in_the_middle() -> Case {
    // x̄ = 1/336. Σₕ = (1/14 − 1/336)² + 23/336² = 552/336²; Σᵢ = (335² + 335)/336² = 335/336.
    // IS = 336 · 552/336² / (24 · 335/336) = 23/335. IV = 336 · 2 / (335 · 335/336).
    Case::new("one in the middle", &Diary::new().selfie("04-15 12:30"))
        .is(InterdailyStability, value(23.0 / 335.0))
        .is(IntradailyVariability, value(2.0 * (336.0_f64 / 335.0).powi(2)))
}

fn one_in_the_last_slot() -> Case {
    // At asOf itself: one step only.
    Case::new("one in the last slot", &Diary::new().selfie("04-20 06:00"))
        .is(IntradailyVariability, value((336.0_f64 / 335.0).powi(2)))
}

fn one_in_every_slot() -> Case {
    let end = crate::support::at("04-20 06:00");
    let diary = (0..336).fold(Diary::new(), |diary, hours| {
        let at = end - jiff::SignedDuration::from_hours(hours);
        diary.event(at, mindmate_domain::app::EventKind::Selfie)
    });
    Case::new("one in every slot", &diary)
        .are(&[InterdailyStability, IntradailyVariability], UNDEFINED)
        .is(HourEntropy, value(1.0))
}

fn two_hours() -> Case {
    // ln 2 / ln 24
    let diary = Diary::new().selfies(&["04-10 08:00", "04-11 08:59", "04-12 09:00", "04-13 09:30"]);
    Case::new("two hours", &diary).is(HourEntropy, value(2.0_f64.ln() / 24.0_f64.ln()))
}

fn nights() -> Case {
    let diary = Diary::new().selfies(&[
        // From 20:00 on the 15th: 3 h, 8 h, 3 h.
        "04-15 23:00",
        "04-16 07:00",
        // At both ends of the night of the 17th: 14 h.
        "04-17 20:00",
        "04-18 10:00",
        // Between nights:
        "04-18 10:00:00.001",
        "04-18 19:59:59.999",
        // The night of the 19th is not over at asOf.
        "04-19 22:00",
    ]);
    Case::new("nights", &diary).is(NightGapHours, value(11.0))
}

fn no_night() -> Case {
    Case::new("no night", &Diary::new().selfie("04-18 12:00")).is(NightGapHours, too_few(0, 1))
}

fn a_night_of_the_time_change() -> Case {
    // In Madrid the night of 29 March has 13 hours: 19:00 to 08:00 UTC. At 01:00 UTC (02:00
    // becomes 03:00): 6 h before, 7 h after.
    let diary = Diary::new().zone("Europe/Madrid").selfie("03-30 01:00");
    Case::new("a night of the time change", &diary).is(NightGapHours, value(7.0))
}

fn recency() -> Case {
    Case::new("recency", &Diary::new().selfies(&["04-10 12:00", "04-18 18:00"]))
        .is(DaysSinceLastInteraction, value(1.5))
}

fn nothing() -> Case {
    Case::new("no interaction", &Diary::new().mood("03-10 12:00", 5.0))
        .are(
            &[
                InterdailyStability,
                IntradailyVariability,
                HourEntropy,
                NightGapHours,
                DaysSinceLastInteraction,
            ],
            NO_DATA,
        )
        .is(DataYield30Day, value(0.0))
        .is(LongestGapDays, value(30.0))
}
