//! A trained model of 200 + 200 trees with 31 leaves each and a depth of at most 10, on one thread.
//!
//! The targets are 5 µs for the log-odds, 200 µs for all contributions, and 5 ms to load the file.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is to stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mindmate_domain::{FeatureValue, FeatureVector, MissingReason};
use mindmate_model::{Artefact, Branch, Ensemble, RiskModel as _, Tree};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

#[path = "../tests/model/support.rs"]
mod support;

use support::{Cut, ensemble, grow, inputs};

const TREES: usize = 200;
const LEAVES: usize = 31;
const DEPTH: usize = 10;
const ROWS: usize = 512;
const SHARE_MISSING: f64 = 0.2;

/// Grown leaf by leaf, as the trainer grows them.
fn tree(random: &mut ChaCha8Rng) -> Tree {
    let mut depths = vec![0];
    let mut cuts = Vec::new();
    while cuts.len() < LEAVES - 1 {
        let leaf = random.random_range(0..depths.len());
        if depths[leaf] == DEPTH {
            continue;
        }
        let missing = if random.random_bool(0.5) { Branch::Left } else { Branch::Right };
        let input = u16::try_from(random.random_range(0..inputs().len())).expect("few inputs");
        cuts.push(Cut { leaf, input, threshold: random.random(), missing });
        depths[leaf] += 1;
        depths.push(depths[leaf]);
    }
    let leaves: Vec<(f64, u32)> = (0..LEAVES)
        .map(|_| (random.random_range(-0.1..0.1), random.random_range(20..5_000)))
        .collect();
    grow(&cuts, &leaves)
}

fn model() -> Ensemble {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut trees = || (0..TREES).map(|_| tree(&mut random)).collect();
    ensemble(trees(), trees())
}

fn users(model: &Ensemble) -> Vec<FeatureVector> {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut user = || {
        let mut features = FeatureVector::all_missing(MissingReason::NoData);
        for input in model.inputs() {
            if !random.random_bool(SHARE_MISSING) {
                features.set(*input, FeatureValue::Value(random.random()));
            }
        }
        features
    };
    (0..ROWS).map(|_| user()).collect()
}

fn score(criterion: &mut Criterion) {
    let model = model();
    let users = users(&model);
    let rows: Vec<Vec<f64>> = users.iter().map(|user| model.row(user)).collect();
    let mut next = (0..ROWS).cycle();
    let mut next = move || next.next().unwrap_or_default();
    criterion.bench_function("log_odds", |bench| {
        bench.iter(|| model.log_odds(black_box(&rows[next()])));
    });
    criterion.bench_function("contributions", |bench| {
        bench.iter(|| model.explain(black_box(&rows[next()])));
    });
    criterion.bench_function("a whole answer", |bench| {
        bench.iter(|| model.score(black_box(&users[next()])));
    });
    let file = model.artefact().to_bytes().expect("a file");
    criterion.bench_function(&format!("load {} KB", file.len() / 1_000), |bench| {
        bench.iter(|| Artefact::parse(black_box(&file)).map(Ensemble::new));
    });
}

criterion_group!(benches, score);
criterion_main!(benches);
