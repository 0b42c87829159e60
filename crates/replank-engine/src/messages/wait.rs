//! Waits: what is waited for, in one sentence.

use jiff::Timestamp;
use replank_core::names::{InstanceId, ObjectName, Zone};
use replank_core::node_group::wait::{On, Side, Wait};
use replank_core::observed::{Closing, Closure, LaunchTrouble, Lost, Placement, Tolerates};
use replank_core::pod_rules::LossKind;

use super::budget;
use super::fact::how_lost;
use super::join;
use super::list::{all, count, some};
use super::time::{clock, span};

/// A wait in one sentence, with names, numbers and times as of `now`.
pub fn describe(wait: &Wait, now: Timestamp) -> String {
    let waited = waited(wait, now).map(|waited| format!("waited {waited}"));
    let until = wait.until.map(|until| format!("until {}", clock(until, now)));
    let parts = [Some(subject(wait, now)), waited, again(wait, now), until];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What is in the way, without how long it has lasted and when it is tried again.
pub fn subject(wait: &Wait, now: Timestamp) -> String {
    let node = wait.node.as_ref().map_or("the node".to_owned(), |node| format!("node {node}"));
    match &wait.on {
        On::Reading { side, why } => format!("{} cannot be read ({why})", side_name(*side)),
        On::TemplateVersion => "the launch template version of the target is being made".to_owned(),
        On::GroupPointed => "the scaling group does not launch the wanted template version yet".to_owned(),
        On::SizesTaken => "the scaling group has not taken the sizes asked for yet".to_owned(),
        On::Unanswered => {
            "an earlier call to the scaling group got no answer and may still take effect".to_owned()
        }
        On::NodesJoining { joining, joining_count, unlaunched, zones_without } => {
            nodes_joining(joining, *joining_count, *unlaunched, zones_without)
        }
        On::NotJoining { instance, trouble } => {
            format!("instance {instance} does not join: {}", join::trouble(trouble))
        }
        On::Lost { instance, how, by } => {
            let named = wait.node.as_ref().map_or(String::new(), |node| format!(" (node {node})"));
            lost(&format!("{instance}{named}"), *how, by.as_deref())
        }
        On::Closed { closures } => {
            let closed: Vec<String> = closures.iter().map(|closure| closed_by(closure, now)).collect();
            format!("{node} is up and closed to pods: {}", closed.join(", "))
        }
        On::Launches { trouble, zone, failures, message } => {
            launches(*trouble, zone.as_ref(), *failures, message)
        }
        On::Guarding { nodes } => {
            format!("the guard against new pods is not seen on {} yet", count(*nodes, "old node"))
        }
        On::Unmarking { nodes } => {
            format!("marks of the update are still seen on {}", count(*nodes, "node"))
        }
        On::Cordon => format!("{node} is not seen cordoned yet"),
        On::Uncordoned { by } => {
            let by =
                by.as_ref().map_or("somebody whom the cluster does not name".to_owned(), ToString::to_string);
            let at = wait.since.map_or(String::new(), |at| format!(" at {}", clock(at, now)));
            format!("{node} was cordoned for its drain and opened by {by}{at}; it is cordoned again")
        }
        On::Replacements { missing, batch } => format!(
            "no further node is picked: {} not Ready yet and the batch is {batch}",
            if *missing == 1 { "1 replacement is".to_owned() } else { format!("{missing} replacements are") },
        ),
        On::Hold { reason } if reason.is_empty() => format!("{node} is on hold"),
        On::Hold { reason } => format!("{node} is on hold ({reason})"),
        On::DrainedByHand { by } => format!("{node} is being drained by hand ({by})"),
        On::Paused => "the update is paused".to_owned(),
        On::Budget(held) => budget::held(held, now),
        On::BudgetNever(held) => budget::never(held),
        On::Place { instance, placement, .. } => {
            format!("the group keeps its size: {}", place(instance, placement))
        }
        On::NoRoom { pod, more_pods, message } => {
            let more = if *more_pods == 0 { String::new() } else { format!(" and {more_pods} more") };
            let verb = if *more_pods == 0 { "finds" } else { "find" };
            format!("no further node is picked: pod {pod}{more} {verb} no room ({message})")
        }
        On::Occupied { instance, pod } => {
            format!("instance {instance} is not terminated: pod {pod} is on its node and has to leave first")
        }
        On::Deregistering => format!("{node} is drained and load balancers get time to notice"),
        On::InstanceLeaving { instance } => format!("instance {instance} is terminating"),
        On::TerminateRefused { instance, message } => {
            format!("terminating instance {instance} is refused ({message})")
        }
        of_pod => pod(of_pod, now),
    }
}

fn lost(instance: &str, how: Lost, by: Option<&str>) -> String {
    let then = if how == Lost::Unlabelled { "" } else { "; it is replaced if it stays so" };
    format!("instance {instance} had joined and is lost: {}{then}", how_lost(how, by))
}

/// What keeps pods off a node, who set it and when.
fn closed_by(closure: &Closure, now: Timestamp) -> String {
    let Closure { what, by, since } = closure;
    let what = match what {
        Closing::Cordon => "cordoned".to_owned(),
        Closing::Taint(taint) => format!("taint {taint}"),
    };
    let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
    let since = since.map_or(String::new(), |since| format!(" at {}", clock(since, now)));
    format!("{what}{by}{since}")
}

/// Waits of one pod, other than for its budget.
fn pod(on: &On, now: Timestamp) -> String {
    match on {
        On::BudgetFailed { pod, budget, message } => {
            format!("pod {pod} is held by budget {budget}, whose numbers cannot be worked out ({message})")
        }
        On::BudgetUnsynced { pod, budget } => {
            format!("pod {pod} is held: the status of budget {budget} does not follow its present spec yet")
        }
        On::ManyBudgets { pod, budgets } => many_budgets(pod, budgets),
        On::Webhook { pod, webhook, message } => {
            format!("the eviction of pod {pod} is refused by webhook {webhook} ({message})")
        }
        On::Throttled { pod, retry_after_seconds } => format!(
            "the eviction of pod {pod} waits because the API server asks for {retry_after_seconds} s of rest"
        ),
        On::EvictionRefused { pod, message } => {
            format!("the eviction of pod {pod} is refused ({message})")
        }
        On::EvictionSent { pod } => format!("pod {pod} was asked to leave and is not seen terminating yet"),
        On::Terminating { pod, grace_until } => {
            format!("pod {pod} is terminating, its grace ends at {}", clock(*grace_until, now))
        }
        On::StuckTerminating { pod, grace_until, finalizers } => {
            let held = match finalizers.len() {
                0 => "its node does not report its end".to_owned(),
                1 => format!("finalizer {} holds it", all(finalizers.iter())),
                _ => format!("finalizers {} hold it", all(finalizers.iter())),
            };
            format!("pod {pod} is stuck terminating past its grace of {}: {held}", clock(*grace_until, now))
        }
        On::JobRuns { pod, job } => format!("pod {pod} of Job {job} runs to its end"),
        On::LossRefused { pod, loss: LossKind::Pod } => {
            format!("pod {pod} stays: no controller would bring it back, and the rules refuse to lose it")
        }
        On::LossRefused { pod, loss: LossKind::EmptyDir } => {
            format!("pod {pod} stays: the content of its emptyDir would be lost, and the rules refuse that")
        }
        On::LossRefused { pod, loss: LossKind::PodAndEmptyDir } => format!(
            "pod {pod} stays: no controller would bring it back, and the content of its emptyDir would be lost; the \
             rules refuse both"
        ),
        On::ComesBack { pod, tolerates } => comes_back(pod, *tolerates),
        On::Reading { .. }
        | On::TemplateVersion
        | On::GroupPointed
        | On::SizesTaken
        | On::Unanswered
        | On::NodesJoining { .. }
        | On::NotJoining { .. }
        | On::Lost { .. }
        | On::Closed { .. }
        | On::Launches { .. }
        | On::Guarding { .. }
        | On::Unmarking { .. }
        | On::Cordon
        | On::Uncordoned { .. }
        | On::Replacements { .. }
        | On::Hold { .. }
        | On::DrainedByHand { .. }
        | On::Paused
        | On::Budget(_)
        | On::BudgetNever(_)
        | On::Deregistering
        | On::Place { .. }
        | On::NoRoom { .. }
        | On::Occupied { .. }
        | On::InstanceLeaving { .. }
        | On::TerminateRefused { .. } => String::new(),
    }
}

fn comes_back(pod: &ObjectName, tolerates: Tolerates) -> String {
    match tolerates {
        Tolerates::Everything => {
            format!("pod {pod} comes back at once: it tolerates every taint, the cordon's too")
        }
        Tolerates::Cordon => {
            format!(
                "pod {pod} comes back at once: it tolerates node.kubernetes.io/unschedulable, the cordon's taint"
            )
        }
        Tolerates::Nothing => format!(
            "pod {pod} came to the node after it was closed: whoever made it named the node, or the node was opened"
        ),
    }
}

/// Why a node cannot go without harm to pods or volumes.
pub(super) fn place(instance: &InstanceId, placement: &Placement) -> String {
    match placement {
        Placement::Found => format!("instance {instance} can go"),
        Placement::Lacking { pod, more_pods, message } => no_place(instance, pod, *more_pods, message),
        Placement::Stranded { zone, claim, more_claims } => {
            let more = if *more_claims == 0 { String::new() } else { format!(" and {more_claims} more") };
            format!("{}{more}", stranded(instance, zone, claim))
        }
        Placement::CannotTell(why) => places_unknown(instance, why),
    }
}

/// A pod that would find no place.
pub(super) fn no_place(instance: &InstanceId, pod: &ObjectName, more: u32, message: &str) -> String {
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("without instance {instance}, pod {pod}{more} would find no node ({message})")
}

/// A volume whose zone has no other schedulable node.
pub(super) fn stranded(instance: &InstanceId, zone: &Zone, claim: &ObjectName) -> String {
    format!(
        "{instance} is the last node that takes pods in zone {zone}, where the volume of claim {claim} is"
    )
}

/// The scheduler could not be asked.
pub(super) fn places_unknown(instance: &InstanceId, why: &str) -> String {
    format!("nobody can say where the pods of instance {instance} would go ({why})")
}

/// Name of a side for people.
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Cluster => "the Kubernetes API",
        Side::Cloud => "the scaling group",
    }
}

