//! The samples of one user: the features of what serving would have loaded, and the label of the week
//! after.

use jiff::SignedDuration;
use mindmate_contracts::app_table::Attribute;
use mindmate_contracts::training_set::{self, LeftOutWeeks};
use mindmate_domain::app::{Author, EventKind};
use mindmate_domain::{AsOf, Policy, UserId};
use mindmate_features::{extract, read_texts};
use mindmate_pipeline::ports::Side;
use mindmate_testkit::conformance::samples::{
    AS_OF, as_of, chat, event, instant, mood, stored, user,
};
use mindmate_training_data::plan::{Cut, Dealer, SampleDay};
use mindmate_training_data::{Sampler, UserSamples};

use proptest::prelude::*;

use crate::leak::{AT, Planned, items};
use crate::support::{DAY, LEXICONS, Row, World, ago, key, open, profile_of, rows, runner};

/// Somebody whose side is training's.
fn ada() -> UserId {
    let dealer = Dealer::new(&key());
    let mut names = (0..).map(|n| user(&format!("ada-{n}")));
    names.find(|user| dealer.side(user) == Side::Train).unwrap()
}

/// Ada with a mood a day over so many days.
fn with_moods(days: i64) -> World {
    let world = World::new();
    world.backend.put_item(&ada(), &profile_of(open(), "America/New_York"));
    for day in 0..days {
        world.backend.put_item(&ada(), &mood(&ago(day * DAY + 3_600).to_string(), 6.0));
    }
    world
}

/// Her samples with a cut that lies behind all of them.
async fn samples(world: &World) -> UserSamples {
    let all = world.backend.training().users(instant(AS_OF), None, 10).await.unwrap();
    let active = all.users[0].active.unwrap();
    let timeline = world.backend.training().timeline(&ada()).await.unwrap();
    let sampler = Sampler {
        dealer: &Dealer::new(&key()),
        lexicons: &LEXICONS,
        legacy: Policy::built_in().unwrap().legacy_consents,
        cut: Cut::at(SampleDay::not_after(instant(AS_OF))),
        until: instant(AS_OF),
    };
    sampler.samples_of(&ada(), active, &timeline).unwrap().unwrap()
}

fn table(samples: &UserSamples) -> Vec<Row> {
    let header = training_set::header();
    rows(&[header.as_bytes(), &samples.rows].concat())
}

/// Whatever lies in the table, whenever one looks: what is cut out is what is loaded.
#[test]
fn a_history_that_is_cut_out_is_the_one_that_serving_loads() {
    let table = prop::collection::vec((-40_000..90_000_i64, 0..1_000_usize, 0..12_u8), 0..80);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runner(256).run(&(table, -30_000..60_000_i64), |(table, minutes)| {
        let world = World::new();
        let planned: Vec<Planned> =
            table.iter().map(|(minutes, what, _)| (*minutes, *what)).collect();
        for (item, (.., harm)) in items(&planned).iter().zip(table.iter().chain([&(0, 0, 0)])) {
            let (owner, sk, mut item) = stored(&ada(), item);
            let sk = match harm {
                1 => format!("{}#odd", sk.split('#').next().unwrap()),
                2 => sk.replacen("2026", "1026", 1),
                3 => sk.replacen('Z', "+14:00", 1),
                _ => sk,
            };
            match harm {
                4 => drop(item.insert("timestamp".to_owned(), Attribute::Bool(true))),
                5 => drop(item.insert("mood".to_owned(), Attribute::N("14".to_owned()))),
                6 => drop(item.remove("type")),
                _ => {}
            }
            world.backend.put_raw(&owner, &sk, item);
        }
        let at = as_of(AT).instant() - SignedDuration::from_mins(minutes);
        let (at, legacy) = (AsOf::new(at).unwrap(), open());
        let (loaded, timeline) = runtime.block_on(async {
            let history = world.backend.history();
            let users = world.backend.training();
            (history.load(&ada(), at, legacy).await, users.timeline(&ada()).await)
        });
        prop_assert_eq!(timeline.unwrap().history(at, legacy), loaded.unwrap());
        Ok(())
    });
    outcome.unwrap();
}

