//! How long a judgement takes: 30,000 weeks of 1,500 people, 1,000 resamples.
//!
//! `cargo bench -p mindmate-evaluation`

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use mindmate_contracts::training_set::{Side, header};
use mindmate_domain::Policy;
use mindmate_evaluation::{Bootstrap, Judge, Samples, Scores, TrainingSet};
use mindmate_testkit::training_set::{manifest, row};

const PEOPLE: u32 = 1_500;
const WEEKS: u8 = 20;

/// A score of its own for nearly every week, and a crisis in one of fifty.
fn samples() -> Samples {
    let weeks = (0..PEOPLE).flat_map(|person| (1..=WEEKS).map(move |day| (person, day)));
    let rows = weeks.map(|(person, day)| {
        let number = person.wrapping_mul(2_654_435_761).wrapping_add(u32::from(day) * 40_503);
        let crisis = u8::from(number % 50 == 0);
        let score = f64::from(number % 9_973) / 10_000.0 + f64::from(crisis) * 0.002;
        row(&person.to_string(), day, &crisis.to_string(), &score.to_string())
    });
    let file = header() + &rows.collect::<String>();
    let manifest = serde_json::to_vec(&manifest(&file, &file)).unwrap();
    let set = TrainingSet::of(Path::new("."), &manifest).unwrap();
    set.parse(Side::Validation, file.as_bytes()).unwrap()
}

fn judging(criterion: &mut Criterion) {
    let samples = samples();
    let of = |bend: f64| {
        let first = (0..samples.len()).map(|week| samples.row(week)[0].powf(bend));
        Scores::given("given", &first.collect::<Vec<_>>(), &samples).unwrap()
    };
    let (one, other) = (of(1.0), of(1.5));
    let levels = Policy::built_in().unwrap().levels;
    let bootstrap = Bootstrap { resamples: 1_000, seed: 1 };
    let judge = Judge { samples: &samples, levels, bootstrap, step: &|| {} };
    let mut group = criterion.benchmark_group("30,000 weeks, 1,000 resamples");
    group.sample_size(10);
    group.bench_function("report with five columns of groups", |bench| {
        bench.iter(|| judge.compare(&one, []));
    });
    group.bench_function("the same, beside another scorer", |bench| {
        bench.iter(|| judge.compare(&one, [&other]));
    });
    group.finish();
}

criterion_group!(benches, judging);
criterion_main!(benches);
