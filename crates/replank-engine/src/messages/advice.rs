//! Advice: what a person can do about a wait.

use replank_core::names::{InstanceId, NodeName, ObjectName};
use replank_core::node_group::wait::{BudgetWait, On, Side, Unhealthy, Wait};
use replank_core::observed::{Closing, Closure, GATED, LaunchTrouble, Lost, Placement, Readiness, Tolerates};
use replank_core::pod_rules::LossKind;

use super::budget::{expects_none, kubelet, unsynced};
use super::join;
use super::list::all;

/// The finalizer of pods that a Job has not counted yet.
const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// What a person can do about the wait; `None` where it only takes time.
pub fn advice(wait: &Wait) -> Option<String> {
    let node = wait.node.as_ref();
    match &wait.on {
        On::Reading { side, .. } => Some(reading(*side).to_owned()),
        On::Launches { trouble, zone, .. } => {
            Some(launches(*trouble, zone.as_ref().map_or("the zone", |zone| zone.as_str())))
        }
        On::NodesJoining { joining, joining_count, .. } if *joining_count > 0 => joining.first().map(boots),
        On::NotJoining { instance, trouble } => Some(join::advice(trouble, instance)),
        On::Lost { instance, how, .. } => Some(lost(*how, instance, node)),
        On::Closed { closures } => {
            let node = node.map_or("NODE", NodeName::as_str);
            Some(format!("It is not ours to open. When it may take pods: {}.", opening(closures, node)))
        }
        On::Uncordoned { .. } => Some(
            "Keep others from opening nodes that are drained: an autoscaler whose drain failed opens whatever node \
             it tried."
                .to_owned(),
        ),
        On::Hold { .. } => Some(format!(
            "Take the annotation off when the node may go: `kubectl annotate node {} replank.dev/hold-`.",
            node.map_or("NODE", NodeName::as_str),
        )),
        On::DrainedByHand { .. } => Some(
            "Other nodes go first. When that `replank drain` ends, the update takes the node; one that was killed is \
             forgotten 15 seconds after its last word."
                .to_owned(),
        ),
        On::Paused => Some("Resume the update when it may go on, or cancel it.".to_owned()),
        On::Budget(held) => Some(budget(held)),
        On::BudgetNever(held) => Some(budget_never(held)),
        On::BudgetUnsynced { budget, .. } => Some(unsynced(budget)),
        On::BudgetFailed { .. }
        | On::ManyBudgets { .. }
        | On::Webhook { .. }
        | On::EvictionRefused { .. }
        | On::StuckTerminating { .. }
        | On::JobRuns { .. }
        | On::LossRefused { .. }
        | On::ComesBack { .. } => pod(&wait.on),
        On::Place { placement, .. } => place(placement),
        On::NoRoom { pod, .. } => Some(format!(
            "Make room for pod {pod}, by smaller requests or a larger batch; it goes on when the pod has a node, or when \
             nothing under way could give it one."
        )),
        On::Occupied { pod, .. } => Some(format!(
            "Find out who put pod {pod} on a node that takes no new pods: {}",
            describe_pod(pod)
        )),
        On::TerminateRefused { instance, .. } => Some(format!(
            "Check the rights to terminate in the scaling group, and whether {instance} is protected from scale in."
        )),
        On::NodesJoining { .. }
        | On::TemplateVersion
        | On::GroupPointed
        | On::SizesTaken
        | On::Unanswered
        | On::Guarding { .. }
        | On::Unmarking { .. }
        | On::Cordon
        | On::Replacements { .. }
        | On::Throttled { .. }
        | On::EvictionSent { .. }
        | On::Terminating { .. }
        | On::Deregistering
        | On::InstanceLeaving { .. } => None,
    }
}

fn boots(instance: &InstanceId) -> String {
    format!(
        "If it takes long, look at the console output of {instance}: bootstrap script, route to the API server, node \
         role."
    )
}

fn reading(side: Side) -> &'static str {
    match side {
        Side::Cluster => "Check that the API server answers and that the credentials still hold.",
        Side::Cloud => "Check the cloud credentials, their rights and the cloud's health page.",
    }
}

fn place(placement: &Placement) -> Option<String> {
    match placement {
        Placement::Found => None,
        Placement::Lacking { pod, .. } => Some(format!(
            "Make room for pod {pod}, by smaller requests or a further node; else the group keeps its larger size."
        )),
        Placement::Stranded { zone, .. } => Some(format!(
            "Give zone {zone} another node that takes pods; else the group keeps its larger size."
        )),
        Placement::CannotTell(_) => Some(
            "Let the update read what the scheduler looks at: `replank rbac` prints the role.".to_owned(),
        ),
    }
}

fn lost(how: Lost, instance: &InstanceId, node: Option<&NodeName>) -> String {
    let node = node.map_or("the node", NodeName::as_str);
    match how {
        Lost::Deleted => format!(
            "A kubelet registers its node again only when it starts anew: restart it on {instance}, or let the group \
             replace the instance."
        ),
        Lost::NotReady | Lost::Silent => {
            format!(
                "Look at the kubelet of {node} and at {instance}; `kubectl describe node {node}` says more."
            )
        }
        Lost::Unlabelled => format!("Give {node} the labels of its group back."),
        Lost::Terminated => format!("Find out who terminates {instance}."),
    }
}

/// The commands that let pods on the node again.
fn opening(closures: &[Closure], node: &str) -> String {
    let command = |closure: &Closure| match &closure.what {
        Closing::Cordon => format!("`kubectl uncordon {node}`"),
        Closing::Taint(taint) => format!("`kubectl taint node {node} {taint}-`"),
    };
    closures.iter().map(command).collect::<Vec<_>>().join(" and ")
}

