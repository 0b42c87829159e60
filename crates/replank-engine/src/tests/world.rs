//! Ports and a clock over a projected world that can be told to misbehave.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use replank_core::action::{Action, CloudAction, ClusterAction};
use replank_core::names::{ImageId, InstanceId, NodeName, ObjectName, Uid, UpdateId, Zone};
use replank_core::node_group::event::Event;
use replank_core::node_group::project::{Paces, Projection};
use replank_core::node_group::spec::{
    Batch, GroupOwner, Guard, Increment, Limits, Order, Spec, Strategy, Target,
};
use replank_core::observed::{
    Answer, Group, Instance, Lifecycle, Node, Observation, Ours, Owner, OwnerKind, Placement, Pod, PodPhase,
    Readiness, TemplateContent, Tolerates, Touch,
};
use replank_core::pod_rules::PodRules;
use replank_core::sizes::Sizes;

use crate::clock::{Clock, Elapsed, Rested};
use crate::commands::CommandError;
use crate::journal::{Journal, Recorded};
use crate::ports::{Cloud, Cluster, ReadError};
use crate::probe::{Boundary, Probe, Stopped};
use crate::run::{Face, Input};
use crate::turn::{Turned, Update};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_760_000_000 + seconds).unwrap()
}

fn content(image: &str) -> TemplateContent {
    TemplateContent { image: ImageId::new(image), settings: "m5.large".into() }
}

pub(crate) fn spec() -> Spec {
    Spec {
        update: "u-1".into(),
        cluster: "demo".into(),
        group: "default".into(),
        target: Target {
            template: "lt-1".into(),
            content: content("ami-new"),
            release: "1.32.9-20251101".to_owned(),
            version: "1.32".to_owned(),
        },
        batch: Batch::Count(1),
        strategy: Strategy::Default,
        increment: Increment::Smallest,
        guard: Guard::Taint,
        order: Order::Random,
        force: false,
        pods: PodRules::default(),
        limits: Limits::default(),
        seed: 7,
        inherited: None,
        owner: GroupOwner::Eks,
        control_plane: None,
    }
}

/// What the ports do wrong.
#[derive(Default)]
pub(crate) struct Faults {
    /// Every act takes effect and its answer is lost.
    pub(crate) lose_answers: bool,
    /// Every act runs into its deadline without effect.
    pub(crate) hang: bool,
    /// The cluster cannot be read before this.
    pub(crate) unreadable_until: Option<Timestamp>,
    /// Shown by fresh lists alone: lands on a node between observation and termination.
    pub(crate) late_pod: Option<Pod>,
    /// Every act that took effect, in order.
    pub(crate) done: Vec<Action>,
}

/// A projected world shared by two ports and a clock.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) projection: Rc<RefCell<Projection>>,
    pub(crate) faults: Rc<RefCell<Faults>>,
    acted: Rc<Cell<bool>>,
}

impl World {
    /// Three old nodes in three zones, two pods on each.
    pub(crate) fn of_three() -> Self {
        let mut seen = Observation::default();
        let versions = BTreeMap::from([(1, content("ami-old"))]);
        seen.members.set_contents(&versions);
        seen.group = Some(Group {
            sizes: Sizes { min: 3, desired: 3, max: 3 },
            zones: ["a", "b", "c"].map(Zone::from).to_vec(),
            template: "lt-1".into(),
            version: 1,
            versions,
            taints: Vec::new(),
            launched_at: None,
            failures: Vec::new(),
        });
        for (zone, number) in ["a", "b", "c"].iter().zip(1_u128..) {
            let instance = InstanceId::new(format!("i-{zone}"));
            seen.members.put_instance(Instance {
                held: false,
                id: instance.clone(),
                zone: Zone::from(*zone),
                version: 1,
                lifecycle: Lifecycle::InService,
                launched_at: at(-3600),
            });
            let name = NodeName::new(format!("n-{zone}"));
            seen.members.put_node(node(&name, number, instance));
            seen.pods.put(pod(&format!("web-{number}"), number * 10, &name));
            seen.pods.put(pod(&format!("api-{number}"), number * 10 + 1, &name));
        }
        let seconds = SignedDuration::from_secs;
        let paces = Paces {
            launch: seconds(5),
            join: seconds(60),
            stop: seconds(2),
            start: seconds(8),
            terminate: seconds(30),
            job_back_off: seconds(10),
        };
        Self {
            projection: Rc::new(RefCell::new(Projection::new(seen, at(0), paces, BTreeSet::new()))),
            faults: Rc::default(),
            acted: Rc::default(),
        }
    }

    pub(crate) fn update(&self, recorded: Recorded) -> Update<World, World> {
        Update::new(recorded, self.clone(), self.clone())
    }

    fn act(&self, action: &Action) -> Answer {
        let mut world = self.projection.borrow_mut();
        world.perform(action);
        self.acted.set(true);
        let answer = world.seen.answers.get(&action.key()).map(|attempt| attempt.answer.clone());
        let mut faults = self.faults.borrow_mut();
        match answer {
            Some(Answer::Done) => faults.done.push(action.clone()),
            other => return other.unwrap_or(Answer::CannotTell("no answer".to_owned())),
        }
        if faults.lose_answers { Answer::CannotTell("connection reset".to_owned()) } else { Answer::Done }
    }
}

