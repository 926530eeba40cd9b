//! What people write now, on AWS: from the app's table to the chat.

use std::fs::File;
use std::process::Stdio;

use jiff::SignedDuration;
use mindmate_contracts::envelope::encode_from;
use mindmate_contracts::messages::{ActivityRecorded, RecordedActivity};
use mindmate_contracts::{AppName, Channel, StreamName};
use mindmate_domain::intervention::DeliveryStatus;
use mindmate_domain::{AsOf, RiskLevel, UserId};
use mindmate_end_to_end_tests::deployed::Deployed;
use mindmate_pipeline::ports::FoundItem;
use mindmate_pipeline::{Clock as _, Outgoing, SystemClock};
use serde_json::json;

use crate::deploy;

const USER: &str = "ada";
const CRISIS: &str = "I have the pills here and I am going to kill myself tonight";

/// Safety 1, 4, R9.7: the helplines are in the chat; the sentiment is stored once; what the pipeline
/// writes itself leads to nothing; a session that the app tells of becomes an item.
#[tokio::test(flavor = "multi_thread")]
async fn crisis_language_in_the_apps_table_leads_to_helplines_in_the_chat() {
    let deployed = deploy(&[]).await;
    let user = UserId::new(USER).unwrap();
    lives_in_the_us(&deployed);

    let written = SystemClock.now();
    let sk = writes(&deployed, CRISIS);
    let delivered = async || {
        let made = deployed.aws.interventions().latest(&user, 10).await.unwrap();
        made.into_iter().find_map(|one| match one.status {
            DeliveryStatus::Delivered { at } => Some((one.intervention, at)),
            DeliveryStatus::Pending => None,
        })
    };
    let (intervention, at) = deployed.eventually("delivered crisis resources", delivered).await;
    println!("reached after {:.1} s", at.duration_since(written).as_secs_f64());
    assert_eq!(intervention.level(), RiskLevel::Critical);
    let chat = deployed.aws.app_items().item(&user, &intervention.chat_sk()).await.unwrap();
    let Some(FoundItem::Item(chat)) = chat else { panic!("expected a chat message") };
    let chat = serde_json::to_string(&chat).unwrap();
    assert!(chat.contains("988"), "the helpline of their country");

    let sentiment = format!("SENTIMENT#{sk}");
    let stored = async || deployed.aws.app_items().item(&user, &sentiment).await.unwrap();
    deployed.eventually("the sentiment of the text", stored).await;
    becomes_an_item(&deployed, &user).await;

    // All that was written since came by the same stream.
    let made = deployed.aws.assessments().latest(&user, 10).await.unwrap();
    assert_eq!(made.len(), 1, "no loop");
}

fn lives_in_the_us(deployed: &Deployed) {
    let profile = json!({"Item": {
        "PK": {"S": format!("USER#{USER}")}, "SK": {"S": "PROFILE"}, "type": {"S": "PROFILE"},
        "country": {"S": "US"},
    }});
    let path = deployed.folder.path().join("profile.jsonl");
    std::fs::write(&path, format!("{profile}\n")).unwrap();
    deployed.says_on_aws(&["import", "--into-app-table", path.to_str().unwrap()]);
}

/// As the app does; gives the sort key.
fn writes(deployed: &Deployed, text: &str) -> String {
    let path = deployed.folder.path().join("text");
    std::fs::write(&path, text).unwrap();
    let env_file = deployed.env_file();
    let mut program = deployed.program(&[
        "--backend",
        "aws",
        "--env-file",
        env_file.to_str().unwrap(),
        "write",
        "--user",
        USER,
        "--into-app-table",
    ]);
    let output = program.stdin(Stdio::from(File::open(path).unwrap())).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    said.trim().strip_prefix("Written: ").unwrap().to_owned()
}

/// The end comes before the start.
async fn becomes_an_item(deployed: &Deployed, user: &UserId) {
    let ends = SystemClock.now();
    let began = ends - SignedDuration::from_mins(5);
    let session_id = AppName::new("7f3a").unwrap();
    let told = [
        (RecordedActivity::SessionEnded { session_id: session_id.clone() }, ends),
        (RecordedActivity::SessionStarted { session_id }, began),
    ]
    .map(|(activity, at)| {
        let message =
            ActivityRecorded { user_id: user.clone(), at: AsOf::just_after(at), activity };
        let body = encode_from("/mindmate/app", &at.to_string(), ends, &message).unwrap();
        let channel = Channel::Stream(StreamName::Activity);
        Outgoing::new(channel, at.to_string(), user.partition_key(), body)
    });
    for sent in deployed.aws.publisher().publish(&told).await {
        sent.unwrap();
    }
    let look = async || {
        let as_of = AsOf::just_after(SystemClock.now());
        let legacy = mindmate_domain::Policy::built_in().unwrap().legacy_consents;
        let history = deployed.aws.history().load(user, as_of, legacy).await.unwrap();
        history.sessions.first().map(|session| session.duration_seconds)
    };
    let lasted = deployed.eventually("a session", look).await;
    assert!((lasted - 300.0).abs() < 1.0, "{lasted}");
}
