//! What is said of the upgrade of a whole cluster: its steps, facts, waits and problems. The words for a control plane are
//! eksctl's.

use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::event::{Fact, How};
use replank_core::cluster_upgrade::observed::{CheckFinding, State};
use replank_core::cluster_upgrade::plan::{Step, What};
use replank_core::cluster_upgrade::problem::{Outcome, Problem, Stop};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::wait::{Finding, On};
use replank_core::names::UpdateId;
use replank_core::version::Minor;

use super::list::{count as counted, some};
use super::time::span;

/// What a step does, as the end of the sentence "would ...".
pub fn does(step: &Step) -> String {
    let to = step.minor;
    match &step.what {
        What::Gate => "wait for your word: replank resume".to_owned(),
        What::Check => format!("check whether {to} is in reach"),
        What::ControlPlane => {
            format!("upgrade the control plane from {} to {to}", Minor(to.0.saturating_sub(1)))
        }
        What::OwnControlPlane => {
            format!("wait until the control plane runs {to}: whoever owns it upgrades it")
        }
        What::RollBack => format!("roll the control plane back from {} to {to}", to.next()),
        What::AddOn(name) => format!("update add-on {name} to its version for {to}"),
        What::OwnAddOn(name) => format!("change the objects of {name} to its version for {to}"),
        What::NodeGroup(name) => {
            format!("replace the nodes of node group {name} by nodes of {to}, one first")
        }
        What::Fargate => format!("have the pods on Fargate made again at {to}"),
    }
}

/// What a step may disturb.
pub fn disturbs(step: &Step) -> &'static str {
    match &step.what {
        What::Gate | What::Check => "nothing",
        What::ControlPlane | What::OwnControlPlane | What::RollBack => {
            "connections to the Kubernetes API are cut now and then; nothing that runs"
        }
        What::AddOn(_) | What::OwnAddOn(_) => "its own pods restart",
        What::NodeGroup(_) => "pods move to other nodes, as their disruption budgets allow",
        What::Fargate => "pods restart, as their disruption budgets allow",
    }
}

/// Which check guards a step.
pub fn guard(step: &Step) -> &'static str {
    match &step.what {
        What::Gate => "you",
        What::Check => "changes nothing",
        What::ControlPlane | What::OwnControlPlane => {
            "kubelets, kube-proxy and pods on Fargate near enough, a version of every add-on"
        }
        What::RollBack => "no kubelet newer than the control plane, and seven days since it went up",
        What::AddOn(_) => "a version that the service offers for the minor",
        What::OwnAddOn(_) => "all of its pods available, or it is put back as it was",
        What::NodeGroup(_) => "a new node that is Ready and runs a pod before the rest follows",
        What::Fargate => "of each owner one pod at a time, and the one before Ready again",
    }
}

/// A fact, as the end of a sentence that begins with its time.
pub fn fact(upgrade: &Upgrade, fact: &Fact) -> String {
    let step = |number: &u32| upgrade.steps().get(*number as usize);
    let does = |number: &u32| step(number).map_or_else(|| format!("step {number}"), does);
    let checked = |number: &u32| step(number).filter(|step| step.what == What::Check).map(|step| step.minor);
    let is_gate = |number: &u32| step(number).is_some_and(|step| step.what == What::Gate);
    if let Fact::Passed { step, .. } = fact
        && let Some(minor) = checked(step)
    {
        return format!("checked: {minor} is in reach");
    }
    match fact {
        Fact::Began { step } if is_gate(step) => "at a gate; it goes on with: replank resume".to_owned(),
        Fact::Began { step } => format!("begins to {}", does(step)),
        Fact::Passed { step, how: How::Done } => format!("done: {}", does(step)),
        Fact::Passed { step, how: How::NothingToDo } => format!("nothing to do: {}", does(step)),
        Fact::ChildHeld { .. } => "the node group's update is held".to_owned(),
        Fact::ChildReleased { .. } => "the node group's update goes on".to_owned(),
        Fact::CanaryServed { .. } => "the first new node is Ready and runs a pod".to_owned(),
        Fact::Relaunched { pod, .. } => format!("evicts pod {pod}, which Fargate launches again"),
        Fact::Stopped { step, why } => format!("stopped: {}: {}", does(step), stop(why)),
        Fact::Paused => "a person paused it".to_owned(),
        Fact::Resumed => "a person lets it go on".to_owned(),
        Fact::Cancelled => "a person cancelled it".to_owned(),
        Fact::Finished { outcome: Outcome::Succeeded } => {
            format!("the cluster is at {}", upgrade.spec().to)
        }
        Fact::Finished { outcome: Outcome::Cancelled } => "it is cancelled".to_owned(),
    }
}

