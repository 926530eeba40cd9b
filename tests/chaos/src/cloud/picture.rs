//! What a run leaves, seen by the ports that every backend fills: the same lines on all of them.

use mindmate_domain::intervention::DeliveryStatus;
use mindmate_domain::{AsOf, UserId};
use mindmate_end_to_end_tests::stores::without_times;
use mindmate_pipeline::ports::Ports;
use serde::Serialize;
use serde_json::Value;

/// More than anybody has of anything.
pub(crate) const MANY: usize = 10_000;

/// Assessments, interventions and reviews, a line each, without the times of their writing.
pub(crate) async fn picture(ports: &Ports, users: &[UserId], as_of: AsOf) -> String {
    let mut lines = Vec::new();
    for assessment in ports.assessments.get_many(users, as_of).await.unwrap() {
        lines.push(format!("assessment {}", timeless(&assessment)));
    }
    for user in users {
        for made in ports.interventions.latest(user, MANY).await.unwrap() {
            let delivered = matches!(made.status, DeliveryStatus::Delivered { .. });
            let made = timeless(&made.intervention);
            lines.push(format!("intervention, delivered {delivered}, {made}"));
        }
    }
    for entry in ports.reviews.open(MANY).await.unwrap() {
        lines.push(format!("review {}", timeless(&entry)));
    }
    lines.sort();
    lines.join("\n")
}

fn timeless(what: &impl Serialize) -> Value {
    let mut json = serde_json::to_value(what).unwrap();
    without_times(&mut json);
    json
}
