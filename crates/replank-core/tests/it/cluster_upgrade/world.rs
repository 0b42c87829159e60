//! A cluster that does what an upgrade asks, a tick at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_core::cluster_upgrade::decide::decide;
use replank_core::cluster_upgrade::decision::{Act, Action, Decision};
use replank_core::cluster_upgrade::event::{Event, Fact};
use replank_core::cluster_upgrade::observed::{
    AddOn, CheckFinding, Checked, ControlPlane, FargateStage, Group, Nodes, Observation, Offered, Rollout,
    Running, Stands, State, Work,
};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::spec::{Gates, GroupKind, Limits, Mover, PlannedGroup, Spec, Workers};
use replank_core::names::{ObjectName, UpdateId};
use replank_core::observed::{Answer, Read};
use replank_core::version::Minor;

/// Nodes of every group.
pub(super) const NODES: u32 = 3;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn group(name: &str, minor: u32, kind: GroupKind) -> PlannedGroup {
    PlannedGroup { name: name.into(), minor: Minor(minor), kind, nodes: NODES, batch: 1 }
}

/// 1.32 to 1.34 with two groups and three add-ons.
pub(super) fn spec() -> Spec {
    Spec {
        upgrade: "up".into(),
        cluster: "c".into(),
        from: Minor(32),
        to: Minor(34),
        gates: Gates::None,
        workers: Workers::EveryMinor,
        groups: vec![group("a", 32, GroupKind::Managed), group("b", 32, GroupKind::Managed)],
        control_plane: Mover::Service,
        add_ons: vec!["vpc-cni".into(), "coredns".into(), "kube-proxy".into()],
        own_add_ons: Vec::new(),
        fargate_profiles: Vec::new(),
        accepted: Vec::new(),
        limits: Limits::default(),
    }
}

/// An update of something in the world.
#[derive(Clone, Debug)]
struct Job {
    action: Action,
    stands: Stands,
    ticks: u32,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) seen: Observation,
    jobs: BTreeMap<(u32, u32), Job>,
    /// How often something new was begun.
    pub(super) begun: Vec<Action>,
    /// Groups whose next update fails.
    pub(super) failing: Vec<&'static str>,
    /// When pods on Fargate were evicted that are not there again.
    leaving: Vec<i64>,
    /// Whether new nodes run pods.
    pub(super) runs_pods: bool,
    /// Whether pods of add-ons that are their owner's become available.
    pub(super) rolls_out: bool,
    /// What the check of everything finds.
    pub(super) blocking: Vec<CheckFinding>,
    pub(super) breaking: Vec<CheckFinding>,
    pub(super) now: i64,
}

impl World {
    pub(super) fn of(spec: &Spec) -> Self {
        let offered = |name: &str| {
            let of = |minor: u32| match name {
                "kube-proxy" => vec![format!("v1.{minor}.0-eksbuild.1"), format!("v1.{minor}.5-eksbuild.1")],
                _ => vec!["v1.0.0".to_owned(), format!("v1.{minor}.0-of-{name}")],
            };
            let row = |minor| {
                let versions: Vec<String> = of(minor);
                (Minor(minor), Offered { default: versions[1].clone(), versions })
            };
            (30..37).map(row).collect::<BTreeMap<_, _>>()
        };
        let add_on = |name: &str| {
            let offered = offered(name);
            AddOn { version: offered[&spec.from].default.clone(), offered, rollout: None }
        };
        let nodes = |minor| BTreeMap::from([(minor, Nodes { count: NODES, ready: NODES, with_pods: NODES })]);
        let group = |planned: &PlannedGroup| Group {
            minor: Some(planned.minor),
            state: State::AtRest,
            nodes: nodes(planned.minor),
        };
        let seen = Observation {
            read: Read::Fresh,
            control_plane: Some(control_plane(spec.from)),
            add_ons: spec.add_ons.iter().map(|name| (name.clone(), add_on(name.as_str()))).collect(),
            groups: spec.groups.iter().map(|planned| (planned.name.clone(), group(planned))).collect(),
            ..Observation::default()
        };
        Self {
            seen,
            jobs: BTreeMap::new(),
            begun: Vec::new(),
            failing: Vec::new(),
            leaving: Vec::new(),
            runs_pods: true,
            rolls_out: true,
            blocking: Vec::new(),
            breaking: Vec::new(),
            now: 0,
        }
    }

