//! A day on a local AWS: the stack as the script deploys it, the functions as real processes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod day;
mod letters;
mod load;
mod realtime;
mod watch;
mod workers;

use std::path::Path;

use mindmate_end_to_end_tests::deployed::{Deployed, Functions};
use tokio::sync::{Mutex, MutexGuard};

/// The stack with the functions that `cargo build --workspace` leaves beside the tests, deployed
/// with these options.
async fn deploy(options: &[&str]) -> Deployed {
    let here = std::env::current_exe().unwrap();
    let built = here.parent().and_then(Path::parent).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_mindmate-under-test"));
    Deployed::with(program, Functions::In(built), options).await
}

/// One day's run at a time. Of two on a slow machine each keeps the other's calls waiting until they
/// are tried again, and how often that is says nothing of the pipeline.
async fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::const_new(());
    ONE.lock().await
}

/// Nothing reads the stream of the app's table: what is imported is no news.
const NO_REALTIME: &str = "--no-realtime";
