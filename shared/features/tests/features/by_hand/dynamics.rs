//! The features of mood's and texts' change, worked out by hand.

use mindmate_domain::CrisisCategory;
use mindmate_domain::Feature::*;
use mindmate_language::TextFacts;

use super::Case;
use crate::support::{Diary, NO_DATA, UNDEFINED, read, text, too_few, value};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        slopes(),
        falling_with_ties(),
        no_direction(),
        steps(),
        no_adjacent_days(),
        inertia(),
        four_pairs(),
        relative_spread(),
        at_the_end_of_the_scale(),
        flat(),
        alternating(),
        no_alarm(),
        alarm(),
        short_baseline(),
        no_recent_day(),
        recent_days_only(),
        speeding_up(),
        slowing_down(),
        nine_windows(),
        personal_deviation(),
        flat_baseline(),
        of_texts(),
        no_crisis_language(),
        nothing(),
    ]
}

fn slopes() -> Case {
    // (6 − 5)/1, (9 − 5)/3, (9 − 6)/2 = 1, 4/3, 3/2.
    let diary = Diary::new().moods(&[("04-14", 5.0), ("04-15", 6.0), ("04-17", 9.0)]);
    Case::new("slopes", &diary)
        .is(MoodTheilSen30Day, value(4.0 / 3.0))
        .is(MoodMannKendallZ, too_few(3, 10))
}

