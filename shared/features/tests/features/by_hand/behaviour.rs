//! The behaviour family, worked out by hand.

use mindmate_domain::Feature::*;
use mindmate_features::TextReadings;
use mindmate_language::TextFacts;

use super::Case;
use crate::support::{Diary, NO_DATA, UNAVAILABLE, read, text, too_few, value, words};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        counts(),
        engagement(),
        engagement_of_one_date(),
        engagement_of_few(),
        engagement_today_only(),
        response_times(),
        two_interactions(),
        sessions_and_activities(),
        own_choice_only(),
        late_nights(),
        weekends(),
        no_weekend_yet(),
        first_day(),
        of_texts(),
        texts_without_words(),
        no_texts(),
        no_consent(),
        no_list(),
        nothing(),
    ]
}

fn counts() -> Case {
    let diary = Diary::new()
        .selfies(&["04-01 12:00", "04-02 12:00", "04-03 12:00"])
        .mood("04-04 12:00", 5.0)
        .chat("04-05 12:00", "hello")
        .mood("04-06 12:00", 5.0)
        // Not an interaction:
        .session("04-07 12:00", 60.0)
        .activity("04-07 13:00", true, None);
    Case::new("counts", &diary)
        .is(TotalInteractions, value(6.0))
        .is(DailyCheckinFrequency, value(0.2))
        .is(MoodLogsCount, value(2.0))
        .is(SelfiesCount, value(3.0))
        .is(SelfieFrequency, value(0.1))
}

fn engagement() -> Case {
    // 15 to 19 April: 1, 0, 2, 0, 4. Today's does not count: the date is not complete.
    // Mean 1.4; Sxx = 10; Sxy = 0.8 + 1.4 + 0 − 1.4 + 5.2 = 6.
    // Squares: 0.16 + 1.96 + 0.36 + 1.96 + 6.76 = 11.2, over 5: 2.24.
    let diary = Diary::new().selfies(&[
        "04-15 08:00",
        "04-17 08:00",
        "04-17 23:59",
        "04-19 00:00",
        "04-19 01:00",
        "04-19 02:00",
        "04-19 23:00",
        "04-20 03:00",
    ]);
    Case::new("engagement", &diary)
        .is(EngagementTrend, value(0.6))
        .is(UsageConsistency, value(2.24_f64.sqrt()))
        .is(TotalInteractions, value(8.0))
}

fn engagement_of_one_date() -> Case {
    let diary = (0..7).fold(Diary::new(), |diary, hour| diary.selfie(&format!("04-18 1{hour}:00")));
    Case::new("seven interactions on one date", &diary)
        .are(&[EngagementTrend, UsageConsistency], too_few(1, 2))
}

fn engagement_of_few() -> Case {
    // Six on one date: of two needs the first unmet is named.
    let diary = (0..6).fold(Diary::new(), |diary, hour| diary.selfie(&format!("04-18 1{hour}:00")));
    Case::new("six interactions", &diary).are(&[EngagementTrend, UsageConsistency], too_few(6, 7))
}

fn engagement_today_only() -> Case {
    Case::new("interactions today only", &Diary::new().selfie("04-20 01:00"))
        .are(&[EngagementTrend, UsageConsistency], NO_DATA)
}

fn response_times() -> Case {
    // Hours between: 1, 2, 6 against 0, 1, 2 (mean 1; mean 3): (2 + 3) / 2.
    let diary = Diary::new().selfies(&["04-18 00:00", "04-18 01:00", "04-18 03:00", "04-18 09:00"]);
    Case::new("response times", &diary).is(ResponseTimeTrend, value(2.5))
}

fn two_interactions() -> Case {
    Case::new("two interactions", &Diary::new().selfies(&["04-18 00:00", "04-18 01:00"]))
        .is(ResponseTimeTrend, too_few(2, 3))
}

fn sessions_and_activities() -> Case {
    let diary = Diary::new()
        .session("04-01 12:00", 100.0)
        .session("04-02 12:00", 201.0)
        // Of three suggestions one is done; one is done only after asOf, one never. What the
        // person chose themselves does not count.
        .activity("04-10 12:00", true, Some("04-20 06:00"))
        .activity("04-11 12:00", true, Some("04-20 06:00:00.001"))
        .activity("04-12 12:00", true, None)
        .activity("04-13 12:00", false, Some("04-13 13:00"));
    Case::new("sessions and activities", &diary)
        .is(AvgSessionDuration, value(150.5))
        .is(ActivityCompletionRate, value(1.0 / 3.0))
}

fn own_choice_only() -> Case {
    let diary = Diary::new().activity("04-13 12:00", false, Some("04-13 13:00"));
    Case::new("activities of one's own choice", &diary).is(ActivityCompletionRate, too_few(0, 1))
}

