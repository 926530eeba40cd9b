//! Every template, in every language, against the rules for messages (safety 10 and 11).

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use mindmate_domain::intervention::{
    CrisisResources, Helpline, InterventionType, Message, ResourceParts,
};
use mindmate_language::{Activities, Activity, Fill, NAME_CHARS, TemplateError, Templates};

const LOCALES: [&str; 2] = ["en", "es"];

/// More than the variants of any kind.
const SEEDS: u64 = 12;

const MAX_CHARS: usize = 600;

/// What no message says, in lower case.
const FORBIDDEN: &[&str] = &[
    // Ways of speaking of suicide.
    "committed suicide",
    "commit suicide",
    "cometió suicidio",
    "cometer suicidio",
    "suicid",
    // Methods.
    "overdose",
    "sobredosis",
    "pills",
    "pastillas",
    " gun",
    "pistola",
    "rope",
    "soga",
    "blade",
    "cutting",
    // Diagnosis.
    "diagnos",
    "depress",
    "depresi",
    "deprimid",
    "disorder",
    "trastorno",
    "illness",
    "enfermedad",
    "symptom",
    "síntoma",
    "bipolar",
    "anxiety",
    "ansiedad",
    // Score or level.
    "score",
    "risk",
    "level",
    "percent",
    "%",
    "puntuación",
    "riesgo",
    "nivel",
    "algorithm",
    "algoritmo",
    "detected",
    "detectado",
    "critical",
    "crítico",
    "moderate",
    // Blame and orders.
    "your fault",
    "you should",
    "you must",
    "you failed",
    "selfish",
    "tu culpa",
    "deberías",
    "debes ",
    "egoísta",
    "attention-seeking",
    // A promise that is demanded, secrecy.
    "promise",
    "promete",
    "promét",
    "swear",
    "júrame",
    "secret",
    "don't tell",
    "do not tell",
    "between us",
    "no se lo digas",
    "entre nosotros",
    // A claim to be human.
    "i am human",
    "i'm human",
    "real person",
    "as a person",
    "i am a person",
    "soy una persona",
    "soy human",
    "persona real",
    // Addresses.
    "http",
    "www",
    "://",
    ".com",
    ".org",
    "@",
];

fn resources() -> CrisisResources {
    CrisisResources::try_from(ResourceParts {
        version: "resources-test".to_owned(),
        country: None,
        helplines: vec![
            Helpline {
                name: "First Line".to_owned(),
                contact: "call 0000".to_owned(),
                hours: "day and night".to_owned(),
            },
            Helpline {
                name: "Second Line".to_owned(),
                contact: "text 1111".to_owned(),
                hours: "9 to 17".to_owned(),
            },
        ],
        emergency: "In immediate danger, go to the nearest hospital.".to_owned(),
    })
    .expect("has helplines")
}

fn longest_activities(locale: &str) -> Vec<Activity> {
    let activities = Activities::built_in().expect("the activities are well formed");
    let mut all = activities.choose(&[], Some(locale), usize::MAX, 0);
    all.sort_by_key(|one| usize::MAX - one.title.chars().count() - one.description.chars().count());
    all.truncate(3);
    all
}

/// Every template, with all that can be filled in and with as little as can be.
fn every_message() -> Vec<(InterventionType, &'static str, Message)> {
    let templates = Templates::built_in().expect("the templates are well formed");
    let resources = resources();
    let long = "Maximiliana ".repeat(6);
    let mut messages = Vec::new();
    for locale in LOCALES {
        let activities = longest_activities(locale);
        let full = Fill {
            name: Some(&long),
            companion: Some(&long),
            resources: Some(&resources),
            activities: &activities,
        };
        let bare = Fill { resources: Some(&resources), ..Fill::default() };
        for kind in InterventionType::ALL {
            for (fill, seed) in (0..SEEDS).flat_map(|seed| [(&full, seed), (&bare, seed)]) {
                let message = templates.write(kind, Some(locale), fill, seed).expect("is written");
                messages.push((kind, locale, message));
            }
        }
    }
    messages
}

#[test]
fn there_are_two_or_three_templates_of_each_kind_in_each_language() {
    for kind in InterventionType::ALL {
        for locale in LOCALES {
            let names: BTreeSet<String> = every_message()
                .into_iter()
                .filter(|(of, in_locale, _)| *of == kind && *in_locale == locale)
                .map(|(_, _, message)| message.template)
                .collect();
            assert!((2..=3).contains(&names.len()), "{kind:?} {locale}: {names:?}");
            for name in names {
                assert!(name.starts_with(&format!("{locale}/")), "{name}");
                assert!(name.ends_with("@templates-1"), "{name}");
            }
        }
    }
}

#[test]
fn every_message_says_that_it_is_automated() {
    for (_, locale, message) in every_message() {
        let word = if locale == "es" { "automatizad" } else { "automated" };
        assert!(message.text.contains(word), "{}: {}", message.template, message.text);
    }
}

#[test]
fn every_message_keeps_the_rules_for_what_is_not_said() {
    for (_, _, message) in every_message() {
        let text = message.text.to_lowercase();
        for phrase in FORBIDDEN {
            assert!(!text.contains(phrase), "`{phrase}` in {}: {text}", message.template);
        }
    }
}

