//! The files and the manifest of a set, and when there is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::Timeline;
use mindmate_contracts::training_set::{MANIFEST_PATH, Manifest};
use mindmate_domain::pseudonym::hex;
use mindmate_domain::{AsOf, Feature, UserId};
use mindmate_pipeline::ports::{Side, TrainingPage, TrainingUsers};
use mindmate_pipeline::{Firing, PortError, PortResult, ScheduledTask as _};
use mindmate_testkit::conformance::samples::{AS_OF, instant, user};
use mindmate_training_data::plan::{Dealer, JUDGED_DAYS};
use mindmate_training_data::{FEWEST_OF_A_LABEL, Lack, Prepared, TrainingData, TrainingDataPorts};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{LEXICONS, Row, World, key};

fn column(rows: &[Row], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// R2.4
#[tokio::test]
async fn no_user_is_on_both_sides_and_a_week_lies_between_them() {
    let world = World::with_people(150);
    assert!(matches!(world.prepare().await, Prepared::Set(..)));
    let (train, validation) = (world.rows(Side::Train), world.rows(Side::Validation));
    let (left, right) = (column(&train, "pseudonym"), column(&validation, "pseudonym"));
    assert!(!left.is_empty() && !right.is_empty());
    assert_eq!(left.intersection(&right).count(), 0);
    let times = train.len() as f64 / validation.len() as f64;
    assert!((3.0..5.5).contains(&times), "four to one, but for the gap and the draw: {times}");
    let cut = at(world.manifest().unwrap()["cut"].as_str().unwrap());
    let last = column(&train, "asOf").iter().map(|text| at(text)).max().unwrap();
    let first = column(&validation, "asOf").iter().map(|text| at(text)).min().unwrap();
    let week = jiff::SignedDuration::from_hours(7 * 24);
    assert!(last + week <= cut && cut <= first, "{last} {cut} {first}");
}

/// R2.6
#[tokio::test]
async fn the_manifest_says_what_the_files_hold() {
    let world = World::with_people(150);
    world.prepare().await;
    let manifest = world.manifest().unwrap();
    for (entry, side) in manifest["files"].as_array().unwrap().iter().zip(Side::ALL) {
        let (file, rows) = (world.file(side), world.rows(side));
        assert_eq!(entry["path"], side.path());
        assert_eq!(entry["sha256"], hex(&Sha256::digest(&file)));
        assert_eq!(entry["bytes"], file.len());
        assert_eq!(entry["rows"], rows.len());
        assert_eq!(entry["users"], column(&rows, "pseudonym").len());
        let crises = rows.iter().filter(|row| row["label"] == "1").count();
        assert_eq!(
            (&entry["crisis"], &entry["quiet"]),
            (&crises.into(), &(rows.len() - crises).into())
        );
        assert!(
            entry["byLowMood"].as_u64() > Some(0) && entry["byCrisisLanguage"].as_u64() > Some(0)
        );
    }
    let users = &manifest["users"];
    let sum: u64 = ["withSamples", "withoutConsent", "tooShort", "withoutSamples"]
        .iter()
        .map(|name| users[name].as_u64().unwrap())
        .sum();
    assert_eq!((&users["seen"], sum), (&150.into(), 150));
    assert_eq!(users["withoutConsent"], 15);
    assert_eq!(manifest["consents"]["training"], users["withSamples"]);
    assert!(
        manifest["consents"]["textAnalysis"].as_u64() < manifest["consents"]["training"].as_u64()
    );
    assert!(manifest["leftOutWeeks"]["trainAfterCut"].as_u64() > Some(0));
    assert!(manifest["leftOutWeeks"]["validationBeforeCut"].as_u64() > Some(0));
}

/// The schema is the manifest's: keys, label, features in input order, groups.
#[tokio::test]
async fn the_columns_are_those_of_the_manifest() {
    let world = World::with_people(150);
    world.prepare().await;
    let columns = &world.manifest().unwrap()["columns"];
    let names = |part: &str| columns[part].as_array().unwrap().clone();
    let label = vec![columns["label"].clone()];
    let said = [names("keys"), label, names("features"), names("groups")].concat();
    let said: Vec<&str> = said.iter().map(|name| name.as_str().unwrap()).collect();
    for side in Side::ALL {
        let file = String::from_utf8(world.file(side)).unwrap();
        assert_eq!(file.lines().next().unwrap().split(',').collect::<Vec<_>>(), said);
    }
    assert_eq!(&said[..3], ["pseudonym", "asOf", "label"]);
    let features: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name()).collect();
    assert_eq!(said[3..73], features);
    assert!(said[73..].iter().all(|name| name.starts_with("group_")));
}

