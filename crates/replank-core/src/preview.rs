//! What an update would do before it does it: the same decisions, run over a projection of what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::decide::decide;
use crate::event::{Fact, Measured};
use crate::names::{NodeName, ObjectName, Uid};
use crate::observed::{Observation, OwnerKind, Pod, PodPhase, Standing};
use crate::problem::{Failure, Problem};
use crate::project::{Paces, Projection};
use crate::rollout::{End, Phase, Purpose, Rollout};
use crate::safety::budget::{Verdict, judge};
use crate::safety::fate::{Fate, fate};
use crate::spec::Spec;
use crate::wait::{LossKind, Wait};

/// No update needs more turns than this for each member and pod; one that does goes round in circles.
const TURNS_PER_OBJECT: usize = 40;

/// How soon a watch shows what an act changed.
const WATCH_DELAY: SignedDuration = SignedDuration::from_millis(50);

/// What an update would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The numbers of Setup: sizes, batch, increment.
    pub measured: Option<Measured>,
    /// The phases it goes through and how long each takes.
    pub phases: Vec<(Phase, SignedDuration)>,
    /// The old nodes in the order they would be taken.
    pub order: Vec<NodeName>,
    /// What a person should know of pods on old nodes before it begins.
    pub findings: Vec<Finding>,
    /// How it ends, if it ends.
    pub end: Option<End>,
    /// Why it fails, if it does.
    pub failure: Option<Failure>,
    /// What it would wait for when it gets stuck, or at the end.
    pub waits: Vec<Wait>,
    /// What a person should look at.
    pub problems: Vec<Problem>,
    /// How long it takes.
    pub total: SignedDuration,
    /// Evictions it asks for.
    pub evictions: u64,
    /// The most members at any time, those on their way out not counted.
    pub peak: u32,
}

/// Something about a pod on an old node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The pod.
    pub pod: ObjectName,
    /// Its node.
    pub node: NodeName,
    /// What about it.
    pub about: About,
}

/// What a preview finds about a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Its budget can never allow a disruption as things are set.
    BudgetNever {
        /// The budget.
        budget: ObjectName,
        /// Its rule.
        rule: Arc<str>,
        /// Healthy pods it wants.
        desired: u32,
        /// Pods it expects.
        expected: u32,
    },
    /// Its budget's numbers cannot be worked out.
    BudgetFailed {
        /// The budget.
        budget: ObjectName,
        /// The controller's words.
        message: Arc<str>,
    },
    /// Several budgets select it.
    ManyBudgets {
        /// The budgets.
        budgets: Vec<ObjectName>,
    },
    /// No node would take it.
    NoPlace {
        /// The scheduler's words.
        message: Arc<str>,
    },
    /// It tolerates every taint, so it may come straight back.
    ToleratesAll,
    /// It loses something by the move.
    Loses(LossKind),
    /// The rules refuse to lose what leaves with it.
    LossRefused(LossKind),
    /// A running Job pod: its eviction counts as a failure of the Job.
    JobInterrupted,
    /// A running Job pod that is waited for.
    JobWaitedFor,
    /// It already hangs in termination.
    Hanging {
        /// Finalizers that hold it.
        finalizers: Vec<Arc<str>>,
    },
    /// It does not become Ready, so its budget may never recover.
    NotReady,
}

impl About {
    /// Whether it can stop the update.
    pub fn blocks(&self) -> bool {
        match self {
            Self::BudgetNever { .. }
            | Self::BudgetFailed { .. }
            | Self::ManyBudgets { .. }
            | Self::NoPlace { .. }
            | Self::ToleratesAll
            | Self::LossRefused(_)
            | Self::Hanging { .. } => true,
            Self::Loses(_) | Self::JobInterrupted | Self::JobWaitedFor | Self::NotReady => false,
        }
    }
}

/// Previews an update from what was seen at `now`. `homeless` are the pods on old nodes that no node would take,
/// with the scheduler's words; whoever knows the scheduler tells.
pub fn preview(
    spec: Spec,
    seen: &Observation,
    now: Timestamp,
    paces: Paces,
    homeless: &BTreeMap<Uid, Arc<str>>,
) -> Preview {
    let findings = findings(&spec, seen, homeless);
    let start = Rollout::new(spec, now);
    let mut world = Projection::new(seen.clone(), now, paces, homeless.keys().copied().collect());
    run(start, &mut world, findings)
}

