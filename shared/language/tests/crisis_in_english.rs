//! Crisis language in English, labelled by hand. All texts are made up.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use mindmate_domain::crisis::CrisisCategory::{
    self, ActiveIdeation as Active, PassiveIdeation as Passive, PlanIntentMeans as Plan, SelfHarm,
};
use mindmate_language::Lexicons;

const CRISIS: &[(&str, CrisisCategory)] = &[
    // Plain words.
    ("I want to die", Active),
    ("i just want to fucking die", Active),
    ("I'm feeling suicidal tonight, please", Plan),
    ("feeling suicidal again", Active),
    ("I keep thinking about killing myself", Active),
    ("sometimes I think about suicide", Active),
    ("I don't want to live anymore", Passive),
    ("I don't want to be here anymore", Passive),
    ("I wish I wouldn't wake up", Passive),
    ("I wish I was never born", Passive),
    ("everyone would be better off without me", Passive),
    ("I hope I die in my sleep", Passive),
    ("there is no reason to live", Passive),
    ("I just want the pain to stop", Passive),
    ("I'm so tired of living", Passive),
    ("life isn't worth living", Passive),
    ("nobody would care if I died", Passive),
    ("I want to go to sleep and never wake up", Passive),
    ("I cut myself last night", SelfHarm),
    ("been clean from self-harm for two days then relapsed, cutting my thighs", SelfHarm),
    ("I keep hurting myself", SelfHarm),
    ("I'm going to kill myself", Plan),
    ("I have a plan to end my life", Plan),
    ("I wrote my goodbye letters", Plan),
    ("I took all my pills", Plan),
    ("I bought a rope", Plan),
    ("i will end it all tonight", Plan),
    ("i want to kill myself tonight", Plan),
    ("tomorrow i want to die", Plan),
    ("I want to end my life this weekend", Plan),
    ("how many pills would it take to die", Plan),
    ("I tried to kill myself last year", Plan),
    ("thinking of jumping off a bridge", Plan),
    ("I'm giving away all my things", Plan),
    ("I won't be here tomorrow", Plan),
    ("I can't do this anymore, I want it to end", Passive),
    ("death would be a relief", Passive),
    ("I don't see a reason to live", Passive),
    ("thinking about ending things", Active),
    ("I've got a razor and I'm scared", SelfHarm),
    ("I'm standing on the bridge", Plan),
    ("I have written a note for my family", Plan),
    // Slang, typos, missing and curly apostrophes, invisible and look-alike characters.
    ("kms", Active),
    ("gonna kms", Plan),
    ("i wanna unalive myself", Active),
    ("want 2 die", Active),
    ("i wanna d!e", Active),
    ("dont want to live", Passive),
    ("I don’t want to live", Passive),
    ("I don´t want to be alive", Passive),
    ("I DON'T WANT TO EXIST", Passive),
    ("im sucidal", Active),
    ("commit sewerslide", Active),
    ("i want to kill my self", Active),
    ("I want to k1ll mys3lf", Active),
    ("i wanna dieeeeee", Active),
    ("killllll myselfffff", Active),
    ("#killmyself", Active),
    ("su\u{200B}ici\u{2060}dal", Active),
    ("k\u{FEFF}ill my\u{200D}self", Active),
    ("ｋｉｌｌ ｍｙｓｅｌｆ", Active),
    ("𝓴𝓲𝓵𝓵 𝓶𝔂𝓼𝓮𝓵𝓯", Active),
    ("I feel suісіdal", Active),
    ("k\u{336}i\u{336}l\u{336}l\u{336} myself", Active),
    ("I want to... die", Active),
    ("kill\nmyself", Active),
    // What looks like a negation, another person, a song or a joke, and is none.
    ("I can't stop thinking about dying", Passive),
    ("I can't stop thinking about killing myself", Active),
    ("I don't want to die but I can't go on", Active),
    ("I don't want to kill myself, but I keep planning it", Active),
    ("why not kill myself", Active),
    ("why don't I just kill myself", Active),
    ("trying not to kill myself", Active),
    ("I can not kill myself because of my kids", Active),
    ("I have never wanted to die so much", Active),
    ("I'm not suicidal yet", Active),
    ("I won't kill myself tonight", Active),
    ("No. Kill myself, that is what I want", Active),
    ("I don't know if I want to die", Active),
    ("I don't care if I die", Passive),
    ("no one would notice if I killed myself", Active),
    ("my friend died and I want to die too", Active),
    ("my brother is suicidal and so am I", Active),
    ("part of me wants to die", Active),
    ("He makes me want to die", Active),
    ("the song says I want to die and that is how I feel", Active),
    ("I'm listening to music and I want to die", Active),
    ("I'm going to kill myself in minecraft", Plan),
    ("I want to die lol jk", Active),
    ("haha I'm going to kill myself, just kidding", Plan),
    ("please someone kill me", Passive),
    ("this exam is killing me. honestly I want to kill myself", Active),
    ("quiero morir, sorry for the spanish", Active),
];

