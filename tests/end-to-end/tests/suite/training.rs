//! The training set, by the program on real files.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::UserId;
use mindmate_domain::pseudonym::PseudonymKey;
use serde_json::{Value, json};

use crate::program::{END, Program, mood, profile};

const PEOPLE: i64 = 150;

/// A hundred and twenty days of a mood each, three low ones in every nine, of people who consent.
fn with_people() -> Program {
    let program = Program::new();
    let end: Timestamp = END.parse().unwrap();
    let mut lines = Vec::new();
    for n in 0..PEOPLE {
        let user = person(n);
        lines.push(profile(&user, &consents(true)));
        for day in 0..120 {
            let at = end - SignedDuration::from_hours(24 * day + 1 + n % 20);
            let number = if (day + n) % 9 < 3 { "1.5" } else { "6" };
            lines.push(mood(&user, &at.to_string(), number, "a canary"));
        }
    }
    program.import(&lines).exited(0);
    program
}

fn person(n: i64) -> String {
    format!("canary-{n:04}")
}

fn consents(training: bool) -> Value {
    json!({ "consents": { "M": {
        "scoring": { "BOOL": true }, "textAnalysis": { "BOOL": true }, "training": { "BOOL": training },
    }}})
}

impl Program {
    fn prepare(&self) -> Value {
        self.run(&["--format", "json", "training-data", "--until", END]).exited(0).json()
    }

    fn training(&self, path: &str) -> PathBuf {
        self.data().join("training").join(path)
    }

    /// All that is written of a set.
    fn set(&self) -> [String; 3] {
        ["train/samples.csv", "validation/samples.csv", "manifest.json"]
            .map(|path| std::fs::read_to_string(self.training(path)).unwrap())
    }

    /// What stands for a user in a set.
    fn trained_as(&self, user: &str) -> String {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let sql = "SELECT value FROM settings WHERE name = 'pseudonymKey'";
        let key = database.query_row(sql, [], |row| row.get::<_, [u8; 32]>(0)).unwrap();
        let key = PseudonymKey::new(key).for_purpose("training");
        key.of(&UserId::new(user).unwrap()).to_string()
    }
}

/// R2.6, R8.4: with one user's consent withdrawn the next set is without them.
#[test]
fn who_withdraws_is_in_nothing_of_the_next_training_set() {
    let program = with_people();
    let before = program.prepare();
    assert_eq!(before["manifest"]["users"]["withSamples"], PEOPLE);
    let leaver = person(17);
    let pseudonym = program.trained_as(&leaver);
    assert!(program.set().concat().contains(&pseudonym));
    program.import(&[profile(&leaver, &consents(false))]).exited(0);
    let after = program.prepare();
    let users = &after["manifest"]["users"];
    assert_eq!(
        (&users["withSamples"], &users["withoutConsent"]),
        (&(PEOPLE - 1).into(), &1.into())
    );
    assert!(!program.set().concat().contains(&pseudonym));
    assert_ne!(before["manifest"]["files"], after["manifest"]["files"]);
}

/// The same data, the same bytes; nothing of a person in them, and nothing left beside them (R2.6).
#[test]
fn a_training_set_is_the_same_at_every_time_and_names_nobody() {
    let program = with_people();
    program.prepare();
    let set = program.set();
    program.prepare();
    assert_eq!(program.set(), set);
    assert!(!set.concat().contains("canary"));
    let text = program.run(&["training-data", "--until", END]).exited(0);
    assert!(text.out.contains("crises") && text.out.contains("cut at"), "{text}");
    let there: Vec<_> = std::fs::read_dir(program.training("")).unwrap().collect();
    assert_eq!(there.len(), 3, "{there:?}");
}

#[test]
fn a_training_set_goes_where_somebody_says() {
    let program = with_people();
    let out = program.file("elsewhere");
    let out_text = out.to_str().unwrap();
    program.run(&["training-data", "--until", END, "--out", out_text]).exited(0);
    assert!(out.join("manifest.json").exists() && !program.training("").exists());
    let dry = program.run(&["training-data", "--until", END, "--dry-run"]).exited(0);
    assert!(dry.out.contains("150 eligible") && !program.training("").exists(), "{dry}");
}

/// R2.7: a warning, an exit code of its own, and no set.
#[test]
fn too_little_data_makes_no_training_set() {
    let program = Program::with_cohort(60);
    let said = program.run(&["training-data", "--until", END]).exited(8);
    let said = said.complains("too little data: 0 users could be learned from, and it takes 100");
    assert!(said.out.contains("60"), "{said}");
    assert!(!program.training("manifest.json").exists());
    program.run(&["training-data", "--until", END, "--dry-run"]).exited(8);
}
