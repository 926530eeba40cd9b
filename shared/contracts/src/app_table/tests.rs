//! Items as the app, and as bad luck, may write them.

use mindmate_domain::app::{AppItem, Author, EventKind, Profile};
use mindmate_domain::consent::{Consents, StatedConsents};
use mindmate_domain::quality::Defect;
use mindmate_domain::{AsOf, History, UserId};
use serde_json::{Value, json};

use super::{
    Decoded, HistoryReader, Item, active_millis, closed_profile, decode, encode, history_ranges,
    parse_line, write_line,
};

fn item(json: Value) -> Item {
    serde_json::from_value(json).unwrap()
}

fn defect(sk: &str, json: Value) -> Option<Defect> {
    match decode(sk, &item(json)) {
        Decoded::Defective(found) => Some(found.defect),
        Decoded::Read(_, defects) => defects.first().copied(),
        Decoded::PassedOver => None,
    }
}

const SK: &str = "MOOD#2025-04-19T08:00:00Z";

fn mood(number: &str) -> Value {
    json!({"type": {"S": "MOOD"}, "timestamp": {"S": "2025-04-19T08:00:00Z"}, "mood": {"N": number}})
}

#[test]
fn what_does_not_fit_is_named() {
    for (sk, json, expected) in [
        (SK, mood("14"), Some(Defect::MoodOutOfRange)),
        (SK, mood("0.99"), Some(Defect::MoodOutOfRange)),
        (SK, mood("10"), None),
        (SK, mood("6.4"), None),
        (SK, mood("NaN"), Some(Defect::BadAttribute)),
        (
            SK,
            json!({"type": {"S": "MOOD"}, "ts": {"S": SK}, "mood": {"N": "5"}}),
            Some(Defect::BadInstant),
        ),
        (SK, json!({"type": {"S": "MOOD"}, "mood": {"N": "5"}}), Some(Defect::BadInstant)),
        (SK, json!({"mood": {"N": "5"}}), Some(Defect::NoType)),
        ("CHAT#2025-04-19T08:00:00Z", mood("5"), Some(Defect::KeyContradictsType)),
        ("PROFILE", mood("5"), Some(Defect::KeyContradictsType)),
        (
            SK,
            json!({"type": {"S": "MOOD"}, "ts": {"S": "2025-04-19T08:00:00Z"}, "mood": {"S": "5"}}),
            Some(Defect::BadAttribute),
        ),
        (
            "CHAT#2025-04-19T08:00:00Z",
            json!({"type": {"S": "CHAT"}, "ts": {"S": "2025-04-19T08:00:00Z"}, "message": {"S": "hi"}}),
            Some(Defect::NoSender),
        ),
        (
            "SESSION#2025-04-19T08:00:00Z",
            json!({"type": {"S": "SESSION"}, "ts": {"S": "2025-04-19T08:00:00Z"}, "durationSeconds": {"N": "-7200"}}),
            Some(Defect::BadAttribute),
        ),
        ("MOOD#1", mood("5"), Some(Defect::KeyContradictsInstant)),
        ("MOOD#2025-04-18T17:59:59Z", mood("5"), Some(Defect::KeyContradictsInstant)),
        ("MOOD#2025-04-18T18:00:00Z", mood("5"), None),
        ("MOOD#2025-04-19T22:00:00Z", mood("5"), None),
        ("WEATHER#1", json!({"type": {"S": "WEATHER"}}), None),
        ("PROFILE", json!({"timezone": {"S": "Mars/Olympus"}}), Some(Defect::UnknownTimeZone)),
        ("PROFILE", json!({"consents": {"S": "all"}}), Some(Defect::UnreadableConsents)),
        (
            "PROFILE",
            json!({"consents": {"M": {"scoring": {"S": "yes"}}}}),
            Some(Defect::UnreadableConsents),
        ),
        ("PROFILE", json!({"country": {"S": "Atlantis"}}), Some(Defect::BadProfileAttribute)),
    ] {
        assert_eq!(defect(sk, json.clone()), expected, "{sk} {json}");
    }
}

#[test]
fn a_one_megabyte_note_is_too_long() {
    let mut json = mood("5");
    json["notes"] = json!({"S": "x".repeat(1024 * 1024)});
    assert_eq!(defect(SK, json), Some(Defect::TextTooLong));
}

