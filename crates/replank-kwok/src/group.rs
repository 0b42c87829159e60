//! All nodes of a group at once: their state, and draining them before the group is deleted.

use jiff::{SignedDuration, Timestamp};
use replank_core::action::{ClusterAction, MarkNode, Marking};
use replank_core::names::InstanceId;
use replank_core::node_group::decide::{Evacuation, evacuate};
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::On;
use replank_core::observed::{Answer, Answers, Hold, Node, Observation, Refused};
use replank_engine::executor::on_cluster;
use replank_engine::messages;
use replank_engine::ports::ReadError;
use replank_engine::turn::Settings;
use replank_kube::cache::NodeSummary;
use replank_kube::{KubeClusterPort, WallClock};
use replank_service::ports::ActError;
use replank_world::shared::Shared;

use crate::KwokAccount;

/// One step of draining a whole group: its nodes are cordoned, and pods on cordoned nodes are evicted as their budgets
/// allow. Returns how many pods have not left yet, an uncordoned node counted as one. It is an error as long as there
/// is a pod whose loss the rules refuse, so that the group is not deleted with it.
pub(crate) async fn drain(account: &KwokAccount, group: &str) -> Result<u32, ActError> {
    let failed = |error: ReadError| ActError(error.to_string());
    let mut side = account.cluster().port(group);
    let mut seen = Observation::default();
    side.look_for_drains();
    side.read_once(&mut seen).await.map_err(failed)?;
    let nodes: Vec<Node> = seen.members.iter().filter_map(|(_, member)| member.node.clone()).collect();
    refuse_drained(&nodes)?;
    let open = nodes.iter().filter(|node| !node.cordoned).map(|node| {
        let (name, uid, instance) = (node.name.clone(), node.uid, node.instance.clone());
        let marks = Marking { cordon: Some(true), ..Marking::default() };
        ClusterAction::Mark(MarkNode { node: name, uid, instance, marks })
    });
    act(&side, open.collect()).await?;
    let now = Timestamp::now();
    let evacuation = Evacuation {
        nodes: nodes.iter().map(|node| (node.name.clone(), (now, None))).collect(),
        rules: account.rules.pods,
        limits: Limits::default(),
    };
    let evacuated = evacuate(&evacuation, &seen, now);
    // What was open is closed already, with a note that it was we who did it.
    let moves = evacuated.act.iter().filter(|act| !matches!(act, ClusterAction::Cordon { .. }));
    act(&side, moves.cloned().collect()).await?;
    if let Some(kept) = evacuated.waits.iter().find(|it| matches!(it.on, On::LossRefused { .. })) {
        return Err(ActError(format!("node group {group} is kept: {}", messages::subject(kept, now))));
    }
    // Pods may come to an open node until it is seen closed, so it counts as one.
    let left = evacuated.left.values().sum::<usize>() + evacuated.open.len();
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

/// Error if a node is being drained by hand: its instance is terminated only when that drain has ended.
fn refuse_drained(nodes: &[Node]) -> Result<(), ActError> {
    let drained = nodes.iter().find_map(|node| match &node.hold {
        Some(Hold::Drain { by, since }) => Some((&node.name, by, since)),
        Some(Hold::Person { .. }) | None => None,
    });
    let Some((name, by, since)) = drained else { return Ok(()) };
    Err(ActError(format!(
        "node {name} is being drained by hand ({by}) since {since}; the deletion waits until it ends"
    )))
}

/// Running and pending instances of a group, with their launch times.
pub(crate) fn launched(cloud: &Shared, group: &str) -> Vec<(Timestamp, InstanceId)> {
    let world = cloud.lock();
    let Some(number) = world.cloud.group_of(group) else { return Vec::new() };
    let all = world.cloud.group(number).launched();
    all.map(|(at, number)| (at.into(), InstanceId::new(world.cloud.instance(number).id.clone()))).collect()
}

/// Instances without a node when `join` has passed since their launch, and those whose node was not Ready by then and
/// still is not. A node that was Ready and is lost later is in neither list.
pub(crate) fn overdue(
    launched: &[(Timestamp, InstanceId)],
    standing: &[NodeSummary],
    join: SignedDuration,
    now: Timestamp,
) -> (Vec<String>, Vec<String>) {
    let (mut late, mut unready) = (Vec::new(), Vec::new());
    for (at, instance) in launched.iter().filter(|(at, _)| *at + join < now) {
        match standing.iter().find(|node| node.instance == *instance) {
            None => late.push(instance.to_string()),
            Some(node) if !node.is_ready && node.since.is_none_or(|since| since <= *at + join) => {
                unready.push(instance.to_string());
            }
            Some(_) => {}
        }
    }
    (late, unready)
}

/// Status as in `kubectl get nodes`.
pub(crate) fn status(node: &NodeSummary, terminates: bool) -> String {
    let mut words = vec![if node.is_ready { "Ready" } else { "NotReady" }];
    if node.is_cordoned {
        words.push("SchedulingDisabled");
    }
    if terminates {
        words.push("Terminating");
    }
    words.join(",")
}

/// Performs actions. What is refused for now is tried again in the next step; only what cannot succeed is an error.
async fn act(side: &KubeClusterPort, acts: Vec<ClusterAction>) -> Result<(), ActError> {
    let clock = WallClock::new(Vec::new());
    for (_, answer) in on_cluster(&acts, side, &clock, Settings::default(), &mut Answers::default()).await {
        match answer {
            Answer::Impossible(why) | Answer::NotYet(Refused::Other { message: why }) => {
                return Err(ActError(why));
            }
            Answer::Done | Answer::NotYet(_) | Answer::CannotTell(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use replank_core::names::{NodeName, Uid};

    use super::*;

    #[test]
    fn what_is_not_ready_in_time_is_told_until_it_is_or_goes() {
        let at = |second: i64| Timestamp::from_second(second).unwrap_or_default();
        let join = SignedDuration::from_secs(100);
        let node = |instance: &str, is_ready, since| NodeSummary {
            name: NodeName::from(instance),
            uid: Uid(1),
            instance: InstanceId::from(instance),
            is_ready,
            since: Some(at(since)),
            is_cordoned: false,
            kubelet: "".into(),
            group: None,
            pool: None,
            is_of_control_plane: false,
            pods: 0,
        };
        let launched: Vec<_> =
            ["absent", "never", "served"].map(|name| (at(0), InstanceId::from(name))).into();
        let standing = [node("never", false, 10), node("served", false, 150)];
        let told = |launched: &[_], standing: &[_], now| overdue(launched, standing, join, at(now));
        assert_eq!(told(&launched, &standing, 100), (vec![], vec![]), "there is time yet");
        let both = (vec!["absent".to_owned()], vec!["never".to_owned()]);
        assert_eq!(told(&launched, &standing, 200), both);
        let joined = [node("absent", true, 201), node("never", true, 202), node("served", false, 150)];
        assert_eq!(told(&launched, &joined, 203), (vec![], vec![]));
        assert_eq!(told(&launched[2..], &standing, 200), (vec![], vec![]), "gone from the group");
    }
}