fn falling_with_ties() -> Case {
    // Of 45 pairs 1 + 3 + 1 + 1 = 6 are tied, the others fall: S = −39.
    // Var S = (10 · 9 · 25 − 3 · 18 − 66) / 18 = 2130/18; Z = (−39 + 1) / √(2130/18).
    let diary = Diary::new().daily(3, &[5.0, 4.0, 4.0, 3.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
    Case::new("falling with ties", &diary)
        .is(MoodMannKendallZ, value(-38.0 / (2130.0_f64 / 18.0).sqrt()))
}

fn no_direction() -> Case {
    let diary = Diary::new().daily(1, &[5.0; 10]);
    Case::new("no direction", &diary)
        .is(MoodMannKendallZ, value(0.0))
        .is(MoodTheilSen30Day, value(0.0))
}

fn steps() -> Case {
    // Adjacent: 14 and 15 April (+2), 17 and 18 April (+0.5); not 15 and 17.
    let diary =
        Diary::new().moods(&[("04-14", 5.0), ("04-15", 7.0), ("04-17", 4.0), ("04-18", 4.5)]);
    Case::new("steps", &diary)
        .is(MoodRmssd, value((4.25_f64 / 2.0).sqrt()))
        // One of two is ≥ 2.0.
        .is(MoodAcuteChange, value(0.5))
        .is(MoodInertia, too_few(2, 5))
}

fn no_adjacent_days() -> Case {
    Case::new("no adjacent days", &Diary::new().moods(&[("04-14", 5.0), ("04-16", 7.0)]))
        .are(&[MoodRmssd, MoodAcuteChange], too_few(0, 1))
        .is(MoodInertia, too_few(0, 5))
        .is(MoodSlowingDown, too_few(0, 10))
        .is(MoodTheilSen30Day, value(1.0))
}

fn inertia() -> Case {
    // The series is its own mirror image, so the line is flat and the residuals are 1, −1, 0, 0,
    // −1, 1. Pairs: (1, −1), (−1, 0), (0, 0), (0, −1), (−1, 1); each side has mean −0.2 and
    // squares 3 − 5 · 0.04 = 2.8; products −2 − 5 · 0.04 = −2.2.
    let diary = Diary::new().daily(2, &[6.0, 4.0, 5.0, 5.0, 4.0, 6.0]);
    Case::new("inertia", &diary).is(MoodInertia, value(-11.0 / 14.0))
}

fn four_pairs() -> Case {
    let diary = Diary::new().daily(2, &[6.0, 4.0, 5.0, 5.0, 4.0]);
    Case::new("four pairs", &diary).is(MoodInertia, too_few(4, 5))
}

fn relative_spread() -> Case {
    // Mean 5, SD 1: 1 / √(4 · 5).
    let diary = Diary::new().moods(&[("04-10", 4.0), ("04-15", 6.0)]);
    Case::new("relative spread", &diary).is(MoodRelativeSd, value(1.0 / 20.0_f64.sqrt()))
}

fn at_the_end_of_the_scale() -> Case {
    let diary = Diary::new().moods(&[("04-10", 10.0), ("04-15", 10.0)]);
    Case::new("at the end of the scale", &diary).is(MoodRelativeSd, UNDEFINED)
}

fn flat() -> Case {
    let diary = Diary::new().daily(1, &[7.0; 30]);
    Case::new("flat", &diary)
        .are(&[MoodInertia, MoodEwmaAlarm], UNDEFINED)
        // No window has a defined autocorrelation.
        .is(MoodSlowingDown, too_few(0, 10))
        .are(&[MoodRelativeSd, MoodRmssd, MoodAcuteChange, MoodPersonalDeviation], value(0.0))
}

fn alternating() -> Case {
    // 21 days, a mirror image: the line is flat, and in each of the 12 windows r = −1. All tied.
    let moods: Vec<_> = (0..21).map(|i| if i % 2 == 0 { 6.0 } else { 4.0 }).collect();
    Case::new("alternating", &Diary::new().daily(1, &moods))
        .is(MoodSlowingDown, UNDEFINED)
        .is(MoodInertia, value(-1.0))
}

/// Ten days until 12 April with mean 7 and SD 1.
fn baseline() -> Diary {
    Diary::new().daily(8, &[6.0, 8.0, 6.0, 8.0, 6.0, 8.0, 6.0, 8.0, 6.0, 8.0])
}

fn no_alarm() -> Case {
    // z₁ = 1 + 5.6 = 6.6, not below 7 − 2.7 · √(1/9 · 0.36) = 6.46.
    Case::new("no alarm", &baseline().mood("04-17 12:00", 5.0)).is(MoodEwmaAlarm, value(0.0))
}

fn alarm() -> Case {
    // z₂ = 1 + 0.8 · 6.6 = 6.28, below 7 − 2.7 · √(1/9 · (1 − 0.8⁴)) = 6.3085. The days between
    // them are skipped. Later the average recovers, yet the alarm has gone.
    let diary =
        baseline().moods(&[("04-14", 5.0), ("04-17", 5.0), ("04-18", 10.0), ("04-19", 10.0)]);
    Case::new("alarm", &diary).is(MoodEwmaAlarm, value(1.0))
}

fn short_baseline() -> Case {
    let diary = Diary::new().daily(8, &[6.0, 8.0, 6.0, 8.0]).mood("04-17 12:00", 5.0);
    Case::new("a short baseline", &diary)
        .is(MoodEwmaAlarm, too_few(4, 10))
        .is(MoodPersonalDeviation, too_few(4, 5))
}

fn no_recent_day() -> Case {
    Case::new("no recent day", &baseline())
        .are(&[MoodEwmaAlarm, MoodPersonalDeviation], too_few(0, 1))
}

fn recent_days_only() -> Case {
    Case::new("recent days only", &Diary::new().mood("04-17 12:00", 5.0))
        .is(MoodEwmaAlarm, too_few(0, 10))
        .is(MoodPersonalDeviation, too_few(0, 5))
        .are(&[MoodTheilSen30Day, MoodRelativeSd], too_few(1, 2))
        .is(MoodInertia, too_few(0, 5))
        .is(MoodSlowingDown, too_few(0, 10))
        .are(&[MoodRmssd, MoodAcuteChange], too_few(0, 1))
}

/// 19 days: with exact fractions the line falls by 31/570 a day, and r in the ten windows is
/// −0.838, −0.763, −0.686, −0.607, −0.524, −0.420, 0.082, 0.388, 0.412, 0.555.
const SLOWER: [f64; 19] =
    [5.0, 8.0, 4.0, 7.0, 5.0, 8.0, 4.0, 6.0, 5.0, 7.0, 6.0, 6.0, 7.0, 6.0, 5.0, 4.0, 4.0, 5.0, 6.0];

fn slowing_down() -> Case {
    // All 45 pairs of windows rise.
    Case::new("slowing down", &Diary::new().daily(1, &SLOWER)).is(MoodSlowingDown, value(1.0))
}

fn nine_windows() -> Case {
    Case::new("nine windows", &Diary::new().daily(1, &SLOWER[..18]))
        .is(MoodSlowingDown, too_few(9, 10))
}

fn speeding_up() -> Case {
    // With exact fractions: 0.565, 0.601, 0.596, 0.406, 0.203, 0.145, −0.159, −0.569, −0.681,
    // −0.755, −0.917, −0.900. Three of 66 pairs rise (1–2, 1–3, 11–12), 63 fall.
    let moods = [
        5.0, 6.0, 8.0, 7.0, 6.0, 4.0, 3.0, 4.0, 6.0, 8.0, 7.0, 5.0, 8.0, 4.0, 7.0, 3.0, 8.0, 4.0,
        8.0, 3.0, 7.0,
    ];
    Case::new("speeding up", &Diary::new().daily(1, &moods))
        .is(MoodSlowingDown, value(-60.0 / 66.0))
}

fn personal_deviation() -> Case {
    // Median 7; |deviations| 2, 1, 0, 1, 2 with median 1; this week's mean 4.
    let diary =
        Diary::new().daily(8, &[9.0, 5.0, 7.0, 6.0, 8.0]).moods(&[("04-15", 3.0), ("04-17", 5.0)]);
    Case::new("personal deviation", &diary).is(MoodPersonalDeviation, value(-3.0 / 1.4826))
}

fn flat_baseline() -> Case {
    // The MAD of a flat month is taken as 0.1.
    let diary = Diary::new().daily(8, &[7.0; 5]).mood("04-17 12:00", 6.5);
    Case::new("a flat baseline", &diary).is(MoodPersonalDeviation, value(-0.5 / 0.148_26))
}

fn of_texts() -> Case {
    let mut earlier = text("04-17 06:00");
    earlier.facts = TextFacts {
        words: 40,
        first_person_words: 2,
        absolutist_words: 1,
        crisis: Some(CrisisCategory::SelfHarm),
        ..TextFacts::default()
    };
    let mut later = text("04-19 06:00");
    later.facts = TextFacts { words: 10, first_person_words: 3, ..TextFacts::default() };
    // Older than 30 days: read for crisis language only.
    let mut old = text("03-18 06:00");
    old.facts = TextFacts { crisis: Some(CrisisCategory::SelfHarm), ..earlier.facts };
    Case::new("texts", &Diary::new())
        .texts(read(vec![old, earlier, later]))
        .is(FirstPersonRate, value(10.0))
        .is(AbsolutistRate, value(2.0))
        .is(CrisisLanguageRecencyDays, value(3.0))
        .is(CrisisKeywords, value(1.0))
}

fn no_crisis_language() -> Case {
    Case::new("no crisis language", &Diary::new())
        .texts(read(vec![text("04-17 06:00")]))
        .is(CrisisLanguageRecencyDays, too_few(0, 1))
}

fn nothing() -> Case {
    Case::new("no mood", &Diary::new()).are(
        &[
            MoodTheilSen30Day,
            MoodMannKendallZ,
            MoodRmssd,
            MoodAcuteChange,
            MoodInertia,
            MoodRelativeSd,
            MoodEwmaAlarm,
            MoodSlowingDown,
            MoodPersonalDeviation,
        ],
        NO_DATA,
    )
}
