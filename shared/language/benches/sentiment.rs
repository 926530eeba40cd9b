//! How long VADER takes for a text.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mindmate_language::Vader;

const TEXTS: [(&str, &str); 3] = [
    ("60 characters", "Everything feels pointless and I can't sleep, my head is loud"),
    (
        "a tweet with all that rules look at",
        "I'm NOT very happy at all, but the bus stop was kind of funny!!! :) 😭 Never so sad. Without a doubt the worst day, lol???",
    ),
    ("no word of the lexicon", "The report is on the table, the bus leaves at nine from there"),
];

fn sentiment(c: &mut Criterion) {
    let mut building = c.benchmark_group("build");
    building.sample_size(10);
    building.bench_function("VADER", |b| b.iter(Vader::built_in));
    building.finish();
    let Ok(vader) = Vader::built_in() else {
        return;
    };
    let mut group = c.benchmark_group("sentiment");
    group.throughput(Throughput::Elements(1));
    for (name, text) in TEXTS {
        group.bench_function(name, |b| {
            b.iter(|| {
                vader.read(black_box(text), None).map(mindmate_language::Polarity::sentiment)
            });
        });
    }
    let long = TEXTS[1].1.repeat(850);
    group.bench_function("100 KB", |b| b.iter(|| vader.read(black_box(&long), None)));
    group.finish();
}

criterion_group!(benches, sentiment);
criterion_main!(benches);
