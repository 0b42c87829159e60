//! Draining one node: each pod that must leave is evicted as soon as its budget allows, or a wait says why not.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::context::Context;
use crate::action::{Action, ActionKey, ClusterAction, PodId};
use crate::names::{NodeName, ObjectName};
use crate::node_group::wait::{BudgetWait, On, Wait};
use crate::observed::{Answer, Attempt, Budget, Pod, Refused, Tolerates};
use crate::safety::budget::{Verdict, check, surely_free};
use crate::safety::disposition::{Disposition, disposition};

/// How often an eviction is tried although the budget's status forbids it: a status can stay stale for ever
/// (Kubernetes: of two budgets over one pod, one is left unsynchronised).
const ASK_ANYWAY: SignedDuration = SignedDuration::from_secs(60);
/// How far past its grace a pod on an unreachable node must be to count as one that will not end by itself.
const PAST_GRACE: SignedDuration = SignedDuration::from_secs(30);

/// Longest pause before a pod that keeps coming back to the node is evicted again.
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(2);
/// A pod created later than this after force began was made for this node, whatever it tolerates.
const MADE_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What is left on a node of the pods that a drain moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// No pod that has to leave is left; the drain is over.
    Nothing,
    /// Pods that still have to leave.
    Pods,
    /// Only pods past their grace on an unreachable node: termination of the instance frees them.
    Unreachable,
}

struct Drain<'t, 'a> {
    context: &'t mut Context<'a>,
    node: &'t NodeName,
    picked_at: Timestamp,
    /// When the drain limit passes; `None` for a drain without one.
    until: Option<Timestamp>,
    held: BTreeMap<ObjectName, BudgetWait>,
}

/// Asks for every eviction that is due on the node, and adds a wait for every pod that stays.
pub(super) fn step(
    context: &mut Context<'_>,
    node: &NodeName,
    picked_at: Timestamp,
    until: Option<Timestamp>,
) -> Left {
    let (seen, rules) = (context.seen, context.rules);
    let unreachable = seen.members.node(node).is_some_and(|node| node.unreachable);
    let (mut left, mut doomed) = (0, 0);
    let mut drain = Drain { context, node, picked_at, until, held: BTreeMap::new() };
    for pod in seen.pods.on_node(node) {
        let disposition = disposition(pod, &rules);
        if disposition == Disposition::Stays {
            continue;
        }
        left += 1;
        match (&pod.deleting, disposition) {
            (Some(_), _) => doomed += u32::from(drain.terminating(pod)),
            (None, Disposition::Leaves { .. }) => drain.evict(pod),
            (None, Disposition::RunsOn { job }) => {
                drain.wait(On::JobRuns { pod: pod.name.clone(), job }, None);
            }
            (None, Disposition::Refused { loss }) => {
                drain.wait(On::LossRefused { pod: pod.name.clone(), loss }, None);
            }
            (None, Disposition::Stays) => {}
        }
    }
    drain.name_budgets();
    match left {
        0 => Left::Nothing,
        _ if unreachable && doomed == left => Left::Unreachable,
        _ => Left::Pods,
    }
}

/// Whether a pod is on the node that a drain moves.
pub(super) fn has_pods(context: &Context<'_>, node: &NodeName) -> bool {
    context.seen.pods.on_node(node).any(|pod| disposition(pod, &context.rules) != Disposition::Stays)
}

/// Whether a pod stays on the node because the rules refuse its loss. Force does not override that.
pub(super) fn is_held_by_rules(context: &Context<'_>, node: &NodeName) -> bool {
    let refused = |pod: &Pod| matches!(disposition(pod, &context.rules), Disposition::Refused { .. });
    context.seen.pods.on_node(node).any(|pod| pod.deleting.is_none() && refused(pod))
}

/// What forced deletion leaves on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Forced {
    /// Whether pods are left that deletion can still move.
    pub(super) waits: bool,
    /// Pods that came back after they were deleted and that no budget protects: they end with the node.
    pub(super) returned: Vec<PodId>,
}

