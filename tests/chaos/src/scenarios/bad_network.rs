//! A bad network between workers and the local AWS: throttling, failures, resets, slow answers, and
//! calls that were done and whose answer never came.

use std::time::Duration;

use crate::cloud::Cloud;
use crate::report::{Fault, Report};
use crate::{Settings, cloud_judge, waits};

/// Longer than the answers are slow: what is hidden for less shows again while it is worked on, and
/// is given up for that.
const VISIBILITY: Duration = Duration::from_mins(1);

pub(crate) fn play(settings: Settings, cloud: &mut Cloud, report: &mut Report) {
    for round in 1..=settings.rounds {
        let at = format!("round {round}");
        cloud.begin_anew();
        cloud.hide_for(VISIBILITY);
        let network = cloud.network(settings.seed.wrapping_add(u64::from(round)));
        let start = waits::now();
        let workers = cloud.workers(&network.endpoint());
        // Whoever follows the run stands on this side of it.
        cloud_judge::closes(report, &at, cloud, cloud.daily());
        report.longest("longestUntilClosedSeconds", waits::since(start));
        report.count("calls", network.calls());
        for (fault, came) in network.calm_down() {
            report.count(fault, came);
            if came == 0 {
                report.count("kindsOfFaultThatNeverCame", 1);
            }
        }
        cloud_judge::same(report, &at, cloud);
        workers.stop(report);
        report.count("rounds", 1);
    }
    if report.has("kindsOfFaultThatNeverCame") {
        report.fault(Fault::Idle, "a kind of fault never came");
    }
}
