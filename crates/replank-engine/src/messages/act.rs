//! Actions and their answers, one line each.

use replank_core::action::{Action, CloudAction, ClusterAction, Leftovers, MarkNode, Replace};
use replank_core::observed::{Answer, Refused};

use super::fact::sizes;
use super::list::all;

/// What an action asks for, in the imperative.
pub fn act(action: &Action) -> String {
    match action {
        Action::Cloud(CloudAction::CreateVersion { template, content, .. }) => {
            format!("make a version of launch template {template} with image {}", content.image)
        }
        Action::Cloud(CloudAction::PointGroup { from, to }) => {
            format!("point the scaling group at template version {to} (was {from})")
        }
        Action::Cloud(CloudAction::SetSizes { from, to }) => {
            format!("set the sizes to {} (were {})", sizes(to), sizes(from))
        }
        Action::Cluster(ClusterAction::Mark(mark)) => marks(mark),
        Action::Cluster(ClusterAction::Cordon { node, .. }) => format!("cordon node {node}"),
        Action::Cluster(ClusterAction::Evict { pod, grace_seconds: None }) => {
            format!("evict pod {}", pod.name)
        }
        Action::Cluster(ClusterAction::Evict { pod, grace_seconds: Some(seconds) }) => {
            format!("evict pod {} with {seconds} s of grace", pod.name)
        }
        Action::Cluster(ClusterAction::Delete { pod }) => format!("delete pod {}", pod.name),
        Action::Cloud(CloudAction::Terminate { instance, replace, leftovers, with, .. }) => {
            let size = match replace {
                Replace::Yes => "the group replaces it",
                Replace::No => "desired goes down by one",
            };
            let pods = match leftovers {
                Leftovers::None => "",
                Leftovers::Doomed => ", with what will not end on it",
            };
            let names: Vec<_> = with.iter().map(|pod| &pod.name).collect();
            let back = if names.is_empty() {
                String::new()
            } else {
                format!(", with {} that came back", all(names))
            };
            format!("terminate instance {instance}{pods}{back}; {size}")
        }
    }
}

/// The answer to an action: `done`, `not yet: ...`, `impossible: ...` or `unknown: ...`.
pub fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::NotYet(refused) => format!("not yet: {}", self::refused(refused)),
        Answer::Impossible(message) => format!("impossible: {message}"),
        Answer::CannotTell(message) => format!("unknown: {message}"),
    }
}

/// Why an action was refused for now.
pub fn refused(refused: &Refused) -> String {
    match refused {
        Refused::BudgetUnsynced { retry_after_seconds } => {
            format!("the budget's status is older than its spec, try again in {retry_after_seconds} s")
        }
        Refused::ManyBudgets { budgets } if budgets.is_empty() => {
            "more than one budget selects the pod".to_owned()
        }
        Refused::ManyBudgets { budgets } => format!("several budgets select the pod ({})", all(budgets)),
        Refused::Throttled { retry_after_seconds } => {
            format!("asked to slow down, try again in {retry_after_seconds} s")
        }
        Refused::Webhook { webhook, message } => format!("webhook {webhook} refuses: {message}"),
        Refused::Occupied { pod } => format!("pod {pod} is on the node and has to leave first"),
        Refused::Budget { message } | Refused::Changed { message } | Refused::Other { message } => {
            message.clone()
        }
    }
}

fn marks(mark: &MarkNode) -> String {
    let name = format!("node {}", mark.node);
    let mut object = name.as_str();
    let mut parts = Vec::new();
    let orders = [
        (mark.marks.guard, ["guard ", ""], ["unguard ", ""]),
        (mark.marks.cordon, ["cordon ", ""], ["uncordon ", ""]),
        (mark.marks.exclude, ["take ", " out of load balancers"], ["put ", " back into load balancers"]),
        (mark.marks.keep, ["keep ", " from autoscalers"], ["let autoscalers have ", " again"]),
    ];
    for (mark, set, take) in orders {
        let Some(mark) = mark else { continue };
        let [before, after] = if mark { set } else { take };
        parts.push(format!("{before}{object}{after}"));
        object = "it";
    }
    parts.join(" and ")
}