    /// What is seen by an upgrade.
    pub(super) fn look(&self, upgrade: &Upgrade) -> Observation {
        let key = (upgrade.at(), upgrade.present().attempt);
        let work = self.jobs.get(&key).map(|job| Work { update: id(key), stands: job.stands.clone() });
        let to = upgrade.step().map_or(upgrade.spec().to, |step| step.minor);
        let (blocking, breaking) = (self.blocking.clone(), self.breaking.clone());
        Observation { work, checked: Some(Checked { to, blocking, breaking }), ..self.seen.clone() }
    }

    /// Does what is asked for; twice is once.
    pub(super) fn perform(&mut self, act: &Act) -> Answer {
        let key = (act.step, act.attempt);
        let running = |job: &mut Job, change: &dyn Fn(&mut Running)| {
            if let Stands::Running(running) = &mut job.stands {
                change(running);
            }
        };
        match &act.action {
            Action::PauseChild { .. } => {
                self.jobs.entry(key).and_modify(|job| running(job, &|it| it.is_paused = true));
            }
            Action::ResumeChild { .. } => {
                self.jobs.entry(key).and_modify(|job| running(job, &|it| it.is_paused = false));
            }
            Action::CancelChild { .. } => {
                self.jobs.entry(key).and_modify(|job| job.stands = Stands::Cancelled);
            }
            // It is gone at once, and there again after two ticks, as a new pod of its owner.
            Action::Relaunch { pod } => {
                self.begun.push(act.action.clone());
                self.leaving.push(self.now);
                if let Some(seen) = self.seen.fargate.iter_mut().find(|seen| seen.pod == *pod) {
                    seen.pod = ObjectName::new(pod.namespace.clone(), format!("{}'", pod.name));
                    (seen.minor, seen.stage) = (None, FargateStage::Starting);
                }
            }
            Action::UndoOwnAddOn { add_on, why } => {
                self.begun.push(act.action.clone());
                let said = why.clone();
                self.jobs.entry(key).and_modify(|job| job.stands = Stands::Failed { message: said });
                self.seen.add_ons.entry(add_on.clone()).and_modify(|it| {
                    it.version.clone_from(&it.offered[&Minor(32)].default);
                    it.rollout = None;
                });
            }
            begun => {
                if !self.jobs.contains_key(&key) {
                    self.begun.push(begun.clone());
                    self.start(key, begun.clone());
                }
            }
        }
        Answer::Done
    }

    fn start(&mut self, key: (u32, u32), action: Action) {
        if let Action::StartControlPlane { .. } = &action
            && let Some(seen) = &mut self.seen.control_plane
        {
            seen.state = State::Busy { status: "UPDATING".into(), update: None };
        }
        if let Action::StartOwnAddOn { add_on, version, .. } = &action {
            let since = at(self.now);
            self.seen.add_ons.entry(add_on.clone()).and_modify(|it| {
                it.version.clone_from(version);
                it.rollout = Some(Rollout { since, why: "0 of 3".into(), is_given_up: false });
            });
        }
        let running = Running { left: NODES, ..Running::default() };
        self.jobs.insert(key, Job { action, stands: Stands::Running(running), ticks: 0 });
    }

