//! Days of the model that serves. See [`ModelDays`](mindmate_pipeline::ports::ModelDays).

use jiff::Timestamp;
use mindmate_pipeline::ports::ModelDay;
use serde_json::json;

use super::Backend;

fn day(day: &str, verdict: &str, second: i64) -> ModelDay {
    ModelDay {
        day: day.parse().expect("a date"),
        at: Timestamp::from_second(second).expect("an instant"),
        scorer: "m20261129-4f1e".to_owned(),
        verdict: verdict.to_owned(),
        asks_for_training: verdict == "degraded",
        training_started_for: (verdict == "degraded").then(|| verdict.to_owned()),
        report: json!({ "overall": { "auroc": 0.1 + 0.2 }, "drift": [] }),
    }
}

/// To the last digit, and however late it was written.
pub async fn the_latest_days_come_first_as_they_were_put(backend: &dyn Backend) {
    let days = backend.model_days();
    assert_eq!(days.latest(10).await.expect("asked"), []);
    let [old, new, newest] = [
        day("2026-11-30", "sound", 3),
        day("2026-12-01", "degraded", 1),
        day("2026-12-02", "tooFew", 2),
    ];
    for one in [&new, &newest, &old] {
        days.put(one).await.expect("put");
    }
    assert_eq!(days.latest(2).await.expect("asked"), [newest, new]);
}

/// Who looks twice at a day leaves one row.
pub async fn what_is_known_of_a_day_is_replaced(backend: &dyn Backend) {
    let days = backend.model_days();
    for (verdict, second) in [("degraded", 1), ("sound", 2)] {
        days.put(&day("2026-12-01", verdict, second)).await.expect("put");
    }
    let latest = days.latest(10).await.expect("asked");
    assert_eq!(latest, [day("2026-12-01", "sound", 2)]);
}
