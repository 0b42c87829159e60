//! Performing: each act through its port, a few at once, within its deadline, answered by one of four answers.

use futures_util::{StreamExt, stream};
use replank_core::action::{Action, Leftovers, PodId};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod, Pods, Refused};
use replank_core::safety::budget::surely_free;
use replank_core::safety::fate::may_terminate;
use replank_core::spec::PodRules;

use crate::clock::Clock;
use crate::ports::{Cloud, Cluster};
use crate::probe::{Boundary, Probe, Stopped};
use crate::turn::{Around, Settings, Update};

/// Performs the acts and remembers the answers. Neighbours of one kind are under way together; the next kind begins
/// when they are answered. Ports that answer at once see the acts in their order.
pub(crate) async fn all<C: Cluster, K: Cloud, T: Clock, P: Probe>(
    update: &mut Update<C, K>,
    acts: &[Action],
    around: &Around<'_, T, P>,
) -> Result<Vec<(Action, Answer)>, Stopped> {
    let mut performed = Vec::with_capacity(acts.len());
    let kind = std::mem::discriminant::<Action>;
    for of_a_kind in acts.chunk_by(|one, next| kind(one) == kind(next)) {
        let Update { recorded, seen, cluster, cloud, .. } = &mut *update;
        let Observation { answers, pods, .. } = seen;
        let hands = Hands {
            cluster: &*cluster,
            cloud: &*cloud,
            clock: around.clock,
            probe: around.probe,
            rules: &recorded.rollout.spec().pods,
            pods,
            settings: around.settings,
        };
        let mut under_way = stream::iter(of_a_kind)
            .map(|action| hands.perform(action))
            .buffered(around.settings.acts_max.max(1));
        while let Some(done) = under_way.next().await {
            let (action, answer) = done?;
            answers.put(action.key(), answer.clone(), around.clock.now());
            performed.push((action.clone(), answer));
        }
    }
    Ok(performed)
}

/// Asks where the pods of these nodes would go, and remembers the answers.
pub(crate) async fn place<C: Cluster, K: Cloud, T: Clock, P>(
    update: &mut Update<C, K>,
    nodes: &[NodeName],
    around: &Around<'_, T, P>,
) {
    let limit = around.settings.deadlines.place;
    for node in nodes {
        let placement = around.clock.within(limit, update.cluster.place(node)).await;
        let placement = placement.unwrap_or_else(|elapsed| Placement::CannotTell(elapsed.to_string()));
        update.seen.placements.put(node.clone(), placement, around.clock.now());
    }
}

/// What an act is performed with.
struct Hands<'a, C, K, T, P> {
    cluster: &'a C,
    cloud: &'a K,
    clock: &'a T,
    probe: &'a P,
    rules: &'a PodRules,
    /// The pods as they were seen, with the budgets over them.
    pods: &'a Pods,
    settings: Settings,
}

impl<C: Cluster, K: Cloud, T: Clock, P: Probe> Hands<'_, C, K, T, P> {
    async fn perform<'a>(&self, action: &'a Action) -> Result<(&'a Action, Answer), Stopped> {
        self.probe.reach(Boundary::Performing(action))?;
        let answer = self.answer(action).await;
        self.probe.reach(Boundary::Performed(action, &answer))?;
        Ok((action, answer))
    }

    async fn answer(&self, action: &Action) -> Answer {
        let limit = self.settings.deadlines.perform;
        let answer = match action {
            Action::Mark(_) | Action::Cordon { .. } | Action::Evict { .. } | Action::Delete { .. } => {
                self.clock.within(limit, self.cluster.perform(action)).await
            }
            Action::Terminate { node, leftovers, with, .. } => {
                if let Some(node) = node
                    && let Err(refused) = self.look_again(node, *leftovers, with).await
                {
                    return Answer::NotYet(refused);
                }
                self.clock.within(limit, self.cloud.perform(action)).await
            }
            Action::CreateVersion { .. } | Action::PointGroup { .. } | Action::SetSizes { .. } => {
                self.clock.within(limit, self.cloud.perform(action)).await
            }
        };
        answer.unwrap_or_else(|elapsed| Answer::CannotTell(elapsed.to_string()))
    }

    /// The last look at a node before its instance goes: a pod may have landed since the turn began.
    async fn look_again(&self, node: &NodeName, leftovers: Leftovers, with: &[PodId]) -> Result<(), Refused> {
        let unread = |why: String| Refused::Changed {
            message: format!("the pods of node {node} cannot be listed: {why}"),
        };
        let limit = self.settings.deadlines.list;
        let pods = match self.clock.within(limit, self.cluster.pods_on(node)).await {
            Ok(Ok(pods)) => pods,
            Ok(Err(error)) => return Err(unread(error.to_string())),
            Err(elapsed) => return Err(unread(elapsed.to_string())),
        };
        // A list of the server does not say which budgets are over a pod.
        let is_free = |pod: &Pod| {
            let known = self.pods.get(pod.uid).map(|known| known.budgets.clone());
            known.is_some_and(|budgets| surely_free(&Pod { budgets, ..pod.clone() }, self.pods))
        };
        may_terminate(&pods, self.rules, leftovers, with, is_free).map_err(|pod| Refused::Occupied { pod })
    }
}
