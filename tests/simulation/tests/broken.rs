//! Each part that is broken on purpose is caught, by the invariant that is said to catch it.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use clap::ValueEnum as _;
use mindmate_simulation_tests::{Broken, SEEDS_TO_CATCH, run};

/// How many seeds it takes until the invariant of its own catches it.
fn seeds_to_catch(broken: Broken) -> u64 {
    for seed in 0..SEEDS_TO_CATCH {
        let found = run(seed, Some(broken), false).violations;
        if found.iter().any(|violation| violation.invariant == broken.caught_by()) {
            return seed + 1;
        }
    }
    panic!("{broken:?} was not caught by {:?} in {SEEDS_TO_CATCH} seeds", broken.caught_by());
}

#[test]
fn every_broken_part_is_caught() {
    let parts = Broken::value_variants();
    assert!(parts.len() >= 12);
    let rows = std::thread::scope(|scope| {
        // Two at a time: each is a thread's.
        let halves = parts.chunks(parts.len().div_ceil(2)).map(|half| {
            scope.spawn(move || {
                half.iter().map(|part| (*part, seeds_to_catch(*part))).collect::<Vec<_>>()
            })
        });
        let halves: Vec<_> = halves.collect();
        halves.into_iter().flat_map(|half| half.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    assert_eq!(rows.len(), parts.len(), "a part was not caught: see above");
    for (part, seeds) in &rows {
        println!("{part:?} is caught by {:?} at seed {}", part.caught_by(), seeds - 1);
    }
}

/// The table of the document is what the code says.
#[test]
fn the_document_names_every_broken_part_and_what_catches_it() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SIMULATION.md");
    let Ok(document) = std::fs::read_to_string(document) else { panic!("docs/SIMULATION.md") };
    for part in Broken::value_variants() {
        let value = part.to_possible_value();
        let name = value.as_ref().map_or("", clap::builder::PossibleValue::get_name);
        let row = format!("| `{name}` | `{:?}` |", part.caught_by());
        assert!(document.contains(&row), "the table lacks: {row}");
    }
}