    /// Lets a little time pass.
    pub(super) fn tick(&mut self) {
        self.now += 30;
        let minor = self.seen.control_plane.as_ref().map(|seen| seen.minor);
        if self.leaving.first().is_some_and(|since| self.now - since >= 60) {
            self.leaving.remove(0);
            let new = self.seen.fargate.iter_mut().find(|pod| pod.minor.is_none());
            if let Some(new) = new {
                (new.minor, new.stage) = (minor, FargateStage::Ready);
            }
        }
        for job in self.jobs.values_mut() {
            let Stands::Running(running) = &mut job.stands else { continue };
            job.ticks += 1;
            match &job.action {
                Action::StartControlPlane { to } if job.ticks == 3 => {
                    job.stands = Stands::Succeeded;
                    self.seen.control_plane = Some(control_plane(*to));
                }
                Action::StartAddOn { add_on, version } if job.ticks == 2 => {
                    job.stands = Stands::Succeeded;
                    self.seen.add_ons.entry(add_on.clone()).and_modify(|it| it.version.clone_from(version));
                }
                Action::StartOwnAddOn { add_on, .. } if job.ticks == 3 && self.rolls_out => {
                    job.stands = Stands::Succeeded;
                    self.seen.add_ons.entry(add_on.clone()).and_modify(|it| it.rollout = None);
                }
                Action::StartGroup { group, to } => {
                    if let Some(at) = self.failing.iter().position(|name| *name == group.as_str()) {
                        self.failing.remove(at);
                        job.stands = Stands::Failed { message: "a budget".into() };
                        continue;
                    }
                    let Some(group) = self.seen.groups.get_mut(group) else { continue };
                    // New nodes come first, one old node goes a tick.
                    if job.ticks < 3 {
                        continue;
                    }
                    // A node is Ready a while before a pod runs on it.
                    let pods = u32::from(self.runs_pods && job.ticks > 4);
                    let new = group.nodes.entry(*to).or_default();
                    new.count = running.replaced + 1;
                    (new.ready, new.with_pods) = (new.count, new.count * pods);
                    if running.is_paused || job.ticks == 3 {
                        continue;
                    }
                    running.replaced += 1;
                    running.left -= 1;
                    if running.left == 0 {
                        job.stands = Stands::Succeeded;
                        group.minor = Some(*to);
                        let all = Nodes { count: NODES, ready: NODES, with_pods: NODES };
                        group.nodes = BTreeMap::from([(*to, all)]);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A control plane at rest.
pub(super) fn control_plane(minor: Minor) -> ControlPlane {
    ControlPlane { minor, version: format!("v{minor}.4"), state: State::AtRest }
}

pub(super) fn id((step, attempt): (u32, u32)) -> UpdateId {
    UpdateId::new(format!("u-{step}-{attempt}"))
}

/// An upgrade with its journal, in its world.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) world: World,
    pub(super) upgrade: Upgrade,
    pub(super) journal: Vec<Event>,
    pub(super) answer: Option<Answer>,
}

impl Run {
    pub(super) fn new(spec: Spec) -> Self {
        let world = World::of(&spec);
        Self { world, upgrade: Upgrade::new(spec, at(0)), journal: Vec::new(), answer: None }
    }

    pub(super) fn look(&self) -> Observation {
        Observation { answer: self.answer.clone(), ..self.world.look(&self.upgrade) }
    }

    pub(super) fn decide(&self) -> Decision {
        decide(&self.upgrade, &self.look(), at(self.world.now))
    }

    pub(super) fn give(&mut self, fact: Fact) {
        let event = Event { at: at(self.world.now), fact };
        self.upgrade.apply(&event).unwrap();
        self.journal.push(event);
    }

    /// One turn, and a little time.
    pub(super) fn turn(&mut self) -> Decision {
        let decision = self.decide();
        self.record(&decision);
        if let Some(act) = &decision.act {
            self.answer = Some(self.world.perform(act));
        }
        self.world.tick();
        decision
    }

    pub(super) fn record(&mut self, decision: &Decision) {
        let before = (self.upgrade.at(), self.upgrade.present().attempt);
        for event in &decision.record {
            self.upgrade.apply(event).unwrap();
            self.journal.push(event.clone());
        }
        if before != (self.upgrade.at(), self.upgrade.present().attempt) {
            self.answer = None;
        }
    }

    /// Turns until a decision waits for a person alone, or it is over.
    pub(super) fn until_rest(&mut self) -> Decision {
        for _ in 0..2_000 {
            let decision = self.turn();
            if decision.wake_at.is_none() && decision.record.is_empty() {
                return decision;
            }
        }
        panic!("it never rests: {:#?}", self.decide());
    }
}
