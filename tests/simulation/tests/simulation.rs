//! A thousand seeds, and that a seed always says the same.

use mindmate_simulation_tests::{REACHED, run, run_many};

/// Nothing lost and nothing twice, whatever goes wrong; and everything that can go wrong does, and
/// every state is reached, more than once in a while.
#[test]
fn a_thousand_seeds_hold() {
    let report = run_many(0, 1_000, None, |_| {});
    assert!(report.is_good(), "{}", report.failures(None));
    for what in REACHED {
        let times = report.reached().get(*what).copied().unwrap_or(0);
        assert!(times >= 5, "{what} was reached {times} times in 1,000 seeds");
    }
}

/// A seed that fails can be repeated: all that happens follows from it.
#[test]
fn the_same_seed_gives_the_same_trace() {
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let (first, again) = (run(seed, None, false), run(seed, None, false));
        assert_eq!(first, again, "seed {seed}");
        hashes.insert(first.trace);
    }
    assert_eq!(hashes.len(), 20, "each seed has a trace of its own");
}