fn nodes_joining(joining: &[InstanceId], launched: u32, unlaunched: u32, zones: &[Zone]) -> String {
    let mut parts = Vec::new();
    if launched > 0 {
        let named = some(joining, launched);
        let verb = if launched == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} launched and not Ready yet ({named})", count(launched, "new node")));
    }
    if unlaunched > 0 {
        let verb = if unlaunched == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} not launched yet", count(unlaunched, "new node")));
    }
    if !zones.is_empty() {
        let (noun, verb) = if zones.len() == 1 { ("zone", "has") } else { ("zones", "have") };
        parts.push(format!("{noun} {} {verb} no Ready new node yet", all(zones)));
    }
    parts.join(", ")
}

fn launches(trouble: LaunchTrouble, zone: Option<&Zone>, failures: u32, message: &str) -> String {
    let place = zone.map_or(String::new(), |zone| format!(" in {zone}"));
    let cause = match trouble {
        LaunchTrouble::NoCapacity => "the zone has no capacity for the instance type",
        LaunchTrouble::Quota => "an account quota is used up",
        LaunchTrouble::NoAddresses => "the subnet has no free address",
        LaunchTrouble::ImageGone => "the image is gone or not shared",
        LaunchTrouble::Other => "the cloud refuses",
    };
    format!("launches{place} fail: {cause} ({} in a row, last: {message})", count(failures, "failure"))
}