#[test]
fn the_users_own_words_win() {
    for (extra, author, text) in [
        (
            json!({"userMessage": {"S": "a"}, "message": {"S": "b"}, "sender": {"S": "agent"}}),
            Author::User,
            "a",
        ),
        (
            json!({"userMessage": {"S": " "}, "message": {"S": "b"}, "sender": {"S": "user"}}),
            Author::User,
            "b",
        ),
        (json!({"message": {"S": "b"}, "sender": {"S": "user"}}), Author::User, "b"),
        (json!({"message": {"S": "b"}, "sender": {"S": "agent"}}), Author::Agent, "b"),
    ] {
        let mut json = extra;
        json["type"] = json!({"S": "CHAT"});
        json["ts"] = json!({"S": "2025-04-19T08:00:00Z"});
        let Decoded::Read(AppItem::Event(event), _) =
            decode("CHAT#2025-04-19T08:00:00Z", &item(json))
        else {
            panic!()
        };
        let EventKind::Chat { author: found, text: words } = event.kind else { panic!() };
        assert_eq!((found, words.as_str()), (author, text));
    }
}

#[test]
fn timestamp_wins_over_ts_and_offsets_become_utc() {
    let json = json!({
        "type": {"S": "SELFIE"},
        "ts": {"S": "2020-01-01T00:00:00Z"},
        "timestamp": {"S": "2025-04-19T10:00:00+02:00"}
    });
    let Decoded::Read(AppItem::Event(event), _) =
        decode("SELFIE#2025-04-19T10:00:00+02:00", &item(json))
    else {
        panic!()
    };
    assert_eq!(event.at.to_string(), "2025-04-19T08:00:00Z");
}

/// Safety 12
#[test]
fn consents_that_a_block_does_not_name_are_off() {
    let json = json!({"consents": {"M": {"scoring": {"BOOL": true}}}});
    let Decoded::Read(AppItem::Profile(profile), _) = decode("PROFILE", &item(json)) else {
        panic!()
    };
    let expected = Consents { scoring: true, ..Consents::NONE };
    assert_eq!(profile.consents, StatedConsents::Given(expected));
}

fn read(items: &[(&str, Value)]) -> History {
    let as_of: AsOf = "2025-04-20T06:00:00Z".parse().unwrap();
    let mut reader = HistoryReader::new(UserId::new("u").unwrap(), as_of);
    for (sk, json) in items {
        reader.take(sk, &item(json.clone()));
    }
    reader.finish(Consents { text_analysis: true, ..Consents::NONE })
}

#[test]
fn a_bad_item_fails_neither_its_neighbours_nor_the_user() {
    let history = read(&[
        (SK, mood("14")),
        ("MOOD#2025-04-19T09:00:00Z", mood("4")),
        // Its instant lies outside the window: not this assessment's concern.
        (
            "MOOD#2025-01-01T09:00:00Z",
            json!({"type": {"S": "MOOD"}, "ts": {"S": "2025-01-01T09:00:00Z"}, "mood": {"N": "99"}}),
        ),
    ]);
    assert_eq!(history.moods.len(), 1);
    assert_eq!(history.quality.of(Defect::MoodOutOfRange), 1);
    assert_eq!(history.quality.of(Defect::NoProfile), 1);
}

#[test]
fn a_sentiment_counts_only_where_its_hash_fits() {
    let note = |text: &str| {
        let mut json = mood("4");
        json["notes"] = json!({"S": text});
        json
    };
    // SHA-256 of "abc", from FIPS 180-2.
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let sentiment = json!({
        "type": {"S": "SENTIMENT"}, "label": {"S": "NEGATIVE"}, "textHash": {"S": hash},
        "positive": {"N": "0.1"}, "negative": {"N": "0.8"}, "neutral": {"N": "0.1"},
        "mixed": {"N": "0"}, "analyzer": {"S": "test"}
    });
    let sk = format!("SENTIMENT#{SK}");
    let fits = read(&[(SK, note("abc")), (&sk, sentiment.clone())]);
    assert!((fits.texts.unwrap()[0].sentiment.unwrap().negative - 0.8).abs() < f64::EPSILON);
    let stale = read(&[(SK, note("abd")), (&sk, sentiment)]);
    assert_eq!(stale.texts.unwrap()[0].sentiment, None);
    assert_eq!(stale.quality.of(Defect::StaleSentiment), 1);
}

