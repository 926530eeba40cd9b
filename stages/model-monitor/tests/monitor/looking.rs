//! What the monitor reads, writes and tells.

use mindmate_domain::{Consents, UserId};
use mindmate_evaluation::Metric;
use mindmate_model::{Artefact, RiskModel as _, RuleScorer};
use mindmate_model_monitor::{JUDGED_DAYS, Trainings, Verdict};
use mindmate_pipeline::ports::Pointer;
use mindmate_pipeline::{Clock as _, Firing, ScheduledTask as _};
use mindmate_testkit::conformance::samples::{AS_OF, instant};

use crate::support::{WILLING, World, as_of};

const PEOPLE: u32 = 80;

async fn world(of_crises: f64) -> World {
    let world = World::with_people(PEOPLE).await;
    let version = world.model.version().to_owned();
    world.assess(PEOPLE, &version, of_crises).await;
    world
}

/// R7.1, R7.2
#[tokio::test]
async fn each_persons_score_of_each_week_is_held_against_what_happened() {
    let world = world(0.9).await;
    let report = world.look().await.unwrap();
    let rows = &report.judged.rows;
    assert!((4 * 80..=5 * 80).contains(&rows.rows), "{rows:?}");
    assert_eq!(rows.users, 80);
    assert_eq!((report.judged.people_with_a_crisis, report.judged.people_without), (40, 40));
    assert_eq!(report.judged.overall[&Metric::Auroc].value, Some(1.0));
    assert_eq!(report.recent.assessments, 80, "each once");
    assert_eq!(report.recent.levels["high"], 40);
    assert_eq!(report.recent.invented, 80);
    assert_eq!(report.verdict, Verdict::Sound);
    let drift = report.drift.unwrap();
    assert!(drift.features.is_empty(), "80 people are too few to say");
    assert!(report.synthetic);
}

/// Safety 12: read again with each user's items, and nobody is looked at without both.
#[tokio::test]
async fn who_does_not_consent_is_not_looked_at() {
    let world = world(0.9).await;
    world.consents(0, Consents::NONE);
    world.consents(1, Consents { training: false, ..WILLING });
    world.consents(2, Consents { scoring: false, ..WILLING });
    let report = world.look().await.unwrap();
    assert_eq!(report.left_out.without_consent, 3);
    assert_eq!((report.judged.rows.users, report.recent.assessments), (77, 77));
}

#[tokio::test]
async fn what_another_scored_is_counted_and_not_judged() {
    let world = World::with_people(PEOPLE).await;
    world.assess(PEOPLE, "m20251231-before", 0.9).await;
    let report = world.look().await.unwrap();
    assert_eq!(report.judged.rows.rows, 0);
    assert!(report.left_out.by_another >= 4 * 80);
    assert_eq!(report.recent.assessments, 80, "features are anybody's");
    assert_eq!(report.verdict, Verdict::TooFew);
}

/// A model looks better than it is on weeks that it learned from.
#[tokio::test]
async fn weeks_that_the_model_learned_from_are_not_judged() {
    let world = World::with_people(PEOPLE).await;
    let mut contents = world.model.clone().into_contents();
    contents.training.until = as_of("2026-11-01T06:00:00Z");
    let model = Artefact::new(contents).unwrap();
    world.serve(&model).await;
    world.assess(PEOPLE, model.version(), 0.9).await;
    let report = world.look().await.unwrap();
    let (judged, learned_from) = (report.judged.rows.rows, report.left_out.learned_from);
    // Fifteen days on either side of the 1st, each person once a week.
    let fifteen_days = 2 * 80..=3 * 80;
    assert!(
        fifteen_days.contains(&judged) && fifteen_days.contains(&learned_from),
        "{judged} {learned_from}"
    );
}

/// R7.3, R7.7
#[tokio::test]
async fn a_model_that_falls_short_is_told_of_once_and_written_down() {
    let world = world(0.1).await;
    let (task, firing) = (world.task(), Firing { due: instant(AS_OF), clock: &world.clock });
    let answer = task.run(firing).await.unwrap();
    assert_eq!((answer.verdict, answer.asks_for_training, answer.told), ("degraded", true, true));
    let again = task.run(firing).await.unwrap();
    assert!(again.asks_for_training && !again.told);
    let notices = world.backend.notices();
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert!(notice.is_about_a_model());
    for words in ["fall short", "AUROC 0.000", "invented people", "Levels of the last week"] {
        assert!(notice.text.contains(words), "{words}: {}", notice.text);
    }
    let days = world.backend.model_days().latest(10).await.unwrap();
    let [day] = days.as_slice() else { panic!("{days:?}") };
    assert_eq!(day.day.to_string(), "2026-11-22");
    assert_eq!(day.report["verdict"]["is"], "degraded");
    // Safety 17
    let told = format!("{}{}", notice.text, day.report);
    assert!((0..PEOPLE).all(|n| !told.contains(UserId::synthetic(n).as_str())));
}

