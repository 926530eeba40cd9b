//! Writes a training set of invented rows, to measure how long `train` takes on one:
//!
//! ```sh
//! cargo run --release -p mindmate-training --example invented_set -- 100000 /some/folder
//! ```

#![expect(clippy::unwrap_used, reason = "an example fails by panicking")]

#[expect(dead_code, reason = "the tests change cells too")]
#[path = "../tests/training/invented.rs"]
mod invented;

use invented::{Files, Spec, WEEKS};

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(rows), Some(folder)) = (args.next(), args.next()) else {
        eprintln!("expected ROWS FOLDER");
        return;
    };
    let train_users = rows.parse::<usize>().unwrap() / WEEKS;
    let spec = Spec { train_users, validation_users: train_users / 4, seed: 11 };
    Files::of(spec).put(folder.as_ref());
    eprintln!(
        "{} rows to train on, {} to judge by",
        spec.train_users * WEEKS,
        spec.validation_users * WEEKS
    );
}