#[test]
fn without_consent_no_text_is_kept() {
    let mut json = mood("4");
    json["notes"] = json!({"S": "words"});
    let history =
        read(&[(SK, json), ("PROFILE", json!({"consents": {"M": {"scoring": {"BOOL": true}}}}))]);
    assert_eq!(history.texts, None);
    assert_eq!(history.moods.len(), 1);
}

#[test]
fn a_line_that_is_no_item_says_why() {
    for (line, complaint) in [
        ("{", "DynamoDB JSON"),
        (r#"{"Item":{"SK":{"S":"PROFILE"}}}"#, "PK, found none"),
        (r#"{"Item":{"PK":{"S":"USER#a"},"SK":{"N":"1"}}}"#, "SK, found another type"),
        (r#"{"Item":{"PK":{"S":"ORDER#a"},"SK":{"S":"PROFILE"}}}"#, "USER#"),
        (r#"{"Item":{"PK":{"S":"USER#"},"SK":{"S":"PROFILE"}}}"#, "user id"),
    ] {
        let error = parse_line(line.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(complaint), "{line}: {error}");
    }
    assert!(parse_line(&vec![b' '; 900_000]).unwrap_err().to_string().contains("409600"));
}

#[test]
fn what_is_written_reads_back_unchanged() {
    let lines = [
        json!({"type": {"S": "PROFILE"}, "timezone": {"S": "Europe/Madrid"}, "country": {"S": "ES"},
            "preferences": {"L": [{"S": "walking"}]}, "createdAt": {"S": "2025-01-01T00:00:00.000Z"},
            "consents": {"M": {"scoring": {"BOOL": true}, "outreach": {"BOOL": true}}}}),
        json!({"type": {"S": "MOOD"}, "timestamp": {"S": "2025-04-19T08:00:00.000Z"}, "mood": {"N": "6.4"},
            "notes": {"S": "fine \"day\""}, "tags": {"L": [{"S": "sleep:good"}]}}),
        json!({"type": {"S": "CHAT"}, "timestamp": {"S": "2025-04-19T08:00:00.000Z"}, "userMessage": {"S": "hi"}}),
        json!({"type": {"S": "ACTIVITY"}, "timestamp": {"S": "2025-04-19T08:00:00.000Z"},
            "activity": {"S": "walk"}, "suggested": {"BOOL": true}, "helpful": {"BOOL": false},
            "completedAt": {"S": "2025-04-19T09:00:00.000Z"}}),
        json!({"type": {"S": "SESSION"}, "timestamp": {"S": "2025-04-19T08:00:00.000Z"}, "durationSeconds": {"N": "61.5"}}),
    ];
    let user = UserId::new("u").unwrap();
    for json in lines {
        let kind = json["type"]["S"].as_str().unwrap();
        let sk = if kind == "PROFILE" {
            kind.to_owned()
        } else {
            format!("{kind}#2025-04-19T08:00:00.000Z")
        };
        let Decoded::Read(first, defects) = decode(&sk, &item(json.clone())) else {
            panic!("{json}")
        };
        assert_eq!(defects, []);
        let (key, written) = encode(&user, &first);
        let line = parse_line(write_line(&written).unwrap().as_bytes()).unwrap();
        assert_eq!((line.user, &line.sk), (user.clone(), &key));
        assert_eq!(decode(&line.sk, &line.item), Decoded::Read(first, vec![]));
    }
}

/// Safety 3: what a person wrote in an item that does not fit is still looked through.
#[test]
fn texts_of_items_that_do_not_fit_are_kept_apart() {
    let chat = |sender: &str| {
        json!({
            "type": {"S": "CHAT"}, "ts": {"S": "no instant"},
            "message": {"S": "words"}, "sender": {"S": sender}
        })
    };
    let long_ago = "CHAT#2024-01-01T09:00:00Z";
    for (sk, json, kept) in [
        (SK, json!({"mood": {"N": "5"}, "notes": {"S": "words"}}), Some("2025-04-19T08:00:00Z")),
        ("CHAT#1", chat("user"), Some("2025-04-20T06:00:00Z")),
        ("CHAT#1", chat("robot"), Some("2025-04-20T06:00:00Z")),
        ("CHAT#1", chat("agent"), None),
        (long_ago, chat("user"), None),
    ] {
        let history = read(&[(sk, json.clone())]);
        let found: Vec<_> = history.left_out.iter().map(|text| text.at.to_string()).collect();
        assert_eq!(found, Vec::from_iter(kept), "{sk} {json}");
    }
}

/// Safety 3: words that are no text are not read as silence, and two instants that contradict each
/// other do not put a text out of sight.
#[test]
fn words_that_cannot_be_read_or_placed_are_of_now() {
    let now = "2025-04-20T06:00:00Z";
    let words = json!({
        "type": {"S": "MOOD"}, "timestamp": {"S": "2025-04-19T08:00:00Z"}, "mood": {"N": "5"},
        "notes": {"L": [{"S": "words"}]}
    });
    let [left_out] = &read(&[(SK, words)]).left_out[..] else { panic!("one is left out") };
    assert_eq!((left_out.at.to_string().as_str(), &left_out.text), ("2025-04-19T08:00:00Z", &None));
    let contradicting = json!({
        "type": {"S": "CHAT"}, "ts": {"S": "2019-01-01T00:00:00Z"},
        "message": {"S": "words"}, "sender": {"S": "user"}
    });
    let history = read(&[("CHAT#2025-04-19T08:00:00Z", contradicting)]);
    assert_eq!(history.left_out[0].at.to_string(), now);
}

/// Somebody of whom nothing else came than words in an item that does not fit is looked at.
#[test]
fn an_item_with_words_makes_its_user_active_even_if_it_does_not_fit() {
    let at = |millis: i64| jiff::Timestamp::from_millisecond(millis).unwrap().to_string();
    let noted = json!({"mood": {"N": "5"}, "notes": {"S": "words"}});
    let active = |sk: &str, json: &Value| active_millis(sk, &item(json.clone())).map(at);
    assert_eq!(active(SK, &noted).as_deref(), Some("2025-04-19T08:00:00Z"));
    let unreadable = json!({"mood": {"N": "5"}, "notes": {"L": []}});
    assert_eq!(active(SK, &unreadable).as_deref(), Some("2025-04-19T08:00:00Z"));
    assert_eq!(active(SK, &json!({"mood": {"N": "5"}})), None);
    assert_eq!(active("CHAT#1", &noted), None, "no instant anywhere");
}

/// Texts under keys that begin with no instant of our time are asked for.
#[test]
fn odd_keys_of_texts_lie_in_a_range_that_is_loaded() {
    let ranges = history_ranges("2025-04-20T06:00:00Z".parse().unwrap());
    let holds =
        |key: &str| ranges.iter().filter(|range| *range.from <= *key && *key <= *range.to).count();
    for key in ["CHAT#1", "CHAT#yesterday", "CHAT#99", "MOOD#", "MOOD#mood", "MOOD#1745049600000"] {
        assert_eq!(holds(key), 1, "{key}");
    }
    assert_eq!(holds("CHAT#2025-04-19T08:00:00Z"), 1);
    assert_eq!(holds("CHAT#2024-04-19T08:00:00Z"), 0);
}

/// A profile whose line cannot be read must not leave its user as one of the app's legacy users.
#[test]
fn a_profile_that_is_no_item_becomes_one_that_allows_nothing() {
    let line = r#"{"Item": {"PK": {"S": "USER#u"}, "SK": {"S": "PROFILE"}, "consents": {"X": 1}}}"#;
    assert!(parse_line(line.as_bytes()).is_err());
    let closed = closed_profile(line.as_bytes()).unwrap();
    let Decoded::Read(AppItem::Profile(profile), _) = decode(&closed.sk, &closed.item) else {
        panic!()
    };
    assert_eq!((closed.user.as_str(), *profile), ("u", Profile::closed()));
    // Cut off, and broken in the middle.
    let cut = &line[..line.len() - 8];
    let broken = line.replace("{\"X\": 1}", "{{,\"");
    for line in [cut, broken.as_str()] {
        assert_eq!(closed_profile(line.as_bytes()).unwrap(), closed);
    }
    for other in [line.replace("PROFILE", "CHAT#1"), line.replace("USER#u", "u"), "{".to_owned()] {
        assert_eq!(closed_profile(other.as_bytes()), None);
    }
}