/// Why a step stopped.
pub fn stop(why: &Stop) -> String {
    match why {
        Stop::Refused { message } => format!("it was refused: {message}"),
        Stop::Failed { update, message } => format!("update {update} failed: {message}"),
        Stop::ChildCancelled { update } => format!("update {update} was cancelled"),
        Stop::CanaryIdle { group } => {
            format!("the first new node of node group {group} is Ready and no pod runs on it")
        }
        Stop::NoAddOnVersion { add_on, minor } => {
            format!("there is no version of add-on {add_on} for {minor}")
        }
        Stop::MovedOn { minor } => format!("the control plane runs {minor} already"),
    }
}

/// What is waited for.
pub fn wait(on: &On, now: Timestamp, until: Option<Timestamp>) -> String {
    let by = |update: &Option<UpdateId>| update.as_ref().map_or(String::new(), |id| format!(", update {id}"));
    match on {
        On::Reading { why } => format!("the cluster cannot be read: {why}"),
        On::Finding(found) => finding(found),
        On::Check { minor } => format!("everything in the cluster is being checked for {minor}"),
        On::ClusterBusy { state } => format!("the cluster is {}", busy(state)),
        On::ControlPlane { to, update } => format!("the control plane moves to {to}{}", by(update)),
        On::ControlPlaneByOwner { version, to } => {
            format!("the API server is at {version}; its owner has to bring the control plane to {to}")
        }
        On::OwnAddOn { add_on, version, why } => {
            let far = if why.is_empty() { String::new() } else { format!(": {why}") };
            let patience = until.map(|until| span(until.duration_since(now).max(SignedDuration::ZERO)));
            let back =
                patience.map(|left| format!("; put back in {left} if it stays so")).unwrap_or_default();
            format!("{add_on} moves to {version}{far}{back}")
        }
        On::AddOn { add_on, version, update } => format!("add-on {add_on} moves to {version}{}", by(update)),
        On::GroupBusy { group, state } => format!("node group {group} is {}", busy(state)),
        On::Child { group, update, replaced, left } => {
            format!("node group {group}: {replaced} of {} old nodes replaced{}", replaced + left, by(update))
        }
        On::ChildPaused { group, update } => {
            format!("update {update} of node group {group} is paused by somebody")
        }
        On::ChildEnding { group, update } => format!("update {update} of node group {group} ends"),
        On::Canary { group, minor, nodes, ready } => {
            let patience = until.map(|until| format!(", for {} more", span(until.duration_since(now))));
            format!(
                "node group {group}: the first node of {minor} has to be Ready and to run a pod; {ready} of {nodes} \
                 are Ready{}",
                patience.unwrap_or_default()
            )
        }
        On::ByHand { group, minor, behind, .. } => {
            format!("node group {group}: its owner brings {} to {minor}", counted(*behind, "node"))
        }
        On::FargateBehind { pods, count } => {
            format!("{} on Fargate behind the control plane: {}", counted(*count, "pod"), some(pods, *count))
        }
        On::FargateStarting { pods, count } => {
            format!("{} on Fargate not Ready yet: {}", counted(*count, "pod"), some(pods, *count))
        }
        On::FargateHeld { pod, budget } => {
            format!("pod {pod} on Fargate: budget {budget} lets no pod go now")
        }
        On::FargateAlone { pods, count } => {
            format!("{} on Fargate that nothing makes again: {}", counted(*count, "pod"), some(pods, *count))
        }
        On::Gate { next, minor } => {
            format!("at a gate; behind it: {}", does(&Step { minor: *minor, what: next.clone() }))
        }
        On::Stopped { why, .. } => format!("it stopped: {}", stop(why)),
        On::Paused => "it is paused".to_owned(),
    }
}

fn busy(state: &State) -> String {
    match state {
        State::AtRest => "at rest".to_owned(),
        State::Busy { status, update: Some(update) } => format!("{status} by update {update}"),
        State::Busy { status, update: None } => status.clone(),
    }
}

