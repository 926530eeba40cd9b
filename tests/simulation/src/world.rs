//! One simulated installation, from its seed to the verdict over it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_pipeline::metrics::NoMetrics;
use mindmate_pipeline::ports::Ports;
use mindmate_pipeline::{Chance, SeededChance};
use mindmate_run_report::{ClosingPorts, OVERDUE_AFTER, RunClosing};
use mindmate_testkit::{FaultRates, Faults, MemoryBackend};

use crate::broken::{Broken, broken_clients, broken_stores};
use crate::clock::Time;
use crate::executor::{Endless, Executor, Governor, Owner, Spawner, Turn};
use crate::layers::{Poison, faulty, of_memory};
use crate::log::{Log, What};
use crate::machines::{self, Build};
use crate::parts::parts;
use crate::people::Person;
use crate::plan::Plan;
use crate::recorded::recorded;
use crate::sick::{Ward, sick};
use crate::trace::Trace;

/// The most polls of one world: more than ten times what the longest seeds need.
const MOST_STEPS: u64 = 3_000_000;

/// How long before the first run the world begins.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// A world.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) time: Time,
    pub(crate) log: Log,
    pub(crate) backend: MemoryBackend,
    pub(crate) faults: Arc<Faults>,
    pub(crate) spawner: Spawner,
    /// Recorded, without any fault.
    pub(crate) calm: Ports,
    /// Behind the network.
    pub(crate) stormy: Ports,
    pub(crate) broken: Option<Broken>,
    pub(crate) profiles: Mutex<BTreeMap<UserId, Option<mindmate_domain::app::Profile>>>,
    ward: Ward,
    poison: Arc<Poison>,
    chance: Arc<dyn Chance>,
    fate: SeededChance,
    is_calm: AtomicBool,
    is_mended: AtomicBool,
    starts: AtomicUsize,
}

/// A world and what runs it.
pub(crate) struct Running {
    pub(crate) world: Arc<World>,
    pub(crate) executor: Executor,
}

impl Running {
    /// The world of a seed, before anything has happened.
    pub(crate) fn new(seed: u64, broken: Option<Broken>, lines: bool) -> Self {
        let plan = Plan::of(seed);
        let begins = plan.events.iter().map(|(at, _)| *at).min();
        let first: jiff::Timestamp = crate::plan::FIRST_RUN.parse().expect("an instant");
        let begins = begins.map_or(first, |at| at.min(first));
        let time = Time::starting_at(crate::clock::later(begins, -BEFORE));
        let trace = Trace::new(time.clone(), lines);
        let executor = Executor::new(time.clone(), trace.clone(), plan.seeds.scheduler);
        let log = Log::new(time.clone(), executor.current(), trace);
        let order: Arc<dyn Chance> = Arc::new(SeededChance::new(plan.seeds.order));
        let backend = MemoryBackend::new(time.clock())
            .with_visibility(plan.visibility)
            .with_drawn_order(order);
        let chance: Arc<dyn Chance> = Arc::new(SeededChance::new(plan.seeds.faults));
        let faults = Faults::seeded(FaultRates::NONE, chance, time.clock());
        faults.give_way();
        let calm = recorded(broken_stores(of_memory(&backend), broken), &log);
        let (seed, share) = (plan.seeds.poison, plan.corrupt);
        let poison = Poison::new(Arc::clone(&calm.publisher), seed, share, log.clone());
        let stormy = Ports { publisher: Arc::clone(&poison) as _, ..calm.clone() };
        let ill = plan.illnesses.iter();
        let ill = ill.map(|(person, illness)| (plan.people[*person].user.clone(), *illness));
        let world = World {
            ward: Ward::new(ill.collect(), log.clone()),
            chance: Arc::new(SeededChance::new(plan.seeds.jitter)),
            fate: SeededChance::new(plan.seeds.governor),
            spawner: executor.spawner(),
            stormy: faulty(stormy, &faults),
            is_calm: AtomicBool::new(false),
            is_mended: AtomicBool::new(false),
            starts: AtomicUsize::new(0),
            profiles: Mutex::default(),
            plan,
            time,
            log,
            backend,
            faults,
            calm,
            broken,
            poison,
        };
        let world = Arc::new(world);
        world.fill();
        (0..world.plan.skews.len()).for_each(|number| world.start(number));
        crate::script::play(&world);
        Self { world, executor }
    }

