//! The signals that stop a worker.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Says so at each SIGTERM and SIGINT. From now on neither kills the process by itself.
///
/// # Errors
/// The system's, where it takes no handlers.
pub fn signals() -> io::Result<mpsc::Receiver<()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Two: the first finishes, the second gives back. More say nothing new.
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            let came = tokio::select! {
                came = terminate.recv() => came,
                came = interrupt.recv() => came,
            };
            if came.is_none() || sender.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