fn run(mut rollout: Rollout, world: &mut Projection, findings: Vec<Finding>) -> Preview {
    let begun = world.now;
    let mut out = Preview {
        measured: None,
        phases: Vec::new(),
        order: Vec::new(),
        findings,
        end: None,
        failure: None,
        waits: Vec::new(),
        problems: Vec::new(),
        total: SignedDuration::ZERO,
        evictions: 0,
        peak: 0,
    };
    let mut turns = TURNS_PER_OBJECT * (world.seen.pods.len() + world.seen.fleet.members().count() + 10);
    while rollout.phase() != Phase::Done && turns > 0 {
        turns -= 1;
        let (phase, since) = (rollout.phase(), rollout.phase_since());
        let decision = decide(&rollout, &world.seen, world.now);
        for event in &decision.record {
            if let Fact::Picked { node: Some(node), purpose: Purpose::Replace, .. } = &event.fact {
                out.order.push(node.clone());
            }
            let applied = rollout.apply(event);
            assert!(applied.is_ok(), "a decision that does not follow: {applied:?}");
        }
        if rollout.phase() != phase {
            out.phases.push((phase, world.now.duration_since(since)));
        }
        for action in &decision.act {
            out.evictions += u64::from(matches!(action, crate::action::Action::Evict { .. }));
            world.perform(action);
        }
        out.peak = out.peak.max(world.seen.fleet.count(|class| class.standing != Standing::Leaving));
        (out.waits, out.problems) = (decision.waits, decision.problems);
        // What an act changed is seen as soon as a watch shows it.
        let shown_at = (!decision.act.is_empty()).then(|| world.now + WATCH_DELAY);
        let next = [world.next_at(), decision.wake_at, shown_at].into_iter().flatten().min();
        match next {
            Some(at) => world.advance_to(at.max(world.now)),
            None if decision.record.is_empty() && decision.act.is_empty() => break,
            None => {}
        }
    }
    out.measured = rollout.measured().cloned();
    out.failure = rollout.failure().cloned();
    out.end = rollout.end().cloned();
    out.total = rollout.end().map_or(world.now, |end| end.at).duration_since(begun);
    out
}

/// What is to be known of every pod on an old node, sorted.
fn findings(spec: &Spec, seen: &Observation, homeless: &BTreeMap<Uid, Arc<str>>) -> Vec<Finding> {
    let content = |version: u64| seen.group.as_ref().and_then(|group| group.versions.get(&version));
    let old = seen.fleet.of(|class| content(class.version) != Some(&spec.target.content));
    let nodes = old.filter_map(|id| seen.fleet.get(id)?.node.as_ref());
    let mut found = BTreeSet::new();
    for node in nodes {
        for pod in seen.pods.on_node(&node.name) {
            for about in about(spec, seen, pod, homeless.get(&pod.uid)) {
                found.insert(Finding { pod: pod.name.clone(), node: node.name.clone(), about });
            }
        }
    }
    found.into_iter().collect()
}

fn about(spec: &Spec, seen: &Observation, pod: &Pod, no_place: Option<&Arc<str>>) -> Vec<About> {
    let mut found = Vec::new();
    if let Some(deleting) = &pod.deleting {
        if !deleting.finalizers.is_empty() {
            found.push(About::Hanging { finalizers: deleting.finalizers.to_vec() });
        }
        return found;
    }
    match fate(pod, &spec.pods) {
        Fate::Stays => return found,
        Fate::Refused { loss } => return vec![About::LossRefused(loss)],
        Fate::RunsOn { .. } => return vec![About::JobWaitedFor],
        Fate::Leaves { loses } => found.extend(loses.map(About::Loses)),
    }
    match judge(pod, &seen.pods) {
        Verdict::Many => found.push(About::ManyBudgets { budgets: pod.budgets.to_vec() }),
        Verdict::Charges(budget) => match &budget.sync_failed {
            Some(message) => {
                found.push(About::BudgetFailed { budget: budget.name.clone(), message: message.clone() });
            }
            None if budget.never_allows() => found.push(About::BudgetNever {
                budget: budget.name.clone(),
                rule: budget.rule.clone(),
                desired: budget.desired,
                expected: budget.expected,
            }),
            None => {}
        },
        Verdict::Free | Verdict::Unsynced(_) => {}
    }
    if pod.finished() {
        return found;
    }
    if pod.owner.as_ref().is_some_and(|owner| owner.kind == OwnerKind::Job) {
        found.push(About::JobInterrupted);
    }
    if pod.phase == PodPhase::Running && !pod.healthy() {
        found.push(About::NotReady);
    }
    if pod.tolerates_all {
        found.push(About::ToleratesAll);
    }
    found.extend(no_place.map(|message| About::NoPlace { message: message.clone() }));
    found
}