/// Deletes what the evictions left, except pods whose loss the rules refuse. A pod that comes back is not deleted
/// again, for it would return at once and for ever. It ends with the node unless a budget counts it; then it is evicted
/// first, so that the server charges the budget.
pub(super) fn force(
    context: &mut Context<'_>,
    node: &NodeName,
    since: Timestamp,
    until: Timestamp,
) -> Forced {
    let (seen, rules, limits) = (context.seen, context.rules, context.limits());
    let mut forced = Forced::default();
    for pod in seen.pods.on_node(node) {
        let disposition = disposition(pod, &rules);
        if disposition == Disposition::Stays {
            continue;
        }
        let on = match &pod.deleting {
            Some(deleting) if context.now >= deleting.until + PAST_GRACE => continue,
            Some(_) if is_back(pod, since) => continue,
            Some(deleting) => {
                context.wake_at(deleting.until + PAST_GRACE);
                On::Terminating { pod: pod.name.clone(), grace_until: deleting.until }
            }
            None if let Disposition::Refused { loss } = disposition => {
                On::LossRefused { pod: pod.name.clone(), loss }
            }
            None if is_back(pod, since) && surely_free(pod, &seen.pods) => {
                forced.returned.push(id(pod));
                continue;
            }
            None if is_back(pod, since) => ask_back(context, pod, &check(pod, &seen.pods)),
            // It may have landed while somebody opened the node, or whoever makes it names the node and makes it again.
            None if pod.created_at > since && context.now < pod.created_at + limits.evict_again => {
                context.wake_at(pod.created_at + limits.evict_again);
                On::ComesBack { pod: pod.name.clone(), tolerates: pod.tolerates }
            }
            None => {
                match asked_to_leave(context, pod) {
                    // What arrives on a closed node after that is back under force, and goes by force.
                    Asked::Never if pod.created_at <= since => {
                        context.push(eviction(context, pod));
                        context.wake_in(context.limits().act_again);
                    }
                    Asked::Now(due_at) => context.wake_at(due_at),
                    Asked::Never | Asked::InVain => {
                        context.ask(ClusterAction::Delete { pod: id(pod) });
                    }
                }
                On::EvictionSent { pod: pod.name.clone() }
            }
        };
        forced.waits = true;
        context.wait_node(Some(node), on, context.now, Some(until));
    }
    forced
}

/// Whether the pod tolerates a cordon and came to this node after `since`, so that it would come back again.
pub(super) fn comes_back(pod: &Pod, since: Timestamp) -> bool {
    pod.tolerates != Tolerates::Nothing && pod.created_at > since
}

fn id(pod: &Pod) -> PodId {
    PodId { name: pod.name.clone(), uid: pod.uid }
}

/// Whether the pod came to the node under force and would come back again.
fn is_back(pod: &Pod, since: Timestamp) -> bool {
    comes_back(pod, since) || pod.created_at > since + MADE_AGAIN
}

/// Evicts a pod that came back and that a budget counts, as far as the budget allows. Returns what is waited for.
fn ask_back(context: &mut Context<'_>, pod: &Pod, verdict: &Verdict<'_>) -> On {
    let (seen, name, limits) = (context.seen, pod.name.clone(), context.limits());
    context.wake_in(limits.evict_again);
    let budget = match verdict {
        Verdict::Free => return On::EvictionSent { pod: name },
        Verdict::Many => return On::ManyBudgets { pod: name, budgets: pod.budgets.to_vec() },
        Verdict::Unsynced(budget) => {
            return On::BudgetUnsynced { pod: name, budget: ObjectName::clone(budget) };
        }
        Verdict::Charges(budget) => *budget,
    };
    if let Some(message) = &budget.sync_failed {
        return On::BudgetFailed { pod: name, budget: budget.name.clone(), message: message.clone() };
    }
    let spent = context.spent.entry(budget.name.clone()).or_default();
    if *spent < budget.allowed {
        *spent += 1;
        let attempt = seen.answers.get(&ActionKey::Evict(pod.uid));
        if attempt.is_none_or(|attempt| context.now >= attempt.at + limits.evict_again) {
            context.push(eviction(context, pod));
        }
        return On::EvictionSent { pod: name };
    }
    let held = BudgetWait::of(pod, budget, *spent, &seen.pods);
    if budget.never_allows() { On::BudgetNever(held) } else { On::Budget(held) }
}