fn late_nights() -> Case {
    // UTC+5:45: 17:15 UTC is 23:00, 23:15 UTC is 05:00. Before 23:00 and from 05:00 on is not late.
    let diary = Diary::new().zone("Asia/Kathmandu").selfies(&[
        "04-10 17:14:59.999",
        "04-11 17:15",
        "04-12 18:15",
        "04-13 23:14:59.999",
        "04-14 23:15",
    ]);
    Case::new("late nights", &diary).is(LateNightUsage, value(3.0))
}

fn weekends() -> Case {
    // From Saturday 12 April: weekend dates 12, 13 and 19 with 2 + 0 + 4 = 6, so 2 a date; other
    // dates 14 to 18 with 1, so 0.2 a date.
    let diary = Diary::new().created("04-12 09:00").selfies(&[
        "04-12 10:00",
        "04-12 11:00",
        "04-15 10:00",
        "04-19 10:00",
        "04-19 11:00",
        "04-19 12:00",
        "04-19 13:00",
        "04-20 03:00",
    ]);
    Case::new("weekends", &diary).is(WeekendUsageChange, value(1.8))
}

fn no_weekend_yet() -> Case {
    // asOf on Friday 18 April: the dates that count are 15, 16 and 17 April.
    let mut diary = Diary::new().created("04-15 09:00").selfie("04-16 10:00");
    diary.as_of = "2025-04-18T06:00:00Z".parse().unwrap();
    Case::new("no weekend yet", &diary).is(WeekendUsageChange, too_few(0, 1))
}

fn first_day() -> Case {
    let diary = Diary::new().created("04-20 00:00").selfie("04-20 03:00");
    Case::new("the first day", &diary).are(&[WeekendUsageChange, DataYield30Day], NO_DATA)
}

fn of_texts() -> Case {
    let facts = |negative_words, words, seeks_help| TextFacts {
        words,
        negative_words,
        help_hits: u32::from(seeks_help),
        ..TextFacts::default()
    };
    let mut first = text("04-01 12:00");
    (first.characters, first.facts) = (10, facts(2, 3, true));
    let mut second = text("04-02 12:00");
    (second.characters, second.facts) = (25, facts(1, 9, false));
    Case::new("texts", &Diary::new())
        .texts(read(vec![first, second]))
        .is(AvgMessageLength, value(17.5))
        .is(NegativeWordFrequency, value(0.25))
        .is(HelpSeekingFrequency, value(0.5))
}

fn texts_without_words() -> Case {
    Case::new("texts without words", &Diary::new())
        .texts(read(vec![words("04-01 12:00", 0)]))
        .are(&[NegativeWordFrequency, FirstPersonRate, AbsolutistRate], too_few(0, 1))
        .is(HelpSeekingFrequency, value(0.0))
        .is(AvgMessageLength, value(1.0))
}

fn no_texts() -> Case {
    Case::new("no texts", &Diary::new()).are(
        &[
            AvgMessageLength,
            NegativeWordFrequency,
            HelpSeekingFrequency,
            FirstPersonRate,
            AbsolutistRate,
            CrisisLanguageRecencyDays,
        ],
        NO_DATA,
    )
}

fn no_consent() -> Case {
    Case::new("no consent", &Diary::new().without_text_consent())
        .texts(TextReadings::NotConsented)
        .are(
            &[
                AvgMessageLength,
                NegativeWordFrequency,
                HelpSeekingFrequency,
                FirstPersonRate,
                AbsolutistRate,
                CrisisLanguageRecencyDays,
            ],
            UNAVAILABLE,
        )
}

fn no_list() -> Case {
    // Characters need no list; words do.
    let texts = TextReadings::Read { lexicon: false, texts: vec![text("04-01 12:00")] };
    Case::new("no list", &Diary::new())
        .texts(texts)
        .are(
            &[
                NegativeWordFrequency,
                HelpSeekingFrequency,
                FirstPersonRate,
                AbsolutistRate,
                CrisisLanguageRecencyDays,
                CrisisKeywords,
                DespairKeywords,
                IsolationKeywords,
                HopelessnessScore,
            ],
            UNAVAILABLE,
        )
        .are(&[AvgMessageLength, TotalMessagesAnalyzed], value(1.0))
}

fn nothing() -> Case {
    Case::new("nothing", &Diary::new())
        .are(
            &[
                DailyCheckinFrequency,
                SelfieFrequency,
                LateNightUsage,
                WeekendUsageChange,
                TotalInteractions,
                MoodLogsCount,
                SelfiesCount,
            ],
            value(0.0),
        )
        .are(
            &[
                AvgSessionDuration,
                EngagementTrend,
                UsageConsistency,
                ResponseTimeTrend,
                ActivityCompletionRate,
            ],
            NO_DATA,
        )
}
