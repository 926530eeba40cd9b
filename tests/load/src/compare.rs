//! Two results side by side.

use mindmate_cli::report::words;

use crate::result::{LoadResult, Quantiles};
use crate::text::{number, rows};

/// What is held against each other: a name, the two figures in words, and the second as a multiple
/// of the first where both are numbers above 0.
struct Row {
    name: String,
    figures: [String; 2],
    ratio: Option<f64>,
}

/// The table: figures of both, and how many times the first the second is.
pub fn table(first: &LoadResult, second: &LoadResult) -> String {
    let mut out = format!("{:<32} {:>14} {:>14} {:>9}\n", "", "first", "second", "second/first");
    for Row { name, figures: [one, two], ratio } in comparison(first, second) {
        let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        out += &format!("{name:<32} {one:>14} {two:>14} {ratio:>9}\n");
    }
    if first.scenario != second.scenario {
        out += "\nThe scenarios differ: a ratio may say nothing.\n";
    }
    out
}

fn comparison(first: &LoadResult, second: &LoadResult) -> Vec<Row> {
    let both = [first, second];
    let plain = |name: &str, of: fn(&LoadResult) -> f64| {
        let values = both.map(of);
        let ratio = ratio(values);
        Row { name: name.to_owned(), figures: values.map(number), ratio }
    };
    let mut table = vec![
        Row {
            name: "scenario".to_owned(),
            figures: both.map(|one| one.scenario.name.clone()),
            ratio: None,
        },
        plain("users", |one| f64::from(one.scenario.cohort.users)),
        plain("users a second", |one| one.users_a_second),
        plain("seconds", |one| one.elapsed_seconds),
        plain("processor ms a request", |one| one.process.cpu_ms_a_request),
        plain("memory, MiB", |one| one.process.peak_rss_mib),
        plain("missing", |one| one.ledger.missing as f64),
        plain("dead-lettered", |one| one.ledger.dead_lettered as f64),
    ];
    let seconds = rows(second);
    for (name, one) in rows(first) {
        let two = seconds.iter().find(|(other, _)| *other == name).map(|(_, two)| *two);
        let Some(two) = two else { continue };
        for (quantile, of) in QUANTILES {
            let values = [of(one), of(two)];
            table.push(Row {
                name: format!("{name} {quantile}"),
                figures: values.map(words::micros),
                ratio: ratio(values.map(|value| value as f64)),
            });
        }
    }
    table
}

/// A quantile by its name.
type Named = (&'static str, fn(&Quantiles) -> u64);

const QUANTILES: [Named; 3] = [
    ("p50", |quantiles| quantiles.p50_us),
    ("p99", |quantiles| quantiles.p99_us),
    ("max", |quantiles| quantiles.max_us),
];

fn ratio([first, second]: [f64; 2]) -> Option<f64> {
    (first > 0.0 && second > 0.0).then(|| second / first)
}