fn launches(trouble: LaunchTrouble, place: &str) -> String {
    match trouble {
        LaunchTrouble::NoCapacity => format!(
            "Give the group more instance types, or take {place} out of it; capacity may also come back by itself."
        ),
        LaunchTrouble::Quota => "Ask for a higher quota, or stop instances that nobody needs.".to_owned(),
        LaunchTrouble::NoAddresses => {
            format!("Free addresses in the subnet of {place}, or add a larger subnet to the group.")
        }
        LaunchTrouble::ImageGone => {
            "Share the image with the account again, or cancel and choose another release.".to_owned()
        }
        LaunchTrouble::Other => "Read the scaling group's activity history.".to_owned(),
    }
}

fn budget(held: &BudgetWait) -> String {
    match held.unhealthy.iter().find(|unhealthy| !unhealthy.terminating) {
        Some(unhealthy) => cure(unhealthy),
        None if held.unhealthy_count > 0 => {
            format!(
                "The pods that are leaving make room by themselves; a replica more under {} helps.",
                held.budget
            )
        }
        None => {
            format!("Add a replica to what budget {} covers, or relax its rule ({}).", held.budget, held.rule)
        }
    }
}

/// What makes an unhealthy pod healthy.
fn cure(unhealthy: &Unhealthy) -> String {
    let Unhealthy { pod, readiness, unschedulable, .. } = unhealthy;
    if unschedulable.is_some() {
        return format!("Make room for pod {pod}: {}", describe_pod(pod));
    }
    let why = match readiness {
        Readiness::Ready => None,
        Readiness::NotReady { why, .. } => why.as_deref(),
    };
    match why.map(|why| (kubelet(why), why)) {
        Some(("image cannot be pulled", _)) => {
            format!("Check the image name and the pull secret of pod {pod}: {}", describe_pod(pod))
        }
        Some((_, "CrashLoopBackOff")) => {
            format!(
                "Find out why pod {pod} ends: `kubectl -n {} logs {} --previous`.",
                pod.namespace, pod.name
            )
        }
        Some((_, why)) if why.starts_with(GATED) => {
            format!(
                "Find out who lifts scheduling gate {} of pod {pod}: {}",
                &why[GATED.len()..],
                describe_pod(pod)
            )
        }
        _ => format!("Find out why pod {pod} is not Ready: {}", describe_pod(pod)),
    }
}

fn budget_never(held: &BudgetWait) -> String {
    let BudgetWait { budget, rule, expected, .. } = held;
    if *expected == 0 {
        return expects_none(budget, rule);
    }
    format!(
        "Scale what budget {budget} covers to more than {expected}, or change its rule ({rule}): \
         `kubectl -n {} edit pdb {}`.",
        budget.namespace, budget.name
    )
}

fn pod(on: &On) -> Option<String> {
    Some(match on {
        On::BudgetFailed { budget, .. } => format!(
            "Give budget {budget} a whole number as minAvailable, or let it select only pods whose controller can be scaled."
        ),
        On::ManyBudgets { pod, budgets } if budgets.is_empty() => {
            format!("Leave one budget that selects pod {pod}.")
        }
        On::ManyBudgets { pod, budgets } => {
            format!("Leave one of {} that selects pod {pod}.", all(budgets))
        }
        On::Webhook { webhook, .. } => {
            format!("Ask whoever owns webhook {webhook}; it decides about evictions in this cluster.")
        }
        On::EvictionRefused { pod, .. } => {
            format!(
                "Try it by hand to see the whole answer: `echo '{{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\
                 \"metadata\":{{\"name\":\"{name}\"}}}}' | kubectl create --raw \
                 '/api/v1/namespaces/{namespace}/pods/{name}/eviction?dryRun=All' -f -`.",
                name = pod.name,
                namespace = pod.namespace,
            )
        }
        On::StuckTerminating { pod, finalizers, .. } if finalizers.is_empty() => {
            format!("Look at the node's kubelet: it does not report that pod {pod} ended.")
        }
        On::StuckTerminating { pod, finalizers, .. } if finalizers.iter().all(|it| &**it == JOB_TRACKING) => {
            format!(
                "The Job controller takes its finalizer off when it has counted pod {pod}: if it does not, look at \
                 kube-controller-manager."
            )
        }
        On::StuckTerminating { pod, finalizers, .. } => {
            format!(
                "Find the controller behind {} and why it does not release pod {pod}.",
                all(finalizers.iter())
            )
        }
        On::JobRuns { job, .. } => {
            format!("Nothing, if Job {job} ends in time; otherwise allow its eviction or suspend it.")
        }
        On::LossRefused { pod, loss: LossKind::Pod } => {
            format!("Delete pod {pod} yourself when it may be lost, or allow the loss of bare pods.")
        }
        On::LossRefused { pod, loss: LossKind::EmptyDir } => {
            format!("Delete pod {pod} yourself when its scratch volumes may be lost, or allow that loss.")
        }
        On::LossRefused { pod, loss: LossKind::PodAndEmptyDir } => format!(
            "Delete pod {pod} yourself when it and its scratch volumes may be lost, or allow the loss of bare pods and \
             that of emptyDir."
        ),
        On::ComesBack { pod, tolerates: Tolerates::Everything | Tolerates::Cordon } => format!(
            "Let the owner of pod {pod} tolerate less, or run it as a DaemonSet; with force the node goes with it."
        ),
        On::ComesBack { pod, tolerates: Tolerates::Nothing } => format!(
            "Let the owner of pod {pod} leave spec.nodeName to the scheduler; with force the node goes with it."
        ),
        _ => return None,
    })
}

fn describe_pod(pod: &ObjectName) -> String {
    format!("`kubectl -n {} describe pod {}`.", pod.namespace, pod.name)
}