fn many_budgets(pod: &ObjectName, budgets: &[ObjectName]) -> String {
    let which = match budgets.len() {
        0 => "more than one budget".to_owned(),
        many => format!("{many} budgets ({})", all(budgets)),
    };
    format!(
        "pod {pod} is selected by {which}, and the eviction API refuses such pods whatever the numbers say"
    )
}

/// How long it has been waited, where the sentence does not say so already.
fn waited(wait: &Wait, now: Timestamp) -> Option<String> {
    let told = match &wait.on {
        On::Budget(held) => held.unhealthy_count > 0,
        _ => false,
    };
    let length = now.duration_since(wait.since?);
    (!told && length.as_secs() > 0).then(|| span(length))
}

/// When and how often it is tried again, for waits that are retried.
fn again(wait: &Wait, now: Timestamp) -> Option<String> {
    let pause = span(wait.again?.duration_since(now));
    Some(match &wait.on {
        On::Budget(_) | On::BudgetNever(_) | On::BudgetFailed { .. } | On::BudgetUnsynced { .. } => {
            format!("tried again when the budget changes and at latest every {pause}")
        }
        On::ManyBudgets { .. } => {
            format!("tried again when the budgets change and at latest every {pause}")
        }
        On::Webhook { .. } | On::EvictionRefused { .. } | On::Throttled { .. } => {
            format!("tried again every {pause}")
        }
        On::ComesBack { .. } => format!("tried again at {}", clock(wait.again?, now)),
        // Nothing is tried: the wait ends when the world shows it, which is seen at once.
        _ => return None,
    })
}
