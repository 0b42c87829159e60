//! What a person should know of a pod before an update: each finding as a value, and which of them stop it.

use std::sync::Arc;

use crate::names::{NodeName, ObjectName};
use crate::node_group::wait::{BudgetWait, On, Wait};
use crate::observed::Tolerates;
use crate::pod_rules::LossKind;

/// Something about a pod on an old node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The pod.
    pub pod: ObjectName,
    /// Its node.
    pub node: NodeName,
    /// What about it.
    pub about: About,
}

/// What a preview finds about a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Its budget can never allow a disruption as things are set.
    BudgetNever {
        /// The budget.
        budget: ObjectName,
        /// Its rule.
        rule: Arc<str>,
        /// Healthy pods it wants.
        desired: u32,
        /// Pods it expects.
        expected: u32,
    },
    /// Its budget's numbers cannot be worked out.
    BudgetFailed {
        /// The budget.
        budget: ObjectName,
        /// The controller's words.
        message: Arc<str>,
    },
    /// Several budgets select it.
    ManyBudgets {
        /// The budgets.
        budgets: Vec<ObjectName>,
    },
    /// No node would take it.
    NoPlace {
        /// The scheduler's words.
        message: Arc<str>,
    },
    /// It tolerates every taint, so it may come straight back.
    ToleratesAll,
    /// It tolerates the taint of a cordon, so it may come straight back.
    ToleratesCordon,
    /// It comes back to a node that is closed, though it tolerates nothing: its maker names the node.
    ComesBack,
    /// It loses something by the move.
    Loses(LossKind),
    /// The rules refuse to lose what leaves with it.
    LossRefused(LossKind),
    /// A running Job pod: its eviction counts as a failure of the Job.
    JobInterrupted,
    /// A running Job pod that is waited for.
    JobWaitedFor,
    /// It already hangs in termination.
    Hanging {
        /// Finalizers that hold it.
        finalizers: Vec<Arc<str>>,
    },
    /// It does not become Ready, so its budget may never recover.
    NotReady,
    /// Its budget would not give anything before patience ends, because of other pods.
    BudgetStalls {
        /// The budget.
        budget: ObjectName,
        /// Its rule.
        rule: Arc<str>,
        /// Healthy pods by then.
        healthy: u32,
        /// Healthy pods it wants.
        desired: u32,
        /// The first pods that it would not count.
        unhealthy: Vec<ObjectName>,
        /// The scheduler's words about the first of them that finds no node.
        message: Option<Arc<str>>,
    },
    /// Its budget's status would not follow its spec before patience ends.
    BudgetUnsynced {
        /// The budget.
        budget: ObjectName,
    },
    /// Its eviction would be refused until patience ends.
    EvictionRefused {
        /// In whose words.
        message: Arc<str>,
    },
    /// It would not be gone before patience ends, once it is evicted.
    WouldHang {
        /// Finalizers that would hold it.
        finalizers: Vec<Arc<str>>,
    },
    /// Its grace is longer than patience.
    StopsTooSlowly {
        /// Its grace.
        grace_seconds: u32,
    },
    /// Its Job would run longer than patience.
    JobOutlasts {
        /// The Job.
        job: Arc<str>,
    },
}

impl About {
    /// What a pod that tolerates this may do.
    pub fn returns(tolerates: Tolerates) -> Option<Self> {
        match tolerates {
            Tolerates::Nothing => None,
            Tolerates::Cordon => Some(Self::ToleratesCordon),
            Tolerates::Everything => Some(Self::ToleratesAll),
        }
    }

    /// Whether it can stop the update.
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
            Self::Loses(_) | Self::JobInterrupted | Self::JobWaitedFor | Self::NotReady => false,
        }
    }
}

impl Finding {
    /// What a wait that lasted as long as patience tells of a pod; `None` when it is no pod that was waited for.
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
            | On::TerminateRefused { .. } => return None,
        };
        Some(Self { pod: pod.clone(), node, about })
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
