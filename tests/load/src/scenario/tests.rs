use super::*;

const GOOD: &str = r#"
name = "steady"
about = "a test"
[cohort]
users = 10
days = 60
[arrivals]
profile = "steady"
rate = 5
seconds = 2.5
"#;

fn read(text: &str) -> Result<Scenario, String> {
    let parsed = Scenario::parse(Path::new("a.toml"), text, Changes::default());
    parsed.map_err(|error| error.to_string())
}

#[test]
fn what_a_file_leaves_out_has_its_default() {
    let scenario = read(GOOD).unwrap();
    assert_eq!(scenario.cohort, Cohort { users: 10, days: 60, seed: 1 });
    assert_eq!(scenario.seconds(), Some(2.5));
    assert_eq!(scenario.poison, Poison::default());
}

#[test]
fn the_command_line_counts_more_than_the_file() {
    let changes = Changes { users: Some(3), rate: Some(7.0), ..Changes::default() };
    let scenario = Scenario::parse(Path::new("a.toml"), GOOD, changes).unwrap();
    assert_eq!(scenario.cohort.users, 3);
    assert!(matches!(scenario.arrivals, Arrivals::Steady { rate: 7.0, seconds: 2.5, .. }));
}

#[test]
fn a_wave_has_no_rate() {
    let wave = GOOD.replace("\"steady\"\nrate = 5\nseconds = 2.5", "\"daily-wave\"");
    for (changes, key) in [
        (Changes { rate: Some(7.0), ..Changes::default() }, "--rate"),
        (Changes { seconds: Some(7.0), ..Changes::default() }, "--seconds"),
    ] {
        let refused = Scenario::parse(Path::new("a.toml"), &wave, changes).unwrap_err().to_string();
        assert!(refused.contains(key) && refused.contains("expected none"), "{refused}");
    }
    let words = Scenario::parse(Path::new("a.toml"), &wave, Changes::default()).unwrap().arrivals;
    assert_eq!(words.to_string(), "all at once");
}

#[test]
fn arrivals_are_said_in_words() {
    assert_eq!(read(GOOD).unwrap().arrivals.to_string(), "5 a second for 2.5 s");
}

/// Each refusal names the file, the key, and what was expected.
#[test]
fn a_file_that_makes_no_sense_is_refused_in_words() {
    for (from, to, words) in [
        ("rate = 5", "rate = -5", &["arrivals.rate", "a number above 0", "-5"][..]),
        ("rate = 5", "rat = 5", &["rat", "expected"]),
        ("rate = 5", "", &["rate", "missing"]),
        ("rate = 5", "rate = \"fast\"", &["rate", "fast", "expected"]),
        ("users = 10", "users = 0", &["cohort.users", "from 1 to", "0"]),
        ("users = 10", "", &["users", "missing"]),
        ("\"steady\"\nrate", "\"tidal\"\nrate", &["tidal", "expected", "daily-wave"]),
        ("name = \"steady\"", "name = \"a/b\"", &["name", "letters"]),
        ("[cohort]", "[poison]\nbodies = 1.5\n[cohort]", &["poison.bodies", "from 0 to 1", "1.5"]),
        ("[cohort]", "[poisson]\nbodies = 0.5\n[cohort]", &["poisson", "expected"]),
        ("seconds = 2.5", "seconds = 1e9", &["arrivals.rate", "at most"]),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = read(&GOOD.replace(from, to)).unwrap_err();
        assert!(error.contains("a.toml"), "{error}");
        for word in words {
            assert!(error.contains(word), "expected {word:?} in: {error}");
        }
    }
}

#[test]
fn a_peak_lies_within_its_time() {
    let spike = "profile = \"spike\"\npeak_rate = 50\npeak_at = 2\npeak_seconds = 1";
    let error = read(&GOOD.replace("profile = \"steady\"", spike)).unwrap_err();
    assert!(error.contains("arrivals.peak_at"), "{error}");
    let spike = spike.replace("peak_at = 2", "peak_at = 1");
    assert!(read(&GOOD.replace("profile = \"steady\"", &spike)).is_ok());
}

#[test]
fn a_wave_takes_no_poison_bodies() {
    let wave = GOOD.replace("\"steady\"\nrate = 5\nseconds = 2.5", "\"daily-wave\"");
    assert!(read(&wave).is_ok());
    let error = read(&wave.replace("\"daily-wave\"", "\"daily-wave\"\nrate = 3")).unwrap_err();
    assert!(error.contains("arrivals.rate") && error.contains("daily-wave"), "{error}");
    let error = read(&format!("{wave}[hot_user]\nshare = 0.5\n")).unwrap_err();
    assert!(error.contains("hot_user.share"), "{error}");
}

/// The files that come with the harness are scenarios.
#[test]
fn every_file_of_scenarios_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let scenario = Scenario::read(&path, Changes::default()).unwrap();
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), scenario.name);
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}
