//! Findings of a plan about pods: each as a value, and which of them can stop the update.

use std::sync::Arc;

use crate::names::{NodeName, ObjectName};
use crate::node_group::plan::JobLoss;
use crate::node_group::wait::{BudgetWait, On, Wait};
use crate::observed::Tolerates;
use crate::pod_rules::LossKind;

/// One finding about one pod on an old node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The pod as it is named before the update.
    pub pod: ObjectName,
    /// The old node it is on.
    pub node: NodeName,
    /// What was found.
    pub about: About,
    /// Kind, namespace and name of its controller, such as `StatefulSet shop/cart`; `None` without one, and where it only
    /// follows from a wait.
    pub owner: Option<Arc<str>>,
}

/// What a plan can find about a pod. "The drain limit" is that of the previewed update.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Its budget can never allow a disruption with its present numbers.
    BudgetNever {
        /// Name of the budget.
        budget: ObjectName,
        /// Rule in the words of the manifest, such as `minAvailable: 2`.
        rule: Arc<str>,
        /// `status.desiredHealthy`.
        desired: u32,
        /// `status.expectedPods`.
        expected: u32,
    },
    /// The disruption controller cannot work out its budget's numbers (condition `SyncFailed`).
    BudgetFailed {
        /// Name of the budget.
        budget: ObjectName,
        /// Message of the condition.
        message: Arc<str>,
    },
    /// Several budgets select it, so the eviction API refuses it (500).
    ManyBudgets {
        /// All budgets that select it.
        budgets: Vec<ObjectName>,
    },
    /// No other node would take it.
    NoPlace {
        /// The scheduler's message.
        message: Arc<str>,
    },
    /// It tolerates every `NoSchedule` taint, so it may come straight back.
    ToleratesAll,
    /// It tolerates the taint of a cordon, so it may come straight back.
    ToleratesCordon,
    /// It came back to a cordoned node although it tolerates no taint: whoever creates it names the node.
    ComesBack,
    /// It loses something when it is moved, which the rules accept.
    Loses(LossKind),
    /// It would lose something that the rules refuse to lose.
    LossRefused(LossKind),
    /// A running pod of a Job that is not known further: its work begins again, and its eviction counts as a failure of the
    /// Job unless the Job's `podFailurePolicy` ignores `DisruptionTarget`.
    JobInterrupted,
    /// A running pod of a Job, and what its eviction means for that.
    JobEvicted(JobLoss),
    /// A running pod of a Job that the rules let run to its end.
    JobWaitedFor,
    /// It is being deleted already and finalizers hold it.
    Hanging {
        /// `metadata.finalizers`.
        finalizers: Vec<Arc<str>>,
    },
    /// It is running and not Ready, so its budget may never recover.
    NotReady,
    /// Its budget would allow no disruption within the drain limit, because of other pods.
    BudgetStalls {
        /// Name of the budget.
        budget: ObjectName,
        /// Rule in the words of the manifest.
        rule: Arc<str>,
        /// Healthy pods when the drain limit passes.
        healthy: u32,
        /// `status.desiredHealthy`.
        desired: u32,
        /// The first few pods of the budget that are not healthy then.
        unhealthy: Vec<ObjectName>,
        /// The scheduler's message about the first of those that finds no node.
        message: Option<Arc<str>>,
    },
    /// Its budget's status would not be brought up to date with its spec within the drain limit.
    BudgetUnsynced {
        /// Name of the budget.
        budget: ObjectName,
    },
    /// Its eviction would be refused for the whole drain limit.
    EvictionRefused {
        /// Message of the server, or of the webhook that refuses.
        message: Arc<str>,
    },
    /// It would be evicted and not gone within the drain limit.
    WouldHang {
        /// Finalizers that would hold it; empty when its node is unreachable.
        finalizers: Vec<Arc<str>>,
    },
    /// Its grace period ends after the drain limit.
    StopsTooSlowly {
        /// Seconds from the deletion to the end of the grace period.
        grace_seconds: u32,
    },
    /// It belongs to a Job and would still run when the drain limit passes.
    JobOutlasts {
        /// Name of the Job.
        job: Arc<str>,
    },
}

