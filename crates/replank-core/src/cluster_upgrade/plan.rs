//! An upgrade as a list of steps, in the order of the published reports on what goes wrong: checks, control plane,
//! kube-proxy, CoreDNS, network plug-in, other add-ons, node groups, Fargate; then the next minor.

use jiff::SignedDuration;

use super::spec::{Gates, PlannedGroup, Spec};
use crate::names::{AddOnName, NodeGroupName};
use crate::version::Minor;

/// Add-ons that go in an order of their own, before all others.
const FIRST: [&str; 3] = ["kube-proxy", "coredns", "vpc-cni"];
/// The driver whose in-tree predecessor ended with a minor: it has to be there before the control plane
/// (Kubernetes: `CSIMigrationAWS` is on and locked from 1.23 on).
const DRIVER: (&str, Minor) = ("aws-ebs-csi-driver", Minor(23));

/// How long a control plane takes (EKS: several minutes; reports say ten).
const CONTROL_PLANE: SignedDuration = SignedDuration::from_mins(10);
/// How long an add-on takes.
const ADD_ON: SignedDuration = SignedDuration::from_mins(2);
/// How long a node takes to join.
const JOIN: SignedDuration = SignedDuration::from_mins(3);
/// How long a batch takes to drain and go.
const BATCH: SignedDuration = SignedDuration::from_mins(4);

/// One thing that an upgrade does or waits for, on its way to one minor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The minor it leads to.
    pub minor: Minor,
    /// What it does.
    pub what: What,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Waits for a person's word.
    Gate,
    /// Looks whether the minor is in reach; changes nothing.
    Check,
    /// Moves the control plane.
    ControlPlane,
    /// Moves the control plane back to the minor before.
    RollBack,
    /// Moves an add-on.
    AddOn(AddOnName),
    /// Replaces the nodes of a group, one of them first.
    NodeGroup(NodeGroupName),
    /// Launches the pods on Fargate again.
    Fargate,
}

impl Step {
    fn new(minor: Minor, what: What) -> Self {
        Self { minor, what }
    }

    /// About how long it takes, where nothing holds it up.
    pub fn lasts(&self, spec: &Spec) -> SignedDuration {
        match &self.what {
            What::Gate | What::Check | What::Fargate => SignedDuration::ZERO,
            What::ControlPlane | What::RollBack => CONTROL_PLANE,
            What::AddOn(_) => ADD_ON,
            What::NodeGroup(name) => {
                let batches = spec.group(name).map_or(0, |group| group.nodes.div_ceil(group.batch.max(1)));
                JOIN + BATCH * i32::try_from(batches).unwrap_or(i32::MAX)
            }
        }
    }

    /// Whether something changes by it.
    pub fn acts(&self) -> bool {
        match self.what {
            What::Gate | What::Check => false,
            What::ControlPlane | What::RollBack | What::AddOn(_) | What::NodeGroup(_) | What::Fargate => true,
        }
    }
}

/// The steps of an upgrade, in their order.
pub fn steps(spec: &Spec) -> Vec<Step> {
    if spec.is_rollback() {
        return with_gates(back(spec), spec.gates);
    }
    let mut steps = Vec::new();
    // EKS moves no control plane away from nodes that are behind it.
    steps.extend(behind(spec).map(|group| Step::new(spec.from, What::NodeGroup(group.name.clone()))));
    if !spec.fargate_profiles.is_empty() {
        steps.push(Step::new(spec.from, What::Fargate));
    }
    for minor in (spec.from.0 + 1..=spec.to.0).map(Minor) {
        one(spec, minor, &mut steps);
    }
    with_gates(steps, spec.gates)
}

/// The way back: nodes first, since none may be newer than its control plane, pods on Fargate afterwards. Add-ons stay as
/// they are (EKS: cluster rollback).
fn back(spec: &Spec) -> Vec<Step> {
    let groups = spec.groups.iter().filter(|group| group.minor > spec.to);
    let groups = groups.map(|group| What::NodeGroup(group.name.clone()));
    let fargate = (!spec.fargate_profiles.is_empty()).then_some(What::Fargate);
    let all = groups.chain([What::Check, What::RollBack]).chain(fargate);
    all.map(|what| Step::new(spec.to, what)).collect()
}

/// The groups that have to catch up before anything else.
fn behind(spec: &Spec) -> impl Iterator<Item = &PlannedGroup> {
    spec.groups.iter().filter(|group| group.minor < spec.from && !may_stay(spec, group, spec.from.next()))
}

fn one(spec: &Spec, minor: Minor, steps: &mut Vec<Step>) {
    let mut put = |what| steps.push(Step::new(minor, what));
    put(What::Check);
    let add_ons = in_order(&spec.add_ons);
    let is_early = |name: &AddOnName| (name.as_str(), minor) == DRIVER;
    add_ons.iter().filter(|name| is_early(name)).for_each(|name| put(What::AddOn((*name).clone())));
    put(What::ControlPlane);
    add_ons.iter().filter(|name| !is_early(name)).for_each(|name| put(What::AddOn((*name).clone())));
    for group in &spec.groups {
        let waits = minor < spec.to && may_stay(spec, group, minor.next());
        if !waits {
            put(What::NodeGroup(group.name.clone()));
        }
    }
    if !spec.fargate_profiles.is_empty() {
        put(What::Fargate);
    }
}

/// Whether the nodes of a group may stay what they are under that control plane.
fn may_stay(spec: &Spec, group: &PlannedGroup, control_plane: Minor) -> bool {
    spec.may_lag(group) && group.minor.may_serve_under(control_plane)
}

fn in_order(add_ons: &[AddOnName]) -> Vec<&AddOnName> {
    let mut names: Vec<&AddOnName> = add_ons.iter().collect();
    let place = |name: &AddOnName| FIRST.iter().position(|first| *first == name.as_str());
    names.sort_by_key(|name| (place(name).unwrap_or(FIRST.len()), (*name).clone()));
    names.dedup();
    names
}

/// The same with gates before what they guard. What was approved begins without one.
fn with_gates(steps: Vec<Step>, gates: Gates) -> Vec<Step> {
    let guarded = |step: &Step| match gates {
        Gates::Each => step.acts(),
        Gates::Cluster => matches!(step.what, What::ControlPlane | What::RollBack),
        Gates::None => false,
    };
    let mut gated: Vec<Step> = Vec::with_capacity(steps.len());
    let mut is_first = true;
    for step in steps {
        if guarded(&step) {
            if !is_first {
                let gate = Step::new(step.minor, What::Gate);
                // The check stands behind its gate, so that what it finds is of the time when the person said so.
                let checked = gated.last().is_some_and(|last| last.what == What::Check);
                let place = gated.len() - usize::from(checked);
                gated.insert(place, gate);
            }
            is_first = false;
        }
        gated.push(step);
    }
    gated
}
