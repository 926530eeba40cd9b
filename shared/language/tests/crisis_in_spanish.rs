//! Crisis language in Spanish, labelled by hand. All texts are made up.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use mindmate_domain::crisis::CrisisCategory::{
    self, ActiveIdeation as Active, PassiveIdeation as Passive, PlanIntentMeans as Plan, SelfHarm,
};
use mindmate_language::Lexicons;

const CRISIS: &[(&str, CrisisCategory)] = &[
    ("quiero morir", Active),
    ("Me quiero morir", Active),
    ("quiero morirme ya", Active),
    ("quisiera estar muerta", Active),
    ("quiero matarme", Active),
    ("pienso en el suicidio", Active),
    ("tengo ideas suicidas", Active),
    ("tengo pensamientos suicidas", Active),
    ("he pensado en quitarme la vida", Active),
    ("quiero acabar con todo", Active),
    ("no quiero vivir", Passive),
    ("ya no quiero vivir más", Passive),
    ("NO QUIERO SEGUIR VIVIENDO", Passive),
    ("no tengo ganas de vivir", Passive),
    ("estoy cansada de vivir", Passive),
    ("estoy harto de la vida", Passive),
    ("ojalá no despertara", Passive),
    ("ojalá no hubiera nacido", Passive),
    ("todos estarían mejor sin mí", Passive),
    ("nadie me extrañaría", Passive),
    ("quiero desaparecer", Passive),
    ("solo quiero que el dolor pare", Passive),
    ("no vale la pena vivir", Passive),
    ("quiero dormir y no despertar nunca", Passive),
    ("no puedo dejar de pensar en morir", Passive),
    ("me corté anoche otra vez", SelfHarm),
    ("me hago daño cuando estoy solo", SelfHarm),
    ("volví a autolesionarme", SelfHarm),
    ("quiero lastimarme", SelfHarm),
    ("voy a matarme", Plan),
    ("me voy a suicidar", Plan),
    ("esta noche me mato", Plan),
    ("voy a acabar con mi vida", Plan),
    ("escribí una carta de despedida", Plan),
    ("intenté suicidarme el año pasado", Plan),
    ("me tomé todas las pastillas", Plan),
    ("tengo una pistola", Plan),
    ("quiero tirarme de un puente", Plan),
    ("pienso en tirarme al tren", Plan),
    ("cómo morir sin dolor", Plan),
    ("mañana no estaré aquí", Plan),
    ("adiós para siempre", Plan),
    ("la muerte sería un alivio", Passive),
    ("pienso mucho en la muerte", Passive),
    ("sería mejor no estar aquí", Passive),
    // Typing: accents, letters, invisible characters.
    ("kiero morir", Active),
    ("quiero moriiiiir", Active),
    ("quie\u{200B}ro mo\u{200D}rir", Active),
    ("qu1ero m0rir", Active),
    ("quiero suisidarme", Active),
    ("ojala me muera", Passive),
    ("como suicidarme", Plan),
    // What only looks harmless.
    ("no quiero morir pero no aguanto más", Active),
    ("no sé si quiero morir", Active),
    ("¿por qué no me mato?", Active),
    ("no, quiero morir", Active),
    ("mi amiga murió y yo también quiero morir", Active),
    ("una parte de mí quiere morir", Active),
    ("quiero morir, es broma", Active),
    ("I want to die, perdón por el inglés", Active),
    ("la canción dice que me quiero morir y yo también", Active),
];

const NONE: &[&str] = &[
    "",
    "hoy fue un buen día con mi familia",
    "me gusta vivir cerca del mar",
    "no quiero morir",
    "no me quiero morir",
    "nunca he pensado en suicidarme",
    "no voy a matarme",
    "jamás me haría daño, no pienso en el suicidio",
    "no tengo ideas suicidas",
    "no tengo pensamientos de suicidio",
    "ya no quiero morir",
    "no pienso matarme",
    "no quiero hacerme daño",
    "me muero de risa",
    "me muero de hambre",
    "me quería morir de la risa",
    "me quiero morir de vergüenza ajena",
    "me mato de risa con ese video",
    "este calor me mata",
    "mis padres van a matarme si llego tarde",
    "me estoy matando a estudiar",
    "me maté estudiando para el examen",
    "ayer vimos escuadrón suicida",
    "una película sobre el suicidio",
    "un documental sobre el suicidio",
    "la canción se llama vivir mi vida",
    "mañana voy a cortarme el pelo",
    "me corté el pelo",
    "me corté cocinando",
    "me lastimé la rodilla",
    "me hice daño jugando al fútbol",
    "se me cortó la llamada",
    "no quiero despertar temprano mañana",
    "estoy cansada de vivir con mi hermana",
    "mi amiga quiere morir",
    "mi primo tiene ideas suicidas",
    "mi tío intentó suicidarse",
    "el jefe final me mató tres veces",
    "me maté jugando minecraft",
    "mátame ya, es broma",
    "tengo que matar el tiempo",
    "el móvil murió sin batería",
    "perdí el tren",
    "voy a tomar las pastillas de la alergia",
    "el puente es muy bonito",
    "una sobredosis de chocolate",
    "fue un suicidio político",
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