    /// Runs until the world is at rest.
    pub(crate) fn rest(&mut self) -> Result<(), Endless> {
        let governor = Rule(Arc::clone(&self.world));
        self.executor.run(&governor, MOST_STEPS)
    }
}

impl World {
    /// What everybody wrote before.
    fn fill(&self) {
        for person in &self.plan.people {
            if let Some(profile) = &person.profile {
                let item = AppItem::Profile(Box::new(profile.clone()));
                self.backend.put_item(&person.user, &item);
            }
            self.profiles().insert(person.user.clone(), person.profile.clone());
            for written in &person.history {
                self.backend.put_item(&person.user, &written.item);
            }
        }
    }

    pub(crate) fn profiles(
        &self,
    ) -> std::sync::MutexGuard<'_, BTreeMap<UserId, Option<mindmate_domain::app::Profile>>> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a machine, anew where it died.
    pub(crate) fn start(&self, number: usize) {
        self.starts.fetch_add(1, Ordering::SeqCst);
        // The ill are behind the network: their machine dies between two calls.
        let ports = sick(self.stormy.clone(), &self.ward, number);
        machines::start(Build {
            number,
            ports: broken_clients(ports, self.broken),
            clock: self.time.skewed(self.plan.skews[number]),
            chance: Arc::clone(&self.chance),
            backend: self.backend.clone(),
            log: self.log.clone(),
            spawner: self.spawner.clone(),
            places: self.plan.places,
            visibility: self.plan.visibility,
            broken: self.broken,
        });
    }

    /// All faults end, but for people's illnesses.
    pub(crate) fn calm_down(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
        self.faults.set_rates(FaultRates::NONE);
        self.poison.end();
    }

    /// The causes of illnesses are mended.
    pub(crate) fn cure(&self) {
        self.ward.cure();
        self.is_mended.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_mended(&self) -> bool {
        self.is_mended.load(Ordering::SeqCst)
    }

    /// The task that closes runs.
    pub(crate) fn closing(ports: &Ports) -> RunClosing {
        let ports = ClosingPorts {
            ledger: Arc::clone(&ports.ledger),
            assessments: Arc::clone(&ports.assessments),
            notifier: Arc::clone(&ports.notifier),
            metrics: Arc::new(NoMetrics),
            pseudonyms: Arc::new(parts().pseudonyms.clone()),
        };
        RunClosing::new(ports, OVERDUE_AFTER)
    }

    /// Somebody takes a consent back.
    pub(crate) fn opt_out(&self, person: usize, consent: mindmate_domain::Consent) {
        let user = self.plan.people[person].user.clone();
        let profile = self.profiles().get(&user).cloned().flatten().unwrap_or_default();
        let profile = Person::without(&profile, consent);
        self.backend.put_item(&user, &AppItem::Profile(Box::new(profile.clone())));
        self.profiles().insert(user.clone(), Some(profile));
        self.log.count(format!("opted out of {}", consent.name()));
        self.log.add(What::OptedOut(user, consent));
    }
}

/// Decides over the machines of a world.
struct Rule(Arc<World>);

impl Governor for Rule {
    fn condemned(&self) -> Option<usize> {
        self.0.ward.condemned()
    }

    fn turn(&self, _: usize) -> Turn {
        let world = &self.0;
        let (crash, pause) = (world.plan.crash, world.plan.pause);
        if world.is_calm.load(Ordering::SeqCst) || (crash == 0.0 && pause == 0.0) {
            return Turn::Step;
        }
        let drawn = world.fate.fraction();
        if drawn < crash {
            world.log.count("machine crashed");
            Turn::Crash
        } else if drawn < crash + pause {
            world.log.count("machine paused");
            let seconds = 1 + world.fate.next() % 240;
            Turn::Pause(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(1)))
        } else {
            Turn::Step
        }
    }

    fn crashed(&self, machine: usize) {
        let world = Arc::clone(&self.0);
        let seconds = i64::try_from(world.fate.next() % 60).unwrap_or(0);
        let wakes = crate::clock::later(world.time.now(), SignedDuration::from_secs(seconds));
        self.0.spawner.spawn(Owner::World, async move {
            world.time.sleep_until(wakes).await;
            world.start(machine);
        });
    }
}