/// The code that serves, over what serving would have loaded.
#[tokio::test]
async fn a_row_has_the_features_that_serving_makes_at_that_instant() {
    let world = with_moods(130);
    for (hours, text) in
        [(40, "a walk in the sun"), (400, "I always feel alone"), (900, "hopeless")]
    {
        world.backend.put_item(&ada(), &chat(&ago(hours * 3_600).to_string(), Author::User, text));
    }
    let legacy = Policy::built_in().unwrap().legacy_consents;
    let rows = table(&samples(&world).await);
    assert!(rows.len() >= 8, "{}", rows.len());
    for row in rows {
        let as_of: AsOf = row["asOf"].parse().unwrap();
        let history = world.backend.history().load(&ada(), as_of, legacy).await.unwrap();
        let served = extract(&history, &read_texts(&history, &LEXICONS)).features;
        for (feature, value) in served.iter() {
            let cell = value.value().map(|number| number.to_string()).unwrap_or_default();
            assert_eq!(row[feature.name()], cell, "{feature} at {as_of}");
        }
    }
}

/// R2.2, R2.3: a text exactly at a sample's instant is its feature and the label of the week before.
#[tokio::test]
async fn a_text_at_the_instant_is_a_feature_and_the_end_of_the_week_before() {
    let world = with_moods(100);
    let days: Vec<String> =
        table(&samples(&world).await).iter().map(|row| row["asOf"].clone()).collect();
    world.backend.put_item(&ada(), &chat(&days[2], Author::User, "I want to kill myself"));
    let rows = table(&samples(&world).await);
    let labels: Vec<&str> = rows.iter().map(|row| row["label"].as_str()).collect();
    assert_eq!(labels[..4], ["0", "1", "0", "0"]);
    let known: Vec<&str> = rows.iter().map(|row| row["crisis_keywords"].as_str()).collect();
    assert_eq!(known[..4], ["0", "0", "1", "1"]);
}

/// R5.1: who would not have been assessed is no sample, and a week of which nothing is known has no
/// label.
#[tokio::test]
async fn weeks_of_silence_are_counted_and_left_out() {
    let world = World::new();
    world.backend.put_item(&ada(), &profile_of(open(), "UTC"));
    // Moods of two spells, with forty days of silence between them.
    for day in (0..30).chain(70..140) {
        world.backend.put_item(&ada(), &mood(&ago(day * DAY + 3_600).to_string(), 6.0));
    }
    let samples = samples(&world).await;
    let weeks = samples.left_out;
    assert_eq!(samples.counts.rows, samples.counts.quiet);
    assert!((4..=5).contains(&weeks.inactive), "{weeks:?}");
    assert_eq!(weeks.unseen, 1, "{weeks:?}");
    assert_eq!(weeks, LeftOutWeeks { inactive: weeks.inactive, unseen: 1, ..weeks });
}

/// Sessions alone say nothing of how somebody is.
#[tokio::test]
async fn a_week_of_sessions_alone_has_no_label() {
    let world = World::new();
    world.backend.put_item(&ada(), &profile_of(open(), "UTC"));
    for day in 0..100 {
        let kind = EventKind::Session { duration_seconds: 60.0 };
        world.backend.put_item(&ada(), &event("SESSION", &ago(day * DAY).to_string(), kind));
    }
    let samples = samples(&world).await;
    assert_eq!(samples.counts.rows, 0);
    assert!(samples.left_out.unseen >= 4, "{:?}", samples.left_out);
}

/// How long a person is known counts from their account, in bands.
#[tokio::test]
async fn tenure_comes_in_bands() {
    let rows = table(&samples(&with_moods(130)).await);
    let made = instant("2026-01-01T00:00:00Z");
    assert!(rows.len() >= 8, "{}", rows.len());
    for row in rows {
        let at: AsOf = row["asOf"].parse().unwrap();
        let known = at.instant().duration_since(made);
        let half_a_year = SignedDuration::from_hours(180 * 24);
        let expected = if known < half_a_year { "3 to 6 months" } else { "6 to 12 months" };
        assert_eq!(row["group_tenure"], expected);
    }
}
