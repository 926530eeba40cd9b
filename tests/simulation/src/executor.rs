//! One thread that runs every task of the simulated world, the next one drawn from the seed.
//!
//! Tasks belong to an owner: the world, which nothing stops, or a machine. A machine that crashes
//! loses all its tasks where they stand, between two polls: since every call of a port gives way
//! before and after, that is between any two awaits. A machine that is paused (its process stopped,
//! its host gone to sleep) is not polled until its time has come, and then goes on as if nothing
//! had been.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use mindmate_pipeline::{Chance, SeededChance};

use crate::clock::{Time, later};
use crate::trace::Trace;

/// Whose task it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// The world's: the app, schedules, the weather.
    World,
    /// A machine's, by its number.
    Machine(usize),
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes tasks in, while the executor runs.
#[derive(Clone, Default)]
pub(crate) struct Spawner(Arc<Mutex<Vec<(Owner, Work)>>>);

impl Spawner {
    pub(crate) fn spawn(&self, owner: Owner, work: impl Future<Output = ()> + Send + 'static) {
        lock(&self.0).push((owner, Box::pin(work)));
    }
}

/// The number of the task that is being polled.
#[derive(Clone, Default)]
pub(crate) struct Current(Arc<AtomicU64>);

impl Current {
    pub(crate) fn task(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What happens to a machine instead of its next step.
pub(crate) enum Turn {
    /// Nothing: it goes on.
    Step,
    /// It dies.
    Crash,
    /// It stands still for a while.
    Pause(SignedDuration),
}

/// Decides over machines.
pub(crate) trait Governor {
    /// A machine that has to die now, whether it has something to do or not.
    fn condemned(&self) -> Option<usize>;
    /// A task of this machine would be polled next.
    fn turn(&self, machine: usize) -> Turn;
    /// This machine died: all its tasks are gone.
    fn crashed(&self, machine: usize);
}

/// The world did not come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Endless;

struct Task {
    owner: Owner,
    work: Work,
    ticket: Arc<Ticket>,
}

/// Puts a task among those that are ready, once.
struct Ticket {
    task: u64,
    queued: AtomicBool,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Wake for Ticket {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::SeqCst) {
            lock(&self.ready).push(self.task);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs tasks.
pub(crate) struct Executor {
    time: Time,
    trace: Trace,
    chance: SeededChance,
    spawner: Spawner,
    current: Current,
    last_task: u64,
    steps: u64,
    tasks: BTreeMap<u64, Task>,
    ready: Arc<Mutex<Vec<u64>>>,
    paused: BTreeMap<usize, Timestamp>,
}

impl Executor {
    pub(crate) fn new(time: Time, trace: Trace, seed: u64) -> Self {
        Self {
            time,
            trace,
            chance: SeededChance::new(seed),
            spawner: Spawner::default(),
            current: Current::default(),
            last_task: 0,
            steps: 0,
            tasks: BTreeMap::new(),
            ready: Arc::default(),
            paused: BTreeMap::new(),
        }
    }

    pub(crate) fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    pub(crate) fn current(&self) -> Current {
        self.current.clone()
    }

    /// How many polls there were.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Runs until nobody is ready and nobody sleeps.
    ///
    /// # Errors
    /// [`Endless`] after `most` polls.
    pub(crate) fn run(&mut self, governor: &dyn Governor, most: u64) -> Result<(), Endless> {
        let last = self.steps + most;
        loop {
            self.admit();
            if let Some(machine) = governor.condemned() {
                self.crash(machine, governor);
                continue;
            }
            let Some(task) = self.draw() else {
                match self.next_instant() {
                    Some(instant) => self.advance_to(instant),
                    None => return Ok(()),
                }
                continue;
            };
            self.steps += 1;
            if self.steps > last {
                return Err(Endless);
            }
            self.step(task, governor);
        }
    }

    fn step(&mut self, number: u64, governor: &dyn Governor) {
        let owner = self.tasks.get(&number).map(|task| task.owner);
        if let Some(Owner::Machine(machine)) = owner {
            match governor.turn(machine) {
                Turn::Step => {}
                Turn::Crash => return self.crash(machine, governor),
                Turn::Pause(by) => {
                    self.paused.insert(machine, later(self.time.now(), by));
                    // It was drawn, and stays ready.
                    return lock(&self.ready).push(number);
                }
            }
        }
        let Some(task) = self.tasks.get_mut(&number) else { return };
        self.trace.mark("poll", number);
        task.ticket.queued.store(false, Ordering::SeqCst);
        self.current.0.store(number, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&task.ticket));
        let ended = task.work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if ended {
            self.tasks.remove(&number);
        }
    }

    /// Takes in what was spawned.
    fn admit(&mut self) {
        let spawned = std::mem::take(&mut *lock(&self.spawner.0));
        for (owner, work) in spawned {
            self.last_task += 1;
            let task = self.last_task;
            let ready = Arc::clone(&self.ready);
            let ticket = Arc::new(Ticket { task, queued: AtomicBool::new(false), ready });
            ticket.wake_by_ref();
            self.tasks.insert(task, Task { owner, work, ticket });
        }
    }

    /// Any of those that are ready, whose machine is not paused.
    fn draw(&mut self) -> Option<u64> {
        let ready = Arc::clone(&self.ready);
        let mut ready = lock(&ready);
        ready.retain(|task| self.tasks.contains_key(task));
        if self.paused.is_empty() {
            let drawn = below(&self.chance, ready.len())?;
            return Some(ready.swap_remove(drawn));
        }
        let can_run: Vec<usize> = (0..ready.len())
            .filter(|place| match self.tasks.get(&ready[*place]).map(|task| task.owner) {
                Some(Owner::Machine(machine)) => !self.paused.contains_key(&machine),
                _ => true,
            })
            .collect();
        let drawn = can_run[below(&self.chance, can_run.len())?];
        Some(ready.swap_remove(drawn))
    }

    fn next_instant(&self) -> Option<Timestamp> {
        self.time.next_end().into_iter().chain(self.paused.values().copied()).min()
    }

    fn advance_to(&mut self, instant: Timestamp) {
        self.time.advance_to(instant);
        self.paused.retain(|_, until| *until > instant);
        self.trace.mark("time", u64::from_ne_bytes(instant.as_millisecond().to_ne_bytes()));
    }

    fn crash(&mut self, machine: usize, governor: &dyn Governor) {
        self.trace.tell("crash", &format!("machine {machine}"));
        self.paused.remove(&machine);
        // Dropped one by one, when the map is whole: a future that goes may wake another task.
        let (gone, kept) = std::mem::take(&mut self.tasks)
            .into_iter()
            .partition(|(_, task)| task.owner == Owner::Machine(machine));
        self.tasks = kept;
        drop::<BTreeMap<_, _>>(gone);
        governor.crashed(machine);
    }
}

/// A number below `end`; none where there is none.
pub(crate) fn below(chance: &dyn Chance, end: usize) -> Option<usize> {
    if end == 0 {
        return None;
    }
    usize::try_from(chance.next() % end as u64).ok()
}

/// What a port gives that answers at once, as those of the memory backend do.
pub(crate) fn at_once<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("a port in memory answers at once")
}
