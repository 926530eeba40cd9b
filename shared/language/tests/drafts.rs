//! What a language model is told, and what of its words may be sent (safety 9 to 11).

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use mindmate_domain::Feature;
use mindmate_domain::intervention::InterventionType;
use mindmate_language::{Activities, Brief, Drafts, Fill, MESSAGE_CHARS, Refusal, Rule, Theme};

const GOOD: [(&str, &str); 4] = [
    (
        "en",
        "It sounds as if these days have been heavy. How are you right now? Someone whom you trust would gladly listen too.",
    ),
    (
        "en",
        "Thank you for taking the time to notice how you feel. I hope that this afternoon holds something kind for you.",
    ),
    (
        "es",
        "Parece que estos días han sido pesados. ¿Cómo estás ahora mismo? Alguien de confianza también te escucharía con gusto.",
    ),
    (
        "es",
        "Gracias por fijarte en cómo te sientes. Ojalá esta tarde te traiga algo bueno y un poco de calma.",
    ),
];

fn drafts() -> Drafts {
    Drafts::built_in().expect("the drafts' files are well formed")
}

fn refusal(locale: &str, draft: &str) -> Option<Refusal> {
    drafts().accept(draft, Some(locale), &Fill::default()).err()
}

#[test]
fn a_good_draft_follows_our_own_opening() {
    let fill = Fill { name: Some("Ada"), companion: Some("Momo"), ..Fill::default() };
    for (locale, draft) in GOOD {
        let message = drafts().accept(draft, Some(locale), &fill).expect("it keeps all rules");
        assert!(message.ends_with(draft), "{message}");
        let opening = message.trim_end_matches(draft);
        assert!(opening.contains("Ada") && opening.contains("Momo"), "{opening}");
        assert!(opening.contains("automated") || opening.contains("automático"), "{opening}");
        assert_eq!(refusal(locale, draft), None);
    }
}

/// The name is data: it can neither be read as a template nor bring a number in.
#[test]
fn a_name_stays_a_name() {
    let fill = Fill { name: Some("{{ companion }} 0900 12345"), ..Fill::default() };
    let message = drafts().accept(GOOD[0].1, Some("en"), &fill).expect("it keeps all rules");
    assert!(!message.contains('{') && !message.contains("0900"), "{message}");
}

#[test]
fn activities_are_listed_by_us() {
    let all = Activities::built_in().expect("the activities are well formed");
    let activities = all.choose(&[], Some("en"), 2, 0);
    let fill = Fill { activities: &activities, ..Fill::default() };
    let message = drafts().accept(GOOD[0].1, Some("en"), &fill).expect("it keeps all rules");
    for activity in &activities {
        assert!(message.contains(&activity.title), "{message}");
    }
    let many = all.choose(&[], Some("en"), usize::MAX, 0);
    let fill = Fill { activities: &many, ..Fill::default() };
    let refused = drafts().accept(GOOD[0].1, Some("en"), &fill).err();
    assert!(matches!(refused, Some(Refusal::Length { found }) if found > MESSAGE_CHARS));
}

/// A good draft with one bad sentence is a bad draft.
#[test]
fn each_rule_refuses_what_breaks_it() {
    use Refusal::{Figure, Forbidden, NotPlain};
    for (locale, bad, expected) in [
        ("en", "Someone in your town committed suicide.", Forbidden(Rule::Death)),
        ("en", "Please don’t hurt yourself.", Forbidden(Rule::Death)),
        ("en", "Put the pills away.", Forbidden(Rule::Methods)),
        ("en", "You may be depressed.", Forbidden(Rule::Diagnosis)),
        ("en", "Your risk has risen.", Forbidden(Rule::Assessment)),
        ("en", "You should go outside.", Forbidden(Rule::Blame)),
        ("en", "Promise me that you will rest.", Forbidden(Rule::Promises)),
        ("en", "Don't tell anybody.", Forbidden(Rule::Secrecy)),
        ("en", "DON´T TELL anybody.", NotPlain),
        ("en", "I am a real person and I care.", Forbidden(Rule::Pretence)),
        ("en", "I know how you feel.", Forbidden(Rule::Pretence)),
        ("en", "You can reach nine eight eight.", Forbidden(Rule::Contact)),
        ("en", "You can reach 988.", Figure),
        ("en", "You can reach ٩٨٨.", Figure),
        ("en", "See help.example for more.", NotPlain),
        ("en", "See <b>this</b>.", NotPlain),
        ("en", "Write to me@example.", NotPlain),
        ("en", "Rest\u{202E}.", NotPlain),
        ("es", "Se suicidó alguien.", Forbidden(Rule::Death)),
        ("es", "Quizá tengas depresión.", Forbidden(Rule::Diagnosis)),
        ("es", "Tu nivel ha subido.", Forbidden(Rule::Assessment)),
        ("es", "Deberías salir.", Forbidden(Rule::Blame)),
        ("es", "Prométeme que descansarás.", Forbidden(Rule::Promises)),
        ("es", "No se lo digas a nadie.", Forbidden(Rule::Secrecy)),
        ("es", "Soy una persona real.", Forbidden(Rule::Pretence)),
        ("es", "Llama al cero veinticuatro.", Forbidden(Rule::Contact)),
    ] {
        let (_, good) = GOOD.iter().find(|(of, _)| *of == locale).expect("one a language");
        for draft in [format!("{good} {bad}"), format!("{bad} {good}")] {
            assert_eq!(refusal(locale, &draft), Some(expected), "{draft}");
        }
    }
}

#[test]
fn length_and_language_are_checked() {
    assert_eq!(refusal("en", " You matter. "), Some(Refusal::Length { found: 11 }));
    let long = GOOD[0].1.repeat(6);
    assert!(matches!(refusal("en", &long), Some(Refusal::Length { .. })));
    for (locale, draft) in GOOD {
        let other = if locale == "en" { "es" } else { "en" };
        assert_eq!(refusal(other, draft), Some(Refusal::OtherLanguage), "{draft}");
    }
    let french =
        "Ces derniers jours semblent avoir été lourds. Comment vas-tu maintenant, mon ami ?";
    assert_eq!(refusal("en", french), Some(Refusal::OtherLanguage));
}

/// Safety 1: crisis support waits for no model. Safety 9: all else is told themes alone.
#[test]
fn a_prompt_holds_the_files_words_alone() {
    let drafts = drafts();
    for kind in InterventionType::ALL {
        let brief = Brief::new(kind, &Feature::ALL);
        assert_eq!(brief.themes.len(), Theme::ALL.len());
        for locale in [None, Some("en-GB"), Some("es"), Some("xx")] {
            let prompt = drafts.prompt(&brief, locale);
            assert_eq!(prompt.is_none(), kind == InterventionType::CrisisSupport);
            let same = drafts.prompt(&Brief::new(kind, &Feature::ALL), locale);
            assert_eq!(prompt, same, "it depends on kind, themes and language alone");
            for text in prompt.iter().flat_map(|it| [&it.instructions, &it.request]) {
                assert!(!text.contains('{') && !text.chars().any(char::is_numeric), "{text}");
            }
        }
    }
    let none = drafts.prompt(&Brief::new(InterventionType::CheckIn, &[]), None);
    assert!(none.is_some());
}
