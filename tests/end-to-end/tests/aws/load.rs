//! The load harness on a deployed stack.

use std::path::Path;
use std::process::Command;

use mindmate_end_to_end_tests::deployed::Deployed;
use serde_json::Value;

/// As fast as a debug build of the stages and an emulator of one process can take.
const LOAD: [&str; 4] = ["--rate", "5", "--seconds", "4"];

/// Somebody else's processes do the work on the cohort of so many that is there: the harness sends, listens, and holds the
/// books against each other.
pub(crate) fn closes_its_ledger(deployed: &Deployed, users: &str) {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../load/scenarios/steady.toml");
    let out = deployed.folder.path().join("load");
    let mut load = Command::new(env!("CARGO_BIN_EXE_mindmate-load-under-test"));
    load.arg("run").arg(scenario).args(LOAD).args([
        "--users",
        users,
        "--backend",
        "aws",
        "--env-file",
    ]);
    load.arg(deployed.env_file()).arg("--out").arg(&out).envs(deployed.local.environment());
    let output = load.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");

    let result = std::fs::read_to_string(out.join("steady.json")).unwrap();
    let result: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["backend"], "aws", "{said}");
    let ledger = &result["ledger"];
    let [sent, assessed, skipped] =
        ["sent", "assessed", "skipped"].map(|count| ledger[count].as_u64().unwrap());
    assert!(assessed > 5 && sent == assessed + skipped, "{said}");
    assert_eq!(result["assessment"]["count"], assessed, "{said}");
}
