//! The program under test, and what it said.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::stores::number;

/// A data directory of its own, and the program on it.
pub(crate) struct Program {
    pub(crate) folder: TempDir,
}

/// What a call said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Fails unless the exit code is this one.
    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless standard error says this, and nothing panicked.
    #[track_caller]
    pub(crate) fn complains(self, words: &str) -> Self {
        assert!(self.err.contains(words), "expected {words:?} in: {self}");
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n--- out\n{}\n--- err\n{}", self.code, self.out, self.err)
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// One with a small synthetic cohort that ends at `END`.
    pub(crate) fn with_cohort(users: u32) -> Self {
        let program = Self::new();
        let users = users.to_string();
        program.run(&["cohort", "--users", &users, "--days", "40", "--end", END]).exited(0);
        program
    }

    /// A copy of the data directory as it is now.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(&self.data(), &copy.data());
        copy
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("mindmate.db")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mindmate-under-test"));
        command.arg("--data").arg(self.data()).args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().unwrap().into()
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Imports lines of an export.
    pub(crate) fn import(&self, lines: &[Value]) -> Said {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        let text = lines.join("\n") + "\n";
        let path = self.write("import.jsonl", text);
        self.run(&["--format", "json", "import", path.to_str().unwrap()])
    }

    /// The same with a run that was killed when all users were requested and nobody was assessed yet.
    pub(crate) fn half_a_run(&self) -> Self {
        let stopped = (17..60).find_map(|nth| {
            let program = self.copy();
            let at = format!("runner.before-handle:{nth}");
            program.start(&["daily", "--as-of", END, "--crash-at", &at]).wait().unwrap();
            let waiting = "SELECT (SELECT count(*) FROM messages WHERE queue = 'fan-out') = 0
                AND (SELECT count(*) FROM messages WHERE queue LIKE 'assessments%') > 0";
            (number(&program.database(), waiting) == 1).then_some(program)
        });
        stopped.expect("a moment between fan-out and the last extraction")
    }

    /// Gives one of the requests that wait a version that nobody knows. One that the killed process had taken would not do:
    /// its user may be assessed already. Nor would one of a page that the fan-out sends again.
    pub(crate) fn break_a_request(&self) {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        let sql = "UPDATE message_bodies SET body = replace(body, 'requested.v1', 'requested.v9')
            WHERE id = (SELECT max(id) FROM messages WHERE queue LIKE 'assessments%' AND held = 0)";
        assert_eq!(connection.execute(sql, []).unwrap(), 1);
    }

    /// The daily run of `END`, in JSON.
    pub(crate) fn daily(&self) -> Said {
        self.run(&["--format", "json", "daily", "--as-of", END])
    }
}

/// How often a process is looked at: seldom enough to leave the processor to it.
const LOOK: Duration = Duration::from_millis(2);

/// Looks until something is there, or the process has ended; says whether it is there.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, in real time")]
pub(crate) fn comes_to(process: &mut Child, mut is_there: impl FnMut() -> bool) -> bool {
    while !is_there() {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, to).unwrap();
        }
    }
}

/// The `asOf` of the tests' runs: long past, so that they are historical.
pub(crate) const END: &str = "2025-03-10T06:00:00Z";

/// A mood of a user at an instant, as a line of an export.
pub(crate) fn mood(user: &str, at: &str, mood: &str, notes: &str) -> Value {
    serde_json::json!({"Item": {
        "PK": {"S": format!("USER#{user}")}, "SK": {"S": format!("MOOD#{at}")},
        "type": {"S": "MOOD"}, "timestamp": {"S": at}, "mood": {"N": mood}, "notes": {"S": notes},
    }})
}

/// A profile, as a line of an export.
pub(crate) fn profile(user: &str, attributes: &Value) -> Value {
    let mut line = serde_json::json!({"Item": {
        "PK": {"S": format!("USER#{user}")}, "SK": {"S": "PROFILE"}, "type": {"S": "PROFILE"},
    }});
    for (name, value) in attributes.as_object().unwrap() {
        line["Item"][name] = value.clone();
    }
    line
}

/// The real diaries, where they are beside the repository.
pub(crate) fn open_play() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("../shared/data/open-play-diaries.ddb.json.gz");
    path.exists().then_some(path)
}
