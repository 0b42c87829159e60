//! The executor: performs actions through their ports, some at a time, each within its deadline. Updates, drains and
//! deletions act through it only.

use std::convert::Infallible;
use std::future::Future;

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, ClusterAction, Leftovers, PodId};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Answers, Observation, Placement, Pod, Pods, Refused};
use replank_core::pod_rules::PodRules;
use replank_core::safety::budget::surely_free;
use replank_core::safety::disposition::may_terminate;
use tracing::field::Empty;
use tracing::{Instrument, debug, debug_span};

use crate::clock::Clock;
use crate::messages;
use crate::metrics;
use crate::ports::{Cloud, Cluster};
use crate::probe::{Boundary, Probe, Stopped};
use crate::turn::{Settings, TurnContext, Update};

/// Performs the actions of a turn and keeps their answers. An error only when the probe stops the turn.
pub(crate) async fn all<C: Cluster, K: Cloud, J, T: Clock, P: Probe>(
    update: &mut Update<C, K>,
    acts: &[Action],
    context: &TurnContext<'_, J, T, P>,
) -> Result<Vec<(Action, Answer)>, Stopped> {
    let Update { recorded, seen, cluster, cloud, .. } = &mut *update;
    let Observation { answers, pods, .. } = seen;
    let (clock, settings) = (context.clock, context.settings);
    let executor = Executor {
        cluster,
        cloud,
        clock,
        probe: context.probe,
        rules: &recorded.rollout.spec().pods,
        pods,
        settings,
    };
    let executor = &executor;
    let perform = |action: Action| async move { executor.perform(&action).await };
    let answered = |action: &Action, answer: &Answer| answers.put(action.key(), answer.clone(), clock.now());
    in_rows(acts, Action::is_alike, settings.acts_max, perform, answered).await
}

/// Performs actions on the cluster for callers without an update, and keeps their answers.
pub async fn on_cluster<C: Cluster, T: Clock>(
    acts: &[ClusterAction],
    cluster: &C,
    clock: &T,
    settings: Settings,
    answers: &mut Answers,
) -> Vec<(ClusterAction, Answer)> {
    let perform = |action: ClusterAction| async move {
        Ok::<_, Infallible>(within(clock, settings.deadlines.perform, cluster.perform(&action)).await)
    };
    let answered =
        |action: &ClusterAction, answer: &Answer| answers.put(action.key(), answer.clone(), clock.now());
    let Ok(performed) = in_rows(acts, ClusterAction::is_alike, settings.acts_max, perform, answered).await;
    performed
}

/// Performs actions in order. Successive ones of the same kind run together, up to `at_once`; the next kind starts when
/// all of them are answered. A port that answers at once sees them in order.
async fn in_rows<A: Clone, E, F: Future<Output = Result<Answer, E>>>(
    acts: &[A],
    is_alike: impl Fn(&A, &A) -> bool,
    at_once: usize,
    perform: impl Fn(A) -> F,
    mut answered: impl FnMut(&A, &Answer),
) -> Result<Vec<(A, Answer)>, E> {
    let mut performed = Vec::with_capacity(acts.len());
    for of_a_kind in acts.chunk_by(is_alike) {
        let calls = of_a_kind.iter().cloned().map(|action| {
            let answer = perform(action.clone());
            async move { Ok((action, answer.await?)) }
        });
        let mut under_way = stream::iter(calls).buffered(at_once.max(1));
        while let Some(done) = under_way.next().await {
            let (action, answer) = done?;
            answered(&action, &answer);
            performed.push((action, answer));
        }
    }
    Ok(performed)
}

/// The answer of a call, or [`Answer::CannotTell`] when it missed its deadline.
pub(crate) async fn within<T: Clock>(
    clock: &T,
    limit: SignedDuration,
    call: impl Future<Output = Answer>,
) -> Answer {
    clock.within(limit, call).await.unwrap_or_else(|elapsed| Answer::CannotTell(elapsed.to_string()))
}

/// Asks the scheduler's view of these nodes through the port, and keeps the answers.
pub(crate) async fn place<C: Cluster, K: Cloud, J, T: Clock, P>(
    update: &mut Update<C, K>,
    nodes: &[NodeName],
    context: &TurnContext<'_, J, T, P>,
) {
    let limit = context.settings.deadlines.place;
    for node in nodes {
        let placement = context.clock.within(limit, update.cluster.place(node)).await;
        let placement = placement.unwrap_or_else(|elapsed| Placement::CannotTell(elapsed.to_string()));
        update.seen.placements.put(node.clone(), placement, context.clock.now());
    }
}

/// What the actions of an update are performed with.
struct Executor<'a, C, K, T, P> {
    cluster: &'a C,
    cloud: &'a K,
    clock: &'a T,
    probe: &'a P,
    rules: &'a PodRules,
    /// The pods as last seen, with their budgets.
    pods: &'a Pods,
    settings: Settings,
}

impl<C: Cluster, K: Cloud, T: Clock, P: Probe> Executor<'_, C, K, T, P> {
    async fn perform(&self, action: &Action) -> Result<Answer, Stopped> {
        self.probe.reach(Boundary::Performing(action))?;
        let done = metrics::action_word(action);
        let span = debug_span!("act", action = done, answer = Empty);
        let answer = self.answer(action).instrument(span.clone()).await;
        let answered = metrics::answer_word(&answer);
        span.record("answer", answered);
        drop(span);
        metrics::acted(done, answered);
        debug!("{}: {}", messages::act(action), messages::answer(&answer));
        self.probe.reach(Boundary::Performed(action, &answer))?;
        Ok(answer)
    }

    async fn answer(&self, action: &Action) -> Answer {
        let limit = self.settings.deadlines.perform;
        match action {
            Action::Cluster(action) => within(self.clock, limit, self.cluster.perform(action)).await,
            Action::Cloud(action) => {
                if let CloudAction::Terminate { node: Some(node), leftovers, with, .. } = action
                    && let Err(refused) = self.look_again(node, *leftovers, with).await
                {
                    return Answer::NotYet(refused);
                }
                within(self.clock, limit, self.cloud.perform(action)).await
            }
        }
    }

    /// Lists the pods of a node right before its instance is terminated: one may have arrived since the turn began.
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