/// What to do about a wait; `None` where it goes by.
pub fn advice(on: &On) -> Option<String> {
    match on {
        On::Reading { .. } => Some("Nothing is begun until it answers.".to_owned()),
        On::Finding(found) => Some(finding_advice(found)),
        On::ChildPaused { update, .. } => Some(format!("Let it go on with: replank resume {update}")),
        On::ControlPlaneByOwner { to, .. } => Some(format!(
            "Bring it there with the tools that made it (kubeadm upgrade apply, or your provider's), every API server and \
             then controller manager and scheduler; it goes on by itself once the API server says {to}."
        )),
        On::ByHand { minor, is_of_service: false, .. } => Some(format!(
            "Bring its nodes to kubelets of {minor} with the tools that made them; replank drain NODE --approve empties \
             one. It goes on by itself then."
        )),
        On::ByHand { group, .. } => Some(format!(
            "It has an image of its own: make a launch template version for the minor, then replank upgrade nodegroup \
             {group} --launch-template-version N --approve"
        )),
        On::FargateHeld { pod, budget } => Some(format!(
            "Let it allow one pod to go, or run one pod more: kubectl describe pdb {budget} -n {}",
            pod.namespace
        )),
        On::FargateAlone { .. } => {
            Some("Delete each and create it anew: kubectl replace --force -f FILE".to_owned())
        }
        On::FargateStarting { .. } => Some(
            "See what one lacks: kubectl describe pod. It goes on by itself once they are Ready.".to_owned(),
        ),
        On::Gate { .. } => Some("Go on with: replank resume; end it with: replank cancel".to_owned()),
        On::Stopped { why, .. } => Some(stop_advice(why)),
        On::Paused => Some("Go on with: replank resume".to_owned()),
        On::Check { .. }
        | On::ClusterBusy { .. }
        | On::ControlPlane { .. }
        | On::AddOn { .. }
        | On::OwnAddOn { .. }
        | On::GroupBusy { .. }
        | On::Child { .. }
        | On::FargateBehind { .. }
        | On::ChildEnding { .. }
        | On::Canary { .. } => None,
    }
}

fn stop_advice(why: &Stop) -> String {
    let what = match why {
        Stop::Refused { .. } | Stop::Failed { .. } => "Mend what it names",
        Stop::ChildCancelled { .. } => "Find out why",
        Stop::CanaryIdle { .. } => "See what the node lacks (kubectl describe node)",
        Stop::NoAddOnVersion { .. } => "Remove the add-on, or wait for a version",
        Stop::MovedOn { .. } => "Cancel this upgrade, and plan another from where the cluster is",
    };
    format!("{what}; then the step is tried again with: replank resume. End it with: replank cancel")
}

/// Why a control plane may not move.
pub fn finding(found: &Finding) -> String {
    match found {
        Finding::NodesBehind { group, minor, control_plane, count } => format!(
            "node group {group}: {} of {minor} have to be at {control_plane} first, as the control plane is",
            counted(*count, "node")
        ),
        Finding::NodesAhead { group, minor, control_plane, count } => format!(
            "node group {group}: {} of {minor} would be newer than the control plane of {control_plane}",
            counted(*count, "node")
        ),
        Finding::KubeletsTooOld { group, minor, oldest, count } => format!(
            "node group {group}: {} of {minor} would be too old; the oldest kubelet that may serve then is {oldest}",
            counted(*count, "node")
        ),
        Finding::NoAddOnVersion { add_on, minor } => format!("add-on {add_on} has no version for {minor}"),
        Finding::KubeProxyTooOld { version, minor } => {
            format!("kube-proxy {version} is too old for a control plane of {minor}")
        }
        Finding::FargateBehind { count } => {
            format!("{} on Fargate behind the control plane, and EKS refuses then", counted(*count, "pod"))
        }
        Finding::Blocks(found) => check_finding(found),
    }
}

fn finding_advice(found: &Finding) -> String {
    match found {
        Finding::NodesBehind { group, .. } | Finding::KubeletsTooOld { group, .. } => {
            format!(
                "Bring them along: replank upgrade nodegroup {group} --approve. It goes on by itself then."
            )
        }
        Finding::NodesAhead { group, control_plane, .. } => format!(
            "Bring them back: replank upgrade nodegroup {group} --kubernetes-version {control_plane} --approve. It goes on \
             by itself then."
        ),
        Finding::NoAddOnVersion { add_on, .. } => {
            format!("Remove add-on {add_on}, or wait for a version. It goes on by itself then.")
        }
        Finding::KubeProxyTooOld { .. } => "Update add-on kube-proxy. It goes on by itself then.".to_owned(),
        Finding::FargateBehind { .. } => {
            "Let each be made again: kubectl rollout restart deployment NAME. It goes on by itself then."
                .to_owned()
        }
        Finding::Blocks(CheckFinding { check, advice, .. }) => format!(
            "{advice} It goes on by itself then. To live with it, cancel, and begin again with --accept {check}"
        ),
    }
}