impl About {
    /// What follows for a pod that tolerates this; `None` when a cordon keeps it off.
    pub fn returns(tolerates: Tolerates) -> Option<Self> {
        match tolerates {
            Tolerates::Nothing => None,
            Tolerates::Cordon => Some(Self::ToleratesCordon),
            Tolerates::Everything => Some(Self::ToleratesAll),
        }
    }

    /// Whether the finding alone can make a drain fail.
    pub fn blocks(&self) -> bool {
        match self {
            Self::BudgetNever { .. }
            | Self::BudgetFailed { .. }
            | Self::ManyBudgets { .. }
            | Self::NoPlace { .. }
            | Self::ToleratesAll
            | Self::ToleratesCordon
            | Self::ComesBack
            | Self::LossRefused(_)
            | Self::BudgetStalls { .. }
            | Self::BudgetUnsynced { .. }
            | Self::EvictionRefused { .. }
            | Self::WouldHang { .. }
            | Self::StopsTooSlowly { .. }
            | Self::JobOutlasts { .. }
            | Self::Hanging { .. } => true,
            Self::Loses(_)
            | Self::JobInterrupted
            | Self::JobEvicted(_)
            | Self::JobWaitedFor
            | Self::NotReady => false,
        }
    }
}

impl Finding {
    /// The finding that follows from a wait that lasted for the whole drain limit; `None` for waits that name no pod or
    /// that pass by themselves.
    pub fn of_wait(wait: &Wait) -> Option<Self> {
        let node = wait.node.clone()?;
        let (pod, about) = match &wait.on {
            On::Budget(held) => (&held.pod, stalls(held)),
            On::BudgetNever(held) => {
                let BudgetWait { budget, rule, desired, expected, .. } = held.clone();
                (&held.pod, About::BudgetNever { budget, rule, desired, expected })
            }
            On::BudgetFailed { pod, budget, message } => {
                (pod, About::BudgetFailed { budget: budget.clone(), message: message.clone() })
            }
            On::BudgetUnsynced { pod, budget } => (pod, About::BudgetUnsynced { budget: budget.clone() }),
            On::ManyBudgets { pod, budgets } => (pod, About::ManyBudgets { budgets: budgets.clone() }),
            On::Webhook { pod, webhook, message } => {
                (pod, About::EvictionRefused { message: format!("webhook {webhook}: {message}").into() })
            }
            On::EvictionRefused { pod, message } => {
                (pod, About::EvictionRefused { message: message.as_str().into() })
            }
            On::StuckTerminating { pod, finalizers, .. } => {
                (pod, About::WouldHang { finalizers: finalizers.to_vec() })
            }
            On::Terminating { pod, grace_until } => {
                let grace = wait.since.map_or(0, |since| grace_until.duration_since(since).as_secs());
                (pod, About::StopsTooSlowly { grace_seconds: u32::try_from(grace).unwrap_or(u32::MAX) })
            }
            On::JobRuns { pod, job } => (pod, About::JobOutlasts { job: job.clone() }),
            On::LossRefused { pod, loss } => (pod, About::LossRefused(*loss)),
            On::ComesBack { pod, tolerates } => (pod, About::returns(*tolerates).unwrap_or(About::ComesBack)),
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
            | On::Throttled { .. }
            | On::EvictionSent { .. }
            | On::Deregistering
            | On::Place { .. }
            | On::Occupied { .. }
            | On::InstanceLeaving { .. }
            | On::NoRoom { .. }
            | On::TerminateRefused { .. } => return None,
        };
        Some(Self { pod: pod.clone(), node, about, owner: None })
    }
}

fn stalls(held: &BudgetWait) -> About {
    About::BudgetStalls {
        budget: held.budget.clone(),
        rule: held.rule.clone(),
        healthy: held.healthy,
        desired: held.desired,
        unhealthy: held.unhealthy.iter().map(|one| one.pod.clone()).collect(),
        message: held.unhealthy.iter().find_map(|one| one.unschedulable.clone()),
    }
}
