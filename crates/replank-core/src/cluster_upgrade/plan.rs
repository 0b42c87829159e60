//! An upgrade as a list of steps, in the order of the published reports on what goes wrong: checks, control plane,
//! kube-proxy, CoreDNS, network plug-in, other add-ons, node groups, Fargate; then the next minor.

use jiff::SignedDuration;

use super::spec::{Gates, Mover, PlannedGroup, Spec};
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
    /// Waits until the owner of the control plane moved it.
    OwnControlPlane,
    /// Moves the control plane back to the minor before.
    RollBack,
    /// Lets the service move an add-on.
    AddOn(AddOnName),
    /// Changes the objects of an add-on that is its owner's, and puts them back when it does not become available.
    OwnAddOn(AddOnName),
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
            // How long an owner takes, nobody knows.
            What::Gate | What::Check | What::Fargate | What::OwnControlPlane => SignedDuration::ZERO,
            What::ControlPlane | What::RollBack => CONTROL_PLANE,
            What::AddOn(_) | What::OwnAddOn(_) => ADD_ON,
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
            What::ControlPlane
            | What::OwnControlPlane
            | What::RollBack
            | What::AddOn(_)
            | What::OwnAddOn(_)
            | What::NodeGroup(_)
            | What::Fargate => true,
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
    let is_early = |what: &What| matches!(what, What::AddOn(name) if (name.as_str(), minor) == DRIVER);
    let (early, late): (Vec<What>, Vec<What>) = add_ons(spec).into_iter().partition(is_early);
    early.into_iter().for_each(&mut put);
    put(match spec.control_plane {
        Mover::Service => What::ControlPlane,
        Mover::Owner => What::OwnControlPlane,
    });
    late.into_iter().for_each(&mut put);
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

/// The add-ons in their order, whoever moves them. What the service manages is no longer its owner's.
fn add_ons(spec: &Spec) -> Vec<What> {
    let of_service = spec.add_ons.iter().map(|name| (name, true));
    let own = spec.own_add_ons.iter().filter(|name| !spec.add_ons.contains(name)).map(|name| (name, false));
    let mut all: Vec<(&AddOnName, bool)> = of_service.chain(own).collect();
    let place = |name: &AddOnName| FIRST.iter().position(|first| *first == name.as_str());
    all.sort_by_key(|(name, _)| (place(name).unwrap_or(FIRST.len()), (*name).clone()));
    all.dedup();
    let what = |(name, is_of_service): (&AddOnName, bool)| {
        if is_of_service { What::AddOn(name.clone()) } else { What::OwnAddOn(name.clone()) }
    };
    all.into_iter().map(what).collect()
}

/// The same with gates before what they guard. What was approved begins without one.
fn with_gates(steps: Vec<Step>, gates: Gates) -> Vec<Step> {
    let guarded = |step: &Step| match gates {
        Gates::Each => step.acts(),
        Gates::Cluster => {
            matches!(step.what, What::ControlPlane | What::OwnControlPlane | What::RollBack)
        }
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