/// R1.6, safety 12: what may not be read is an empty cell.
#[tokio::test]
async fn a_missing_feature_is_an_empty_cell() {
    let world = World::with_people(150);
    world.prepare().await;
    let rows = world.rows(Side::Train);
    let (closed, open): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row["group_texts"] == "closed");
    assert!(!closed.is_empty() && !open.is_empty());
    for feature in Feature::ALL.into_iter().filter(|feature| feature.reads_texts()) {
        assert!(closed.iter().all(|row| row[feature.name()].is_empty()), "{feature}");
    }
    assert!(open.iter().all(|row| !row["crisis_keywords"].is_empty()));
    for row in &rows {
        assert_eq!(row["group_country"], "ES");
        assert_eq!(row["group_time_zone"], "Europe");
        assert!(row["mood_mean_30day"].parse::<f64>().unwrap() > 1.0);
    }
}

/// The same inputs, the same bytes.
#[tokio::test]
async fn the_same_data_gives_the_same_bytes() {
    let bytes = async |world: &World| {
        world.prepare().await;
        (world.manifest(), Side::ALL.map(|side| world.file(side)))
    };
    let world = World::with_people(180);
    let first = bytes(&world).await;
    assert_eq!(first, bytes(&world).await);
    assert_eq!(first, bytes(&World::with_people(180)).await);
}

/// R2.6: by the digest of what was read one sees that it was something else.
#[tokio::test]
async fn the_manifest_tells_whether_the_same_was_read() {
    let world = World::with_people(150);
    world.prepare().await;
    let before = world.manifest().unwrap();
    let put = |id: &str, instant: &str| {
        let item = mindmate_testkit::conformance::samples::mood(instant, 6.0);
        world.backend.put_item(&user(id), &item);
    };
    put("syn-0009", "2020-01-01T06:00:00Z");
    put("syn-0011", "2030-01-01T06:00:00Z");
    world.prepare().await;
    assert_eq!(before, world.manifest().unwrap(), "of who does not consent, and of later");
    put("syn-0014", &crate::support::ago(crate::support::DAY * 100 + 7).to_string());
    world.prepare().await;
    assert_ne!(before["itemsSha256"], world.manifest().unwrap()["itemsSha256"]);
}

/// R8.4, issue: a set without the one who withdrew, and nobody else's rows change.
#[tokio::test]
async fn who_withdraws_is_in_no_file_of_the_next_set() {
    let world = World::with_people(150);
    world.prepare().await;
    let (before, rows) = (world.manifest().unwrap(), Side::ALL.map(|side| world.rows(side)));
    let leaver = user("syn-0011");
    let pseudonym = Dealer::new(&key()).pseudonym(&leaver).to_string();
    assert!(rows.concat().iter().any(|row| row["pseudonym"] == pseudonym));
    world.take_consent(&leaver);
    world.prepare().await;
    let (after, left) = (world.manifest().unwrap(), Side::ALL.map(|side| world.rows(side)));
    let count = |manifest: &Value, name: &str| manifest["users"][name].as_u64().unwrap();
    assert_eq!(count(&after, "withSamples") + 1, count(&before, "withSamples"));
    assert_eq!(count(&after, "withoutConsent"), count(&before, "withoutConsent") + 1);
    assert_ne!(before["files"], after["files"]);
    assert!(!left.concat().iter().any(|row| row["pseudonym"] == pseudonym));
}

/// R2.6: no id, no name and no word of anybody's.
#[tokio::test]
async fn nobody_can_be_read_out_of_a_set() {
    let world = World::with_people(180);
    world.prepare().await;
    let mut all = world.manifest().unwrap().to_string();
    for side in Side::ALL {
        all += &String::from_utf8(world.file(side)).unwrap();
    }
    for canary in ["syn-", "kill", "Madrid"] {
        assert!(!all.contains(canary), "{canary}");
    }
}

/// A reader of the manifest sees what was written, and whether the people are invented.
#[tokio::test]
async fn the_manifest_says_whether_its_people_are_invented() {
    let world = World::with_people(150);
    let Prepared::Set(written, _) = world.prepare().await else { panic!("expected a set") };
    assert!(!written.synthetic && written.invented_users == 0, "four digits are no cohort's");
    let bytes = serde_json::to_vec(&world.manifest().unwrap()).unwrap();
    assert_eq!(Manifest::parse(&bytes).unwrap(), *written);
    for n in 0..150 {
        let id = user(&format!("syn-{n:04}"));
        world.take_consent(&id);
    }
    world.fill(120, UserId::synthetic);
    let Prepared::Set(written, _) = world.prepare().await else { panic!("expected a set") };
    assert!(written.synthetic);
    assert_eq!(written.invented_users, written.users.with_samples);
}

/// How many days before the end of all labels' weeks a set is cut.
async fn judged_days(world: &World) -> i64 {
    world.prepare().await;
    let manifest = world.manifest().unwrap();
    let instant = |name: &str| at(manifest[name].as_str().unwrap());
    let last = instant("until") - jiff::SignedDuration::from_hours(24 * 7);
    last.duration_since(instant("cut")).as_hours() / 24 + 1
}