#[test]
fn no_number_comes_from_a_template() {
    let resources = resources();
    for (_, _, message) in every_message() {
        let mut text = message.text.clone();
        for line in resources.helplines() {
            text = text.replace(&line.contact, "").replace(&line.hours, "");
        }
        assert!(!text.contains(|c: char| c.is_numeric()), "{}: {text}", message.template);
    }
}

#[test]
fn every_message_but_crisis_support_is_short() {
    for (kind, _, message) in every_message() {
        let chars = message.text.chars().count();
        let short = kind == InterventionType::CrisisSupport || chars <= MAX_CHARS;
        assert!(short, "{}: {chars} characters", message.template);
    }
}

#[test]
fn every_message_is_plain_and_tidy_text() {
    for (_, _, message) in every_message() {
        for slip in ["{", "}", "  ", " ,", " .", "none", "undefined", "\n\n\n", " \n"] {
            assert!(
                !message.text.contains(slip),
                "{slip:?} in {}: {}",
                message.template,
                message.text
            );
        }
        assert_eq!(message.text.trim(), message.text);
    }
}

#[test]
fn crisis_support_lists_every_helpline_and_the_advice_for_an_emergency() {
    let resources = resources();
    for (_, _, message) in
        every_message().iter().filter(|(kind, ..)| *kind == InterventionType::CrisisSupport)
    {
        for line in resources.helplines() {
            for part in [&line.name, &line.contact, &line.hours] {
                assert!(message.text.contains(part.as_str()), "{}", message.text);
            }
        }
        assert!(message.text.contains(resources.emergency()), "{}", message.text);
    }
}

#[test]
fn crisis_support_is_refused_without_resources() {
    let templates = Templates::built_in().expect("the templates are well formed");
    let written = templates.write(InterventionType::CrisisSupport, None, &Fill::default(), 0);
    assert!(matches!(written, Err(TemplateError::NoResources)));
}

#[test]
fn the_same_seed_writes_the_same_message() {
    let templates = Templates::built_in().expect("the templates are well formed");
    let fill = Fill { name: Some("Ana"), ..Fill::default() };
    for seed in [0, 7, u64::MAX] {
        let write = || templates.write(InterventionType::CheckIn, Some("es"), &fill, seed);
        assert_eq!(write().expect("is written"), write().expect("is written"));
    }
}

#[test]
fn a_language_without_templates_gets_english() {
    let templates = Templates::built_in().expect("the templates are well formed");
    for locale in [None, Some("de-DE"), Some("")] {
        let message = templates
            .write(InterventionType::Encouragement, locale, &Fill::default(), 1)
            .expect("is written");
        assert!(message.template.starts_with("en/"), "{}", message.template);
    }
}

fn greeting(name: &str) -> String {
    let templates = Templates::built_in().expect("the templates are well formed");
    let fill = Fill { name: Some(name), ..Fill::default() };
    templates.write(InterventionType::Encouragement, None, &fill, 0).expect("is written").text
}

#[test]
fn a_display_name_stays_data_and_is_cut_to_what_a_name_needs() {
    let nobody = greeting("");
    for unfit in [
        "see www.example.com",
        "https://x.y",
        "call 555 0100",
        "a@b",
        "\n\r\t",
        "🙂",
        "example.com",
    ] {
        assert_eq!(greeting(unfit), nobody, "{unfit}");
    }
    assert!(greeting("  Ana\nMaría\u{200B}\u{202E} ").starts_with("Hi Ana María,"));
    assert!(greeting("O’Neil-Smith Jr.").starts_with("Hi O’Neil-Smith Jr.,"));
    assert!(greeting("{{ emergency }}{% raw %}").starts_with("Hi emergency raw,"));
    let long = greeting(&"x".repeat(500));
    assert!(long.contains(&"x".repeat(NAME_CHARS)) && !long.contains(&"x".repeat(NAME_CHARS + 1)));
}

#[test]
fn liked_activities_come_first_and_none_comes_twice() {
    let activities = Activities::built_in().expect("the activities are well formed");
    let liked = ["Long WALKS or walking in nature".to_owned(), "música".to_owned()];
    for seed in 0..20 {
        let chosen = activities.choose(&liked, Some("en"), 5, seed);
        assert_eq!(chosen, activities.choose(&liked, Some("en"), 5, seed));
        let names: BTreeSet<_> = chosen.iter().map(|one| one.name.clone()).collect();
        assert_eq!(names.len(), 5);
        let first: BTreeSet<_> = chosen.iter().take(4).map(|one| one.name.as_str()).collect();
        assert_eq!(first, BTreeSet::from(["gardening", "music", "sunlight", "walk"]));
    }
}

#[test]
fn activities_come_in_the_language_and_vary_with_the_seed() {
    let activities = Activities::built_in().expect("the activities are well formed");
    assert_eq!(activities.version(), "activities-1");
    let spanish = activities.choose(&["caminar".to_owned()], Some("es-AR"), 1, 3);
    assert_eq!(spanish[0].title, "Un paseo corto");
    let german = activities.choose(&["walk".to_owned()], Some("de"), 1, 3);
    assert_eq!(german[0].title, "A short walk");
    let firsts: BTreeSet<_> =
        (0..50).map(|seed| activities.choose(&[], None, 1, seed)[0].name.clone()).collect();
    assert!(firsts.len() > 5, "{firsts:?}");
    assert_eq!(activities.choose(&[], None, 1_000, 0).len(), 22);
    assert!(activities.choose(&[], None, 0, 0).is_empty());
}