fn node(name: &NodeName, number: u128, instance: InstanceId) -> Node {
    Node {
        name: name.clone(),
        uid: Uid(number),
        instance,
        ready_since: Some(at(-3000)),
        unreachable: false,
        image: Some("ami-old".into()),
        kubelet: None,
        labelled: true,
        cordoned: false,
        cordon_touch: Touch::default(),
        taints: Vec::new(),
        guarded: false,
        excluded: false,
        kept: false,
        ours: Ours::default(),
        hold: None,
    }
}

pub(crate) fn pod(name: &str, uid: u128, node: &NodeName) -> Pod {
    Pod {
        name: ObjectName::new("shop", name),
        uid: Uid(uid),
        created_at: at(-3000),
        node: Some(node.clone()),
        owner: Some(Owner { kind: OwnerKind::ReplicaSet, name: "web".into() }),
        phase: PodPhase::Running,
        readiness: Readiness::Ready,
        deleting: None,
        mirror: false,
        empty_dir: false,
        tolerates: Tolerates::Nothing,
        keeps_node: false,
        leads: false,
        budgets: [].into(),
        unschedulable: None,
        grace_seconds: 30,
    }
}

impl Cluster for World {
    async fn refresh(&mut self, _seen: &Observation) -> Result<(), ReadError> {
        let world = self.projection.borrow();
        if self.faults.borrow().unreadable_until.is_some_and(|until| world.now < until) {
            return Err(ReadError("connection refused".to_owned()));
        }
        Ok(())
    }

    fn tell(&mut self, into: &mut Observation) {
        into.pods = self.projection.borrow().seen.pods.clone();
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        self.act(&action.clone().into())
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        let late = self.faults.borrow().late_pod.clone().filter(|pod| pod.node.as_ref() == Some(node));
        Ok(self.projection.borrow().seen.pods.on_node(node).cloned().chain(late).collect())
    }

    async fn place(&self, _node: &NodeName) -> Placement {
        Placement::Found
    }
}

impl Cloud for World {
    async fn refresh(&mut self, _seen: &Observation) -> Result<(), ReadError> {
        Ok(())
    }

    fn tell(&mut self, into: &mut Observation) {
        let world = self.projection.borrow();
        (into.group, into.members) = (world.seen.group.clone(), world.seen.members.clone());
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        self.act(&action.clone().into())
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.projection.borrow().now
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        if self.faults.borrow().hang && limit == crate::ports::Deadlines::default().perform {
            return Err(Elapsed { limit });
        }
        Ok(call.await)
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        let mut world = self.projection.borrow_mut();
        let shown_at = self.acted.take().then(|| world.now + SignedDuration::from_millis(50));
        let Some(next) = [world.next_at(), until, shown_at].into_iter().flatten().min() else {
            return Rested::Stuck;
        };
        let next = next.max(world.now + least);
        world.advance_to(next);
        Rested::Awake
    }
}

/// Remembers what it was shown and says what it was given to say.
#[derive(Default)]
pub(crate) struct Notebook {
    pub(crate) facts: Vec<Event>,
    pub(crate) waits: BTreeSet<String>,
    pub(crate) turns: u32,
    /// What to ask for after so many turns.
    pub(crate) inputs: BTreeMap<u32, Input>,
    pub(crate) refusals: Vec<String>,
    /// The most members at any time that were not on their way out.
    pub(crate) peak: usize,
}

impl Face for Notebook {
    fn show(&mut self, turned: &Turned<'_>) {
        self.turns += 1;
        assert!(self.turns < 20_000, "an update that goes round in circles");
        self.facts.extend_from_slice(turned.facts);
        let now = turned.at;
        self.waits.extend(turned.decision.waits.iter().map(|wait| crate::messages::subject(wait, now)));
        let counts = turned.report().counts;
        self.peak = self.peak.max((counts.old + counts.ready + counts.joining) as usize);
    }

    fn asked(&mut self) -> Vec<Input> {
        self.inputs.remove(&self.turns).into_iter().collect()
    }

    fn refused(&mut self, error: &CommandError) {
        self.refusals.push(error.to_string());
    }
}

/// Stops at the boundary of that number.
pub(crate) struct StopAt {
    pub(crate) left: Cell<u32>,
    pub(crate) seen: RefCell<BTreeSet<&'static str>>,
}

impl StopAt {
    pub(crate) fn new(number: u32) -> Self {
        Self { left: Cell::new(number), seen: RefCell::default() }
    }
}

impl Probe for StopAt {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        self.seen.borrow_mut().insert(boundary.name());
        let left = self.left.get();
        if left == 0 {
            return Err(Stopped { at: boundary.name() });
        }
        self.left.set(left - 1);
        Ok(())
    }
}

/// A journal in memory with the default update started.
pub(crate) fn started() -> (Journal, Recorded) {
    let mut journal = Journal::in_memory().unwrap();
    let recorded = journal.start(spec(), at(0)).unwrap();
    (journal, recorded)
}

/// The update of [`spec`].
pub(crate) fn update_id() -> UpdateId {
    "u-1".into()
}

/// A directory that is gone when the test is over.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("replank-engine-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
