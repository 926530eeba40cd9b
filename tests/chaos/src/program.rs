//! The program under chaos: this very binary under its other name, on a data directory of its own.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::waits;

/// The `asOf` of the runs: long past, so that they are historical and decided by their own clock.
pub(crate) const END: &str = "2025-03-10T06:00:00Z";

/// The run of the day after.
pub(crate) const NEXT: &str = "2025-03-11T06:00:00Z";

/// A data directory, and the program on it.
pub(crate) struct Program {
    folder: TempDir,
    /// Most bytes that a file may have, where a limit plays the full disk.
    pub(crate) most_bytes: Option<u64>,
}

/// What a call said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn panicked(&self) -> bool {
        self.err.contains("panicked")
    }

    /// Fails unless all went well: for what nobody disturbs.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, signal, err, .. } = self;
        write!(f, "exit {code:?}, signal {signal:?}, {}", err.trim())
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Program {
    /// One in the system's temporary folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), most_bytes: None }
    }

    /// One in this folder.
    pub(crate) fn within(folder: &Path) -> Self {
        Self { folder: tempfile::tempdir_in(folder).unwrap(), most_bytes: None }
    }

    /// One with a synthetic cohort that ends at [`END`].
    pub(crate) fn with_cohort(users: u32) -> Self {
        let program = Self::new();
        let users = users.to_string();
        program.run(&["cohort", "--users", &users, "--days", "40", "--end", END]).well();
        program
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

    /// Puts the data directory of another in this one's place, as a backup is restored.
    pub(crate) fn restore(&self, from: &Self) {
        if self.data().exists() {
            std::fs::remove_dir_all(self.data()).unwrap();
        }
        std::fs::create_dir_all(self.data()).unwrap();
        for entry in std::fs::read_dir(from.data()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, self.data().join(path.file_name().unwrap())).unwrap();
        }
    }

    /// A copy of the data directory as it is now.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy.restore(self);
        copy
    }

    /// The program under its own name.
    pub(crate) fn binary(&self) -> PathBuf {
        let link = self.folder.path().join("mindmate");
        if !link.exists() {
            std::os::unix::fs::symlink(std::env::current_exe().unwrap(), &link).unwrap();
        }
        link
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = match self.most_bytes {
            None => Command::new(self.binary()),
            Some(bytes) => {
                // A shell sets the limit, in blocks of 512 bytes, and ignores the signal that
                // comes with it: what is left is an error of the call, as on a full disk.
                let mut shell = Command::new("sh");
                let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
                shell.args(["-c", script, "sh"]).arg((bytes / 512).to_string());
                shell.arg(self.binary());
                shell
            }
        };
        command.arg("--data").arg(self.data()).args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().unwrap().into()
    }

    /// Starts it; what it says goes to a file.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let log = self.file("log");
        Running::start(self.command(args), &log)
    }

    /// The daily run of [`END`].
    pub(crate) fn daily(&self) -> Said {
        self.run(&["--format", "json", "daily", "--as-of", END])
    }
}

/// A process, with what it said.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let file = |path: &Path| std::fs::File::create(path).unwrap();
        command.stdout(file(&result_beside(log))).stderr(file(log));
        Self { child: command.spawn().unwrap(), log: log.to_owned() }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// With which code it ended; none of one that runs, or that a signal ended.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().and_then(|status| status.code())
    }

    pub(crate) fn wait(&mut self) {
        self.child.wait().unwrap();
    }

    /// Waits for its end, at most so long; says whether it came.
    pub(crate) fn ends_within(&mut self, wait: Duration) -> bool {
        waits::eventually(wait, || self.has_ended().then_some(())).is_some()
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`, unless it has ended; says whether it was killed.
    pub(crate) fn kill(&mut self) -> bool {
        if self.has_ended() {
            return false;
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(9)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        let status = self.child.wait().unwrap();
        let (code, signal) = (status.code(), status.signal());
        let out = std::fs::read_to_string(result_beside(&self.log)).unwrap_or_default();
        Said { code, signal, out, err: self.said() }
    }
}

/// Where a process with this log has its standard output.
fn result_beside(log: &Path) -> PathBuf {
    log.with_extension("out")
}

impl Drop for Running {
    /// A scenario that fails leaves no process behind.
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
