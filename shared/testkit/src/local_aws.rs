//! An AWS on this machine: `ministack`, as a process of its own on 127.0.0.1.
//!
//! It needs Python with what `tests/requirements.txt` names; `tests/tools` puts that where it is
//! looked for. Where it is absent a test fails and says so: one that is left out would look like
//! one that passed.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::ManualClock;
use crate::net::{ask, free_address};

/// What is run by Python.
const LAUNCHER: &str = include_str!("local_aws.py");

/// How often the start is looked for, and how long between.
const LOOKS: u32 = 1_200;
const BETWEEN: Duration = Duration::from_millis(25);

/// A running AWS. It ends when it is dropped, or when this process does.
pub struct LocalAws {
    address: SocketAddr,
    process: Child,
    folder: PathBuf,
    pace: Pace,
    clock: Mutex<File>,
}

/// How its clock goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// A test moves it.
    ByHand,
    /// As the real one; a test can shift that of schedules.
    Runs,
}

impl LocalAws {
    /// Starts one that goes by the real time.
    pub fn start() -> Self {
        Self::start_with(Pace::Runs, 0.0)
    }

    /// Starts one whose time a test moves. See [`LocalAws::clock`].
    pub fn start_by_hand(now: Timestamp) -> Self {
        Self::start_with(Pace::ByHand, seconds(now))
    }

    fn start_with(pace: Pace, shown: f64) -> Self {
        let folder = own_folder();
        let mut clock = File::create_new(folder.join("clock")).expect("a file for the clock");
        show(&mut clock, shown);
        std::fs::create_dir(kept_in(&folder)).expect("a folder for what it keeps");
        let address = free_address();
        let process = process(address, &folder, pace);
        let mut aws = Self { address, process, folder, pace, clock: Mutex::new(clock) };
        aws.wait();
        aws
    }

    /// Ends it in order. What it held is kept in the folder [`LocalAws::kept`], and nobody answers
    /// at its address until [`LocalAws::start_again`].
    pub fn end(&mut self) {
        let mut input = self.process.stdin.take().expect("it has an input");
        input.write_all(b"\n").expect("it reads its input");
        let ended = self.process.wait().expect("a child can be waited for");
        assert!(ended.success(), "the local AWS ended with {ended}\n{}", self.log());
    }

    /// Starts one that was ended, at the same address, with what is in the folder
    /// [`LocalAws::kept`].
    pub fn start_again(&mut self) {
        self.process = process(self.address, &self.folder, self.pace);
        self.wait();
    }

    /// Whether its process runs.
    pub fn is_there(&mut self) -> bool {
        self.process.try_wait().expect("a child can be asked").is_none()
    }

    /// The folder of what it held at its last end in order. It is read at a start alone.
    pub fn kept(&self) -> PathBuf {
        kept_in(&self.folder)
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process's id, to measure it by.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What a program needs to speak to it.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "us-east-1".to_owned()),
            // As version 1 of the CLI calls it.
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// How often each operation was called, by `service.Operation`, as JSON.
    pub fn calls(&self) -> String {
        ask(self.address, "GET", "/_calls", "")
    }

    /// What it answers to a call of its own HTTP interface that needs no signature, where that is
    /// JSON.
    pub fn answers(&self, method: &str, path: &str, body: &str) -> String {
        ask(self.address, method, path, body)
    }

    /// A clock that begins at `start` and that this AWS, started by hand, shows too.
    pub fn clock(self: &Arc<Self>, start: Timestamp) -> ManualClock {
        let aws = Arc::clone(self);
        ManualClock::mirrored(start, move |now| aws.show(seconds(now)))
    }

    /// Lets the schedules of one that goes by the real time go by one that is this much ahead, or
    /// behind.
    pub fn shift_schedules(&self, by: SignedDuration) {
        self.show(by.as_secs_f64());
    }

    fn show(&self, shown: f64) {
        show(&mut self.clock.lock().unwrap(), shown);
    }

    fn wait(&mut self) {
        for _ in 0..LOOKS {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            if let Some(ended) = self.process.try_wait().expect("a child can be asked") {
                panic!("the local AWS ended ({ended}): {ADVICE}\n{}", self.log());
            }
            pause();
        }
        panic!("the local AWS does not answer at {}\n{}", self.address, self.log());
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        // It may have ended by itself, and a folder that stays is in the temporary one.
        if self.process.kill().is_ok() {
            drop(self.process.wait());
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The folder of what one keeps, within its own.
fn kept_in(folder: &Path) -> PathBuf {
    folder.join("kept")
}

fn process(address: SocketAddr, folder: &Path, pace: Pace) -> Child {
    let log = File::options().append(true).create(true).open(folder.join("log"));
    let log = log.expect("a file for the log");
    let kept = kept_in(folder);
    Command::new(python())
        .args(["-c", LAUNCHER])
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", address.port().to_string())
        .env("TMPDIR", folder)
        .env("LOG_LEVEL", "WARNING")
        .env("PERSIST_STATE", "1")
        .env("STATE_DIR", kept.join("state"))
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", kept.join("s3"))
        .env("CLOCK_FILE", folder.join("clock"))
        .env("CLOCK", if pace == Pace::ByHand { "hand" } else { "schedules" })
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{error}: {ADVICE}"))
}

const ADVICE: &str = "expected Python with ministack, which `tests/tools` installs into \
    target/tools; or name another in MINDMATE_PYTHON";

/// The interpreter that has ministack.
pub fn python() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "where a test finds its tools is no matter of the program's"
    )]
    let named = std::env::var_os("MINDMATE_PYTHON");
    named.map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/bin/python")),
        PathBuf::from,
    )
}

fn own_folder() -> PathBuf {
    let mut name = [0; 8];
    let mut random = File::open("/dev/urandom").expect("random numbers");
    random.read_exact(&mut name).expect("random numbers");
    let name = format!("mindmate-aws-{:016x}", u64::from_le_bytes(name));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).expect("a folder of its own");
    folder
}

/// Milliseconds of today are exact in a double.
fn seconds(instant: Timestamp) -> f64 {
    instant.as_millisecond() as f64 / 1_000.0
}

fn show(file: &mut File, shown: f64) {
    file.seek(SeekFrom::Start(0)).expect("the clock can be set");
    file.write_all(&shown.to_ne_bytes()).expect("the clock can be set");
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for, in real time")]
fn pause() {
    std::thread::sleep(BETWEEN);
}
