use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::scenario::Changes;

fn scenario(arrivals: &str, rest: &str) -> Scenario {
    let head = "name = \"a\"\nabout = \"a\"\n[cohort]\nusers = 50\ndays = 1\n[arrivals]\n";
    let text = format!("{head}{arrivals}\n{rest}");
    Scenario::parse(Path::new("a.toml"), &text, Changes::default()).unwrap()
}

proptest! {
    /// However the gaps are drawn: in order, within the time, about as many as the rate says, and
    /// the same again from the same seed.
    #[test]
    fn arrivals_keep_to_their_rate(rate in 20.0..400.0, seconds in 5.0..20.0) {
        for spacing in ["poisson", "even"] {
            let steady = format!(
                "profile = \"steady\"\nrate = {rate}\nseconds = {seconds}\nspacing = \"{spacing}\""
            );
            let scenario = scenario(&steady, "");
            let made: Vec<Arrival> = arrivals(&scenario);
            prop_assert!(made.is_sorted_by_key(|arrival| arrival.due_us));
            let last = made.last().unwrap();
            prop_assert!(last.due().as_secs_f64() <= seconds && last.user < 50);
            // Six standard deviations of a Poisson count.
            let wanted: f64 = rate * seconds;
            prop_assert!((made.len() as f64 - wanted).abs() < 6.0 * wanted.sqrt() + 2.0);
            prop_assert_eq!(made, arrivals(&scenario));
        }
    }
}

#[test]
fn a_peak_has_its_own_rate() {
    let spike = "profile = \"spike\"\nrate = 10\nseconds = 9\npeak_rate = 500\npeak_at = 3\n\
                 peak_seconds = 2\nspacing = \"even\"";
    let made = arrivals(&scenario(spike, ""));
    let within = |from: u64, to: u64| {
        made.iter().filter(|one| (from * 1_000_000..to * 1_000_000).contains(&one.due_us)).count()
    };
    assert!((28..=32).contains(&within(0, 3)), "{}", within(0, 3));
    assert!((990..=1_010).contains(&within(3, 5)), "{}", within(3, 5));
    assert!((38..=42).contains(&within(5, 9)), "{}", within(5, 9));
}

#[test]
fn shares_are_as_large_as_they_were_asked_to_be() {
    let steady = "profile = \"steady\"\nrate = 1000\nseconds = 20";
    let made = arrivals(&scenario(steady, "[poison]\nbodies = 0.2\n[hot_user]\nshare = 0.5"));
    let share = |is: &dyn Fn(&Arrival) -> bool| {
        made.iter().filter(|one| is(one)).count() as f64 / made.len() as f64
    };
    let hot = share(&|one| one.user == HOT);
    assert!((0.48..0.54).contains(&hot), "{hot}");
    for body in [Body::Unfit, Body::Garbage] {
        let poisoned = share(&|one| one.body == body);
        assert!((0.09..0.11).contains(&poisoned), "{body:?} {poisoned}");
    }
}
