//! What this process uses: processor time and memory, as Linux tells it (`proc(5)`).
//!
//! On one machine the stages run in this process, so that their use is in it; so is the harness's
//! own, which reads the stream of outcomes and looks at depths. Elsewhere it is the harness's alone.

use serde::{Deserialize, Serialize};

/// The thread of the embedded backend that writes.
const WRITER: &str = "sqlite-writer";

/// Use so far.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// Processor time of all threads, in seconds.
    pub cpu_seconds: f64,
    /// Of it, that of the thread that writes to the embedded file.
    pub writer_cpu_seconds: f64,
    /// Resident memory, in MiB.
    pub rss_mib: f64,
}

/// What is used until now; none where the system does not tell.
pub fn used() -> Option<Use> {
    let cpu_seconds = cpu_of("/proc/self/stat")?;
    let writer_cpu_seconds = writer().unwrap_or(0.0);
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = rss.split_whitespace().next()?.parse().ok()?;
    Some(Use { cpu_seconds, writer_cpu_seconds, rss_mib: kib / 1024.0 })
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn writer() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let writers = tasks.filter_map(|task| {
        let task = task.ok()?.path();
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        (name.trim() == WRITER).then(|| cpu_of(task.join("stat").to_str()?)).flatten()
    });
    Some(writers.sum())
}

/// User and system time: fields 14 and 15, counted after the name, which may hold blanks.
fn cpu_of(stat: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(stat).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_rises_with_work() {
        let before = used().unwrap();
        let mut sum = 0_u64;
        while used().unwrap().cpu_seconds - before.cpu_seconds < 0.02 {
            sum = sum.wrapping_mul(31).wrapping_add(7);
        }
        let after = used().unwrap();
        assert!(after.cpu_seconds > before.cpu_seconds, "{sum}");
        assert!(after.rss_mib > 1.0 && cores() >= 1);
    }
}
