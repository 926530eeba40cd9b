//! How long it takes to read texts: 60 texts of 60 characters are to be read within 100 µs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mindmate_language::Lexicons;

const TEXTS: [&str; 6] = [
    "Long day at work, skipped lunch again, too tired to cook now.",
    "walked by the river with Sam, felt calm for a while, slept ok",
    "Everything feels pointless and I can't sleep, my head is loud",
    "I had a fight with my sister and nobody called me back today.",
    "ok day. some coffee, some sun, finished the report on time :)",
    "I am always so lonely on Sundays, never know what to do then.",
];

/// The size of the longest item that a table keeps.
const LONG_BYTES: usize = 400_000;

/// Notes that look at their context over and over.
const LONG: [(&str, &str); 3] = [
    ("of negated wishes", "I don't want to die, but I do not know. "),
    ("in one sentence", "my friend is suicidal and I never wanted to kill myself so "),
    ("of despair in Spanish", "No quiero morir. Mi amiga quiere morir y yo no quiero vivir. "),
];

fn read(c: &mut Criterion) {
    let mut building = c.benchmark_group("build");
    building.sample_size(10);
    building.bench_function("the lexicons", |b| b.iter(Lexicons::built_in));
    building.finish();
    let Ok(lexicons) = Lexicons::built_in() else {
        return;
    };
    let Some(language) = lexicons.for_locale(Some("en")) else {
        return;
    };
    let sixty: Vec<&str> = TEXTS.iter().cycle().take(60).copied().collect();
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Elements(60));
    group.bench_function("60 texts of 60 characters", |b| {
        b.iter(|| sixty.iter().map(|text| language.read(text).words).sum::<u32>());
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("one text with an accent", |b| {
        b.iter(|| {
            language.read("Fui al café con mi hermana, después paseamos un rato en silencio.")
        });
    });
    group.bench_function("one text with crisis language", |b| {
        b.iter(|| language.read("I don't want to die, but some days I cannot see a way forward."));
    });
    for (name, sentence) in LONG {
        let note = sentence.repeat(LONG_BYTES / sentence.len());
        group.bench_function(format!("a note of 400 KB, {name}"), |b| {
            b.iter(|| language.read(&note));
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