/// Whether a pod was asked to leave by an eviction.
enum Asked {
    /// It was not: the pod is new here, the rules kept it, or the answer was lost in a restart.
    Never,
    /// Moments ago, without a refusal; wait until then before deleting.
    Now(Timestamp),
    /// It was, and is still here.
    InVain,
}

/// Whether an eviction of the pod was tried. Only then may it be deleted: the age of the drain alone does not tell,
/// since the process may have been down all the time.
fn asked_to_leave(context: &Context<'_>, pod: &Pod) -> Asked {
    let Some(attempt) = context.seen.answers.get(&ActionKey::Evict(pod.uid)) else { return Asked::Never };
    let due_at = attempt.at + context.limits().act_again;
    match attempt.answer {
        Answer::Done | Answer::CannotTell(_) if context.now < due_at => Asked::Now(due_at),
        Answer::Done | Answer::CannotTell(_) | Answer::NotYet(_) | Answer::Impossible(_) => Asked::InVain,
    }
}

impl Drain<'_, '_> {
    /// Adds the wait for a terminating pod. Whether it is past its grace by [`PAST_GRACE`]: until then it is on its way.
    /// A kubelet that is done deletes the object with a grace of zero, which moves the end of the grace to now, and the
    /// Job controller takes its finalizer off some seconds after that.
    fn terminating(&mut self, pod: &Pod) -> bool {
        let Some(deleting) = &pod.deleting else { return false };
        let (pod, grace_until) = (pod.name.clone(), deleting.until);
        let stuck_at = grace_until + PAST_GRACE;
        if self.context.now < stuck_at {
            self.context.wake_at(if self.context.now < grace_until { grace_until } else { stuck_at });
            self.wait(On::Terminating { pod, grace_until }, Some(deleting.since));
            return false;
        }
        let finalizers = deleting.finalizers.clone();
        self.wait(On::StuckTerminating { pod, grace_until, finalizers }, Some(deleting.since));
        true
    }

    fn evict(&mut self, pod: &Pod) {
        let seen = self.context.seen;
        if pod.created_at > self.picked_at {
            let on = On::ComesBack { pod: pod.name.clone(), tolerates: pod.tolerates };
            let due_at = pod.created_at + self.pause_before(pod);
            let (node, since) = (Some(self.node.clone()), Some(pod.created_at));
            self.context.wait(Wait { node, on, since, again: Some(due_at), until: self.until });
            if self.context.now < due_at {
                return self.context.wake_at(due_at);
            }
        }
        let attempt = seen.answers.get(&ActionKey::Evict(pod.uid));
        let allowed = match check(pod, &seen.pods) {
            Verdict::Free => true,
            Verdict::Charges(_) if self.context.sent.contains(&pod.uid) => true,
            Verdict::Charges(budget) => self.charge(pod, budget),
            Verdict::Many => {
                let budgets = pod.budgets.to_vec();
                self.wait(On::ManyBudgets { pod: pod.name.clone(), budgets }, None);
                false
            }
            Verdict::Unsynced(budget) => {
                let budget = budget.clone();
                self.wait(On::BudgetUnsynced { pod: pod.name.clone(), budget }, None);
                false
            }
        };
        if allowed {
            self.ask(pod, attempt);
        } else {
            let asked_at = attempt.map_or(self.picked_at, |attempt| attempt.at.max(self.picked_at));
            if self.context.now >= asked_at + ASK_ANYWAY {
                self.request(pod);
            }
            self.context.wake_in(self.context.limits().evict_again);
        }
    }

    /// How long a pod that came back is left alone: longer the longer the drain lasts, since it would come back again.
    fn pause_before(&self, pod: &Pod) -> SignedDuration {
        let drained_for = pod.created_at.duration_since(self.picked_at);
        drained_for.max(self.context.limits().evict_again).min(PAUSE_MAX)
    }