const NONE: &[&str] = &[
    "",
    "🙂🌧️👩‍👩‍👧",
    "I had a lovely day at the beach",
    // Negation.
    "I don't want to die",
    "I do not want to die",
    "I don’t want to kill myself",
    "I never thought of suicide",
    "I have never thought about killing myself",
    "I'm not suicidal",
    "I am not going to kill myself",
    "I would never hurt myself",
    "I have no plans to kill myself",
    "not suicidal, just very tired",
    "I have no thoughts of suicide",
    "I no longer want to die",
    "Life is hard but I don't want to die",
    // Idiom.
    "I was dying of laughter",
    "I nearly died laughing",
    "I wanted to die of embarrassment",
    "this commute is killing me",
    "she killed it on stage",
    "I'm dead tired",
    "my phone died",
    "my mom is going to kill me if I am late",
    "shoot me a text",
    "I shot myself in the foot with that email",
    "cut myself shaving",
    "I cut myself while chopping onions",
    "hurt myself at the gym",
    "that cake is to die for",
    "a career suicide if you ask me",
    "thinking about dying my hair blue",
    "I hate living with roommates",
    "tired of living out of a suitcase",
    "I don't want to wake up early tomorrow",
    "I would rather die than eat olives",
    "I need to kill some time",
    "dead line tomorrow, deadline stress",
    "burned myself on the stove",
    // Games, songs, films.
    "got killed by the boss again, respawn took forever",
    "I accidentally killed myself with a grenade",
    "killed myself with my own rocket lol",
    "watched suicide squad with my sister",
    "a documentary about suicide",
    "we saw a film about suicide in class",
    "the lyrics go i want to die in the chorus",
    "that song called suicidal thoughts is a classic",
    "no time to die is the best bond film",
    "suicide sprints at practice were hard",
    "I don't feel like killing myself",
    "I do not have suicidal thoughts",
    "thinking about ending things with my boyfriend",
    // Somebody else.
    "my friend wants to kill herself",
    "my friend is suicidal",
    "my uncle died by suicide",
    "she wants to die",
    "his brother thought about suicide in 2010 and is well now",
    // A joke right after a figure of speech.
    "kill me now lol jk",
    "shoot me, just kidding",
    // Words that only look like those of the lists.
    "the diet is going well",
    "my skills are rusty",
    "we planted a dye garden",
    "he is a suiciding",
];

fn lexicons() -> &'static Lexicons {
    static BUILT: LazyLock<Lexicons> =
        LazyLock::new(|| Lexicons::built_in().expect("the built-in lexicons are well formed"));
    &BUILT
}

#[test]
fn finds_crisis_language_and_its_category() {
    let lexicons = lexicons();
    let wrong: Vec<_> = CRISIS
        .iter()
        .map(|(text, expected)| (text, Some(*expected), lexicons.crisis(text)))
        .filter(|(_, expected, found)| found < expected)
        .collect();
    assert!(wrong.is_empty(), "missed or judged too mildly: {wrong:#?}");
}

#[test]
fn leaves_alone_what_is_clearly_no_crisis() {
    let lexicons = lexicons();
    let wrong: Vec<_> =
        NONE.iter().filter_map(|text| lexicons.crisis(text).map(|found| (text, found))).collect();
    assert!(wrong.is_empty(), "false alarms: {wrong:#?}");
}

#[test]
fn reading_in_any_language_finds_the_same_crisis() {
    let lexicons = lexicons();
    for locale in ["en-GB", "es-MX"] {
        let language = lexicons.for_locale(Some(locale)).expect("has lists");
        for text in CRISIS.iter().map(|(text, _)| text).chain(NONE) {
            assert_eq!(language.read(text).crisis, lexicons.crisis(text), "{locale}: {text}");
        }
    }
}

#[test]
fn the_categories_are_told_apart() {
    let lexicons = lexicons();
    for (text, expected) in [
        ("I wish I wouldn't wake up", Passive),
        ("I cut myself last night", SelfHarm),
        ("I want to die", Active),
        ("I bought a rope", Plan),
        ("I don't want to kill myself, but I keep hurting", Active),
    ] {
        assert_eq!(lexicons.crisis(text), Some(expected), "{text}");
    }
}