/// R7.3: where trainings start by themselves, the day that asks starts one, and the next does not ask again.
#[tokio::test]
async fn a_verdict_starts_one_training_and_none_for_a_week() {
    let world = world(0.1).await;
    let task = world.task().with_trainings(Trainings::StartThemselves);
    let bad = world.look().await.unwrap();
    let days =
        [AS_OF, AS_OF, "2026-11-23T06:00:00Z", "2026-11-28T06:00:00Z", "2026-11-29T06:00:00Z"];
    let mut started = Vec::new();
    for day in days {
        let answer = task.note(as_of(day), &bad, world.clock.now()).await.unwrap();
        assert!(answer.asks_for_training);
        started.push(answer.starts_training);
    }
    assert_eq!(started, [true, true, false, false, true]);
    let notices = world.backend.notices();
    let words: Vec<&str> = notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(words[0].ends_with("A training starts, unless one is running: watch-2026-11-22."));
    let waits = "A training for this started on 2026-11-22; none does by itself before 2026-11-29.";
    assert!(words[1].ends_with(waits), "{}", words[1]);
}

/// Who looks by hand at a day starts nothing, and what the day started stays known.
#[tokio::test]
async fn a_look_by_hand_starts_nothing_and_forgets_nothing() {
    let world = world(0.1).await;
    let (bad, now) = (world.look().await.unwrap(), world.clock.now());
    let by_itself = world.task().with_trainings(Trainings::StartThemselves);
    assert!(by_itself.note(as_of(AS_OF), &bad, now).await.unwrap().starts_training);
    assert!(!world.task().note(as_of(AS_OF), &bad, now).await.unwrap().starts_training);
    let days = world.backend.model_days().latest(1).await.unwrap();
    assert_eq!(days[0].training_started_for.as_deref(), Some("degraded"));
    let mut good = bad.clone();
    good.verdict = Verdict::Sound;
    let next = as_of("2026-11-23T06:00:00Z");
    assert!(!by_itself.note(next, &good, now).await.unwrap().starts_training);
}

#[tokio::test]
async fn administrators_hear_when_it_is_well_again() {
    let world = world(0.1).await;
    let task = world.task();
    let bad = world.look().await.unwrap();
    let yesterday = as_of("2026-11-21T06:00:00Z");
    assert!(task.note(yesterday, &bad, world.clock.now()).await.unwrap().told);
    let mut good = bad.clone();
    good.verdict = Verdict::Sound;
    let mut few = bad.clone();
    few.verdict = Verdict::TooFew;
    let (next, third) = (as_of("2026-11-23T06:00:00Z"), as_of("2026-11-24T06:00:00Z"));
    for (day, report, told) in
        [(as_of(AS_OF), &good, true), (next, &good, false), (third, &few, false)]
    {
        let answer = task.note(day, report, world.clock.now()).await.unwrap();
        assert_eq!((answer.told, answer.asks_for_training), (told, false), "{day}");
    }
}

#[tokio::test]
async fn where_the_rules_serve_they_are_judged_and_have_nothing_to_drift_from() {
    let world = World::with_people(PEOPLE).await;
    let store = world.backend.model_store();
    let standing = store.pointer().await.unwrap().unwrap();
    let back = standing.pointer.rolled_back(instant(AS_OF));
    assert!(store.point(Some(&standing), &back).await.unwrap());
    let rules = RuleScorer::built_in().unwrap();
    world.assess(PEOPLE, rules.version(), 0.9).await;
    let report = world.look().await.unwrap();
    assert_eq!(report.scorer, rules.version());
    assert_eq!((report.drift, report.verdict), (None, Verdict::Sound));
    assert!(report.judged.rows.rows >= 4 * 80);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_an_error_and_not_the_rules() {
    let world = world(0.9).await;
    let store = world.backend.model_store();
    let standing = store.pointer().await.unwrap();
    let nowhere = Pointer::promoted(None, "m20260401-nowhere".parse().unwrap(), instant(AS_OF));
    assert!(store.point(standing.as_ref(), &nowhere).await.unwrap());
    let error = world.look().await.unwrap_err();
    assert!(error.to_string().contains("m20260401-nowhere"), "{error}");
}

/// The same data, the same report: whoever fires twice writes the same row.
#[tokio::test]
async fn a_look_is_the_same_each_time() {
    let world = world(0.7).await;
    assert_eq!(world.look().await.unwrap(), world.look().await.unwrap());
}

#[tokio::test]
async fn fewer_days_are_fewer_rows() {
    let world = world(0.9).await;
    let task = world.task();
    let few = task.look(as_of(AS_OF), 7, &|_| {}).await.unwrap();
    assert_eq!(few.judged.rows.rows, 80);
    assert!(few.judged.span.from > world.look().await.unwrap().judged.span.from);
    assert_eq!(JUDGED_DAYS, 30);
}