/// Whose crises lie long ago are no reason to judge a model by what people did then, nor to judge it by
/// next to nothing.
#[tokio::test]
async fn the_last_weeks_are_judged_where_they_hold_enough_crises() {
    let world = World::new();
    world.fill_days(150, 0..300, |n| user(&format!("syn-{n:04}")));
    assert_eq!(judged_days(&world).await, JUDGED_DAYS);
    let world = World::new();
    world.fill_days(150, 67..300, |n| user(&format!("syn-{n:04}")));
    world.fill_quietly(150, 0..67, |n| user(&format!("syn-{n:04}")));
    let third = (300 - 60 - 7) / 3;
    let found = judged_days(&world).await;
    assert!((third - 1..=third + 1).contains(&found), "{found} days");
}

/// R2.7
#[tokio::test]
async fn too_few_users_make_no_set_and_take_the_earlier_one_away() {
    let world = World::with_people(180);
    world.prepare().await;
    assert!(world.manifest().is_some());
    for n in 0..80 {
        world.take_consent(&user(&format!("syn-{n:04}")));
    }
    let Prepared::TooLittle(lack) = world.prepare().await else { panic!("expected too little") };
    assert_eq!(lack, Lack::Users { found: 90, fewest: 100 });
    assert!(world.manifest().is_none());
    assert_eq!(world.backend.training_file(Side::Train.path()), None);
}

/// R2.7: a side without crises judges nobody.
#[tokio::test]
async fn too_few_rows_of_a_label_make_no_set() {
    let world = World::new();
    for n in 0..120 {
        let profile = crate::support::profile_of(crate::support::open(), "UTC");
        world.backend.put_item(&user(&format!("syn-{n:04}")), &profile);
    }
    world.fill_quietly(120, 0..100, |n| user(&format!("syn-{n:04}")));
    let Prepared::TooLittle(lack) = world.prepare().await else { panic!("expected too little") };
    let fewest = FEWEST_OF_A_LABEL;
    assert_eq!(lack, Lack::Rows { side: "train", crisis: true, found: 0, fewest });
    assert!(world.manifest().is_none());
}

/// The function's answer has counts, and no list of columns.
#[tokio::test]
async fn the_answer_says_what_it_came_to() {
    let world = World::with_people(180);
    let firing = Firing { due: instant(AS_OF), clock: &world.clock };
    let answer = serde_json::to_value(world.task().run(firing).await.unwrap()).unwrap();
    assert_eq!((&answer["users"], &answer["eligible"]), (&180.into(), &162.into()));
    assert_eq!(answer["enough"], true);
    assert_eq!((&answer["lack"], &answer["reason"]), (&Value::Null, &Value::Null));
    assert!(answer["files"][0]["rows"].as_u64() > Some(0));
    let manifest = world.backend.training_file(MANIFEST_PATH).unwrap();
    assert_eq!(answer["manifestSha256"], hex(&Sha256::digest(manifest)));
}

/// By it the state machine leaves the training out.
#[tokio::test]
async fn the_answer_says_that_there_is_too_little() {
    let world = World::with_people(40);
    let firing = Firing { due: instant(AS_OF), clock: &world.clock };
    let answer = serde_json::to_value(world.task().run(firing).await.unwrap()).unwrap();
    assert_eq!(answer["manifestSha256"], Value::Null);
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains("users could be learned from, and it takes 100"), "{reason}");
}

/// Everybody is there, and one of them cannot be read.
struct OneUnreadable(Arc<dyn TrainingUsers>, UserId);

#[async_trait]
impl TrainingUsers for OneUnreadable {
    async fn users(
        &self,
        until: Timestamp,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<TrainingPage> {
        self.0.users(until, after, limit).await
    }

    async fn timeline(&self, user: &UserId) -> PortResult<Timeline> {
        if *user == self.1 {
            return Err(PortError::transient("table", "no answer in time"));
        }
        self.0.timeline(user).await
    }
}

/// Nothing half-written.
#[tokio::test]
async fn a_store_that_fails_half_way_leaves_the_earlier_set() {
    let world = World::with_people(180);
    world.prepare().await;
    let earlier = (world.manifest(), world.file(Side::Train));
    let users = Arc::new(OneUnreadable(world.backend.training(), user("syn-0060")));
    let ports = TrainingDataPorts { users, store: world.backend.training_store() };
    let policy = Arc::new(mindmate_domain::Policy::built_in().unwrap());
    let task = TrainingData::new(ports, Arc::clone(&LEXICONS), policy, &key());
    let until: AsOf = AS_OF.parse().unwrap();
    assert!(task.prepare(until, &|_| {}).await.is_err());
    assert_eq!((world.manifest(), world.file(Side::Train)), earlier);
}
