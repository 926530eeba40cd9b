use proptest::prelude::*;

use super::file::numbers;
use super::*;

fn directory() -> ResourceDirectory {
    ResourceDirectory::built_in().unwrap()
}

/// All that a person is told, in one text.
fn told(resources: &CrisisResources) -> String {
    let lines = resources.helplines().iter();
    let mut told = vec![resources.emergency().to_owned()];
    told.extend(lines.map(|line| format!("{}: {} ({})", line.name, line.contact, line.hours)));
    told.join("\n")
}

fn numbers_told(resources: &CrisisResources) -> Vec<String> {
    let mut told = numbers(resources.emergency());
    told.extend(resources.helplines().iter().flat_map(|line| numbers(&line.contact)));
    told
}

/// Safety 1
#[test]
fn the_united_states_have_988_and_741741_and_911() {
    let resources = directory().for_country(Some("US"));
    assert_eq!(resources.country(), Some("US"));
    assert_eq!(resources.version(), "resources-1");
    let told = told(&resources);
    for part in ["call or text 988", "text HOME to 741741", "call 911"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[test]
fn a_code_counts_in_any_case_and_with_blanks() {
    let directory = directory();
    for (found, expected) in
        [(" us ", "US"), ("Usa", "US"), ("uk", "GB"), ("gb", "GB"), ("MEX\n", "MX")]
    {
        assert_eq!(directory.for_country(Some(found)).country(), Some(expected), "{found}");
    }
}

/// Safety 1
#[test]
fn an_unknown_country_gets_the_directory_and_the_local_emergency_number_but_no_number() {
    let directory = directory();
    for country in [None, Some(""), Some("XX"), Some("IE"), Some("United States"), Some("U S")] {
        let resources = directory.for_country(country);
        assert_eq!(resources.country(), None, "{country:?}");
        assert_eq!(numbers_told(&resources), Vec::<String>::new(), "{country:?}");
        let told = told(&resources);
        assert!(told.contains("findahelpline.com"), "{told}");
        assert!(told.contains("local emergency number"), "{told}");
    }
}

/// Safety 1
#[test]
fn everything_told_cites_a_source_and_the_date_it_was_read() {
    let directory = directory();
    let rows = directory.by_code.values().chain([&directory.international]);
    for (citations, resources) in rows.map(|texts| {
        let country = texts.english.country();
        let of_row = directory.citations().iter().filter(|c| c.country.as_deref() == country);
        (of_row.collect::<Vec<_>>(), &texts.english)
    }) {
        let about: Vec<_> = citations.iter().map(|citation| citation.about.as_str()).collect();
        let mut expected = vec!["emergency"];
        expected.extend(resources.helplines().iter().map(|line| line.name.as_str()));
        assert_eq!(about, expected);
        for citation in citations {
            assert!(citation.source.starts_with("http"), "{citation:?}");
            assert!(citation.verified <= directory.reviewed(), "{citation:?}");
        }
    }
    assert_eq!(directory.reviewed(), "2026-11-22".parse().unwrap());
    assert_eq!(directory.version(), "resources-1");
}

#[test]
fn a_locale_chooses_the_language_where_the_row_has_it() {
    let directory = directory();
    for locale in ["es", "es-MX", "ES_mx", " es-419"] {
        let resources = directory.for_locale(Some("US"), Some(locale));
        assert!(told(&resources).contains("llama al 988"), "{locale}");
    }
    for locale in [None, Some("en-US"), Some("est"), Some("")] {
        let resources = directory.for_locale(Some("US"), locale);
        assert_eq!(resources, directory.for_country(Some("US")), "{locale:?}");
    }
    // Canada's row has no Spanish.
    let canada = directory.for_locale(Some("CA"), Some("es"));
    assert_eq!(canada, directory.for_country(Some("CA")));
    let unknown = directory.for_locale(None, Some("es"));
    assert!(told(&unknown).contains("número de emergencias"), "{unknown:?}");
}

#[test]
fn a_language_changes_no_number_but_the_menu_choice() {
    let directory = directory();
    for code in directory.codes() {
        let mut english = numbers_told(&directory.for_country(Some(code)));
        let mut spanish = numbers_told(&directory.for_locale(Some(code), Some("es")));
        // "Press 2" for Spanish.
        spanish.retain(|number| number != "2");
        for numbers in [&mut english, &mut spanish] {
            numbers.sort();
            numbers.dedup();
        }
        assert_eq!(english, spanish, "{code}");
    }
}

#[test]
fn numbers_are_joined_over_single_blanks_and_hyphens() {
    assert_eq!(numbers("call 13 11 14, or text 0477 13 11 14"), ["131114", "0477131114"]);
    assert_eq!(numbers("9-8-8 or (911)"), ["988", "911"]);
    assert_eq!(numbers("call 116 123 for free"), ["116123"]);
    assert_eq!(numbers("988lifeline.org - 24/7"), ["988", "24", "7"]);
    assert_eq!(numbers("none"), Vec::<String>::new());
}

#[test]
fn a_file_that_could_mislead_is_refused() {
    let us_source = "source = \"https://988lifeline.org/get-help/what-to-expect\"\n";
    let international = BUILT_IN.find("[[row]]").unwrap();
    let us = BUILT_IN.find("[[row]]\ncountry = \"US\"").unwrap();
    let without_international = BUILT_IN.replacen(&BUILT_IN[international..us], "", 1);
    let two_internationals = format!("{BUILT_IN}\n{}", &BUILT_IN[international..us]);
    let us_line = BUILT_IN[us..].find("[[row.helpline]]").unwrap() + us;
    let canada = BUILT_IN.find("[[row]]\ncountry = \"CA\"").unwrap();
    let without_lines = BUILT_IN.replacen(&BUILT_IN[us_line..canada], "", 1);
    let changed = |from: &str, to: &str| {
        let text = BUILT_IN.replacen(from, to, 1);
        assert_ne!(text, BUILT_IN, "{from}");
        text
    };
    for (text, complaint) in [
        (without_international, "one row without a country"),
        (two_internationals, "found two for \"international\""),
        (without_lines, "at least one helpline in row \"US\""),
        (changed(us_source, ""), "missing field `source`"),
        (changed(us_source, "source = \" \"\n"), "address of a source in row \"US\""),
        (changed("verified = \"2026-11-22\"\n", ""), "missing field `verified`"),
        (changed("verified = \"2026-11-22\"", "verified = \"soon\""), "verified"),
        (changed("verified = \"2026-11-22\"", "verified = \"2026-11-23\""), "found 2026-11-23"),
        (changed("reviewed = \"2026-11-22\"\n", ""), "missing field `reviewed`"),
        (changed("\"GBR\", \"UK\"", "\"GBR\", \"US\""), "one row a country, found two for"),
        (changed("country = \"CA\"", "country = \"ca\""), "2 or 3 capital letters, found \"ca\""),
        (
            changed("text HOME to 741741\"", "text HOME to 741471\""),
            "expected 741471 of row \"US\"",
        ),
        (changed("call 116 123\"", "call 116 132\""), "expected 116132 of row \"GB\""),
        (changed("at findahelpline.com", "or call 112"), "no number in the row without a country"),
        (changed("call 999 now.", "call 998 now."), "expected 998 of row \"GB\""),
        (
            changed("hours = { en = \"any time of the day or night\" }", "hours = { en = \"\" }"),
            "a text for `hours`",
        ),
        (changed(", es = \"llama al 024\"", ""), "all texts of row \"ES\" in Spanish"),
        (changed("also = [\"USA\"]", "alias = [\"USA\"]"), "alias"),
    ] {
        let error = ResourceDirectory::parse(&text).unwrap_err().to_string();
        assert!(error.contains(complaint), "expected {complaint:?} in {error}");
    }
}

proptest! {
    /// Safety 1
    #[test]
    fn a_code_that_is_not_in_the_file_never_gets_a_number(code in "\\PC{0,4}|[a-zA-Z]{2,3}") {
        let directory = directory();
        let known = directory.codes().any(|known| known.eq_ignore_ascii_case(code.trim()));
        let resources = directory.for_country(Some(&code));
        prop_assert_eq!(resources.country().is_some(), known);
        prop_assert_eq!(numbers_told(&resources).is_empty(), !known);
        prop_assert!(!resources.helplines().is_empty());
    }
}
