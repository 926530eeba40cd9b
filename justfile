# The daily commands. `just` alone lists them.

_list:
    @just --list

# A whole daily run on a synthetic cohort
daily *ARGS:
    cargo run --release -- daily {{ARGS}}

# All tests, as CI runs them
test:
    tests/run

# Tests of one crate: just t scoring
t CRATE *ARGS:
    cargo test -p mindmate-{{CRATE}} {{ARGS}}

# The conformance suites over every backend: fakes, SQLite, AWS (on a local one)
conformance:
    tests/tools
    cargo test --workspace --test conformance

# A day on a local AWS, deployed by the script
day-on-aws:
    tests/tools
    cargo build --workspace --bins
    cargo test --workspace --test aws -- --nocapture

# Format and lint
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- --deny warnings

# Write schemas/ anew from the Rust types
schemas:
    cargo run -p mindmate-contracts --bin schemas

# Benchmarks of features, text reading and queues
bench:
    cargo bench -p mindmate-features -p mindmate-language -p mindmate-embedded

# A load scenario: just load steady
load SCENARIO *ARGS:
    cargo run --release -p mindmate-load-tests -- run tests/load/scenarios/{{SCENARIO}}.toml {{ARGS}}

# Ours beside Celery and Redis
peers *ARGS:
    tests/bench/peers/run {{ARGS}}

# Licences, sources, duplicates and advisories (needs cargo-deny and the network)
deny:
    cargo deny check

# Whole days from seeds, as many as one likes: just simulate --seeds 10000
simulate *ARGS:
    cargo run --release -p mindmate-simulation-tests -- {{ARGS}}