/// What the check of everything in the cluster found.
pub fn check_finding(found: &CheckFinding) -> String {
    let CheckFinding { check, object, evidence, .. } = found;
    format!("{check}: {object}: {evidence}")
}

/// Something a person should know.
pub fn problem(found: &Problem, now: Timestamp) -> String {
    match found {
        Problem::Late { what, since } => {
            let what = match what {
                What::ControlPlane | What::OwnControlPlane | What::RollBack => "the control plane".to_owned(),
                What::AddOn(name) | What::OwnAddOn(name) => format!("add-on {name}"),
                What::NodeGroup(name) => format!("node group {name}"),
                What::Gate | What::Check | What::Fargate => "the step".to_owned(),
            };
            format!(
                "{what} has been at it for {}, longer than it ever should",
                span(now.duration_since(*since))
            )
        }
        Problem::Breaks { first, count, minor } => {
            let others = match count - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            format!(
                "with {minor} stops working {}{others}; all: replank check --target {minor}",
                check_finding(first)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::upgrade_spec_for_tests as spec;
    use replank_core::cluster_upgrade::spec::{Mover, Spec};
    use replank_core::names::ObjectName;

    #[test]
    fn facts_and_waits_read_as_written() {
        let now = Timestamp::UNIX_EPOCH;
        let by_owner = Spec { fargate_profiles: Vec::new(), own_add_ons: Vec::new(), ..spec() };
        let by_service = Spec { control_plane: Mover::Service, ..by_owner.clone() };
        let upgrade = Upgrade::new(by_owner, now);
        assert_eq!(
            fact(&upgrade, &Fact::Began { step: 1 }),
            "begins to wait until the control plane runs 1.33: whoever owns it upgrades it"
        );
        let upgrade = Upgrade::new(by_service, now);
        let told = |found| fact(&upgrade, &found);
        assert_eq!(told(Fact::Passed { step: 0, how: How::NothingToDo }), "checked: 1.33 is in reach");
        assert_eq!(told(Fact::Began { step: 1 }), "begins to upgrade the control plane from 1.32 to 1.33");
        let why = Stop::Failed { update: "u".into(), message: "a budget".into() };
        assert_eq!(
            told(Fact::Stopped { step: 3, why: why.clone() }),
            "stopped: replace the nodes of node group a by nodes of 1.33, one first: update u failed: a budget"
        );
        let stopped = On::Stopped { what: What::NodeGroup("a".into()), why };
        assert_eq!(wait(&stopped, now, None), "it stopped: update u failed: a budget");
        assert_eq!(
            advice(&stopped).unwrap(),
            "Mend what it names; then the step is tried again with: replank resume. End it with: replank cancel"
        );
        let child = On::Child { group: "a".into(), update: Some("u".into()), replaced: 1, left: 2 };
        assert_eq!(wait(&child, now, None), "node group a: 1 of 3 old nodes replaced, update u");
    }

    #[test]
    fn what_only_a_person_can_end_says_how() {
        let minor = Minor(33);
        for on in [
            On::Paused,
            On::Gate { next: What::ControlPlane, minor },
            On::ChildPaused { group: "a".into(), update: "u".into() },
            On::ByHand { group: "a".into(), minor, behind: 1, is_of_service: true },
            On::ByHand { group: "a".into(), minor, behind: 1, is_of_service: false },
            On::ControlPlaneByOwner { version: "v1.32.1".into(), to: minor },
            On::Finding(Finding::NoAddOnVersion { add_on: "coredns".into(), minor }),
            On::Finding(Finding::Blocks(CheckFinding {
                check: "budget-never-allows".into(),
                object: "PodDisruptionBudget shop/web".into(),
                evidence: "minAvailable is 2 of 2 pods".into(),
                advice: "Let it allow one pod to go.".into(),
            })),
            On::FargateAlone { pods: Vec::new(), count: 1 },
            On::FargateHeld { pod: ObjectName::new("shop", "web-0"), budget: "web".into() },
        ] {
            assert!(
                advice(&on).is_some_and(|advice| advice.contains("replank ")
                    || advice.contains("kubectl ")
                    || advice.contains("by itself")),
                "{on:?}"
            );
        }
    }
}