    /// Takes one disruption from the budget if this turn has one left; else notes the pod as held by it.
    fn charge(&mut self, pod: &Pod, budget: &Budget) -> bool {
        let spent = self.context.spent.entry(budget.name.clone()).or_default();
        if budget.sync_failed.is_none() && *spent < budget.allowed {
            *spent += 1;
            return true;
        }
        if let Some(message) = budget.sync_failed.clone() {
            let (pod, budget) = (pod.name.clone(), budget.name.clone());
            self.wait(On::BudgetFailed { pod, budget, message }, None);
            return false;
        }
        let (spent, seen) = (*spent, self.context.seen);
        self.held
            .entry(budget.name.clone())
            .and_modify(|wait| wait.more_pods += 1)
            .or_insert_with(|| BudgetWait::of(pod, budget, spent, &seen.pods));
        false
    }

    /// Sends the eviction unless its last answer asks to wait; adds a wait that names that answer either way.
    fn ask(&mut self, pod: &Pod, attempt: Option<&Attempt>) {
        if self.context.seen.under_way.contains(&ActionKey::Evict(pod.uid)) {
            return self.wait(On::EvictionSent { pod: pod.name.clone() }, None);
        }
        let Some(attempt) = attempt else { return self.request(pod) };
        let limits = self.context.limits();
        let name = pod.name.clone();
        let seconds = |seconds: u32| SignedDuration::from_secs(i64::from(seconds));
        let (on, pause) = match &attempt.answer {
            Answer::Done | Answer::CannotTell(_) => (On::EvictionSent { pod: name }, limits.act_again),
            Answer::Impossible(message) => {
                (On::EvictionRefused { pod: name, message: message.clone() }, limits.evict_again)
            }
            Answer::NotYet(refused) => match refused.clone() {
                // The status lags behind what the server knows; the next change of it is the moment to ask.
                Refused::Budget { message } => {
                    (On::EvictionRefused { pod: name, message }, SignedDuration::from_secs(1))
                }
                Refused::BudgetUnsynced { retry_after_seconds } => {
                    let budget = pod.budgets.first().cloned().unwrap_or_else(|| name.clone());
                    (On::BudgetUnsynced { pod: name, budget }, seconds(retry_after_seconds))
                }
                Refused::ManyBudgets { budgets } => {
                    (On::ManyBudgets { pod: name, budgets }, limits.evict_again)
                }
                Refused::Throttled { retry_after_seconds } => {
                    (On::Throttled { pod: name, retry_after_seconds }, seconds(retry_after_seconds))
                }
                Refused::Webhook { webhook, message } => {
                    (On::Webhook { pod: name, webhook, message }, limits.evict_again)
                }
                Refused::Occupied { pod } => (On::EvictionSent { pod }, limits.evict_again),
                Refused::Changed { message } | Refused::Other { message } => {
                    (On::EvictionRefused { pod: name, message }, limits.evict_again)
                }
            },
        };
        self.wait(on, Some(attempt.since));
        let due_at = attempt.at + pause;
        if self.context.now >= due_at {
            self.request(pod);
        } else {
            self.context.wake_at(due_at);
        }
    }

    fn request(&mut self, pod: &Pod) {
        if self.until.is_some_and(|until| self.context.now >= until) {
            return;
        }
        self.context.wake_in(self.context.limits().evict_again);
        self.context.push(eviction(self.context, pod));
    }

    fn wait(&mut self, on: On, since: Option<Timestamp>) {
        let again = Some(self.context.now + self.context.limits().evict_again);
        let since = since.or(Some(self.picked_at));
        self.context.wait(Wait { node: Some(self.node.clone()), on, since, again, until: self.until });
    }

    fn name_budgets(&mut self) {
        for (name, held) in std::mem::take(&mut self.held) {
            let never = self.context.seen.pods.budget(&name).is_some_and(Budget::never_allows);
            self.wait(if never { On::BudgetNever(held) } else { On::Budget(held) }, None);
        }
    }
}

/// An eviction with the shorter of the pod's own grace and the cap of the rules.
fn eviction(context: &Context<'_>, pod: &Pod) -> Action {
    let grace_seconds = context.rules.grace_cap_seconds.filter(|cap| *cap < pod.grace_seconds);
    Action::Cluster(ClusterAction::Evict { pod: id(pod), grace_seconds })
}
