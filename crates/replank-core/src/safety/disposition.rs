//! What a drain does with each pod, and whether an instance may be terminated with the pods on it.
//!
//! The filters and their order are those of `kubectl drain --ignore-daemonsets`. Each kind of loss needs a consent of
//! its own, as there (`--force`, `--delete-emptydir-data`); kubectl reports the first that is missing, this reports
//! all.

use std::sync::Arc;

use crate::action::{Leftovers, PodId};
use crate::names::ObjectName;
use crate::observed::{OwnerKind, Pod};
use crate::pod_rules::{Jobs, Loss, LossKind, PodRules};

/// What a drain does with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It belongs to the node and stays: running `DaemonSet` pods and mirrors of static pods.
    Stays,
    /// It is evicted.
    Leaves {
        /// What is lost by that, if anything.
        loses: Option<LossKind>,
    },
    /// A running pod of a Job, left to end by itself.
    RunsOn {
        /// Name of the Job.
        job: Arc<str>,
    },
    /// It is not evicted, since the rules refuse what would be lost.
    Refused {
        /// The losses that are refused.
        loss: LossKind,
    },
}

/// What a drain does with `pod` under `rules`. A pod that ended has nothing to lose (as in kubectl).
pub fn disposition(pod: &Pod, rules: &PodRules) -> Disposition {
    let owner = pod.owner.as_ref();
    if pod.mirror || (owner.is_some_and(|owner| owner.kind == OwnerKind::DaemonSet) && !pod.finished()) {
        return Disposition::Stays;
    }
    if pod.finished() {
        return Disposition::Leaves { loses: None };
    }
    if let Some(owner) = owner.filter(|owner| owner.kind == OwnerKind::Job)
        && rules.jobs == Jobs::WaitToEnd
    {
        return Disposition::RunsOn { job: owner.name.clone() };
    }
    let is_bare = owner.is_none();
    let (keeps_bare, keeps_files) = (rules.bare == Loss::Refuse, rules.empty_dir == Loss::Refuse);
    match LossKind::of(is_bare && keeps_bare, pod.empty_dir && keeps_files) {
        Some(loss) => Disposition::Refused { loss },
        None => Disposition::Leaves { loses: LossKind::of(is_bare, pod.empty_dir) },
    }
}

/// Whether an instance may be terminated while `pods` are on its node; the last look before the call. Pods in `with`
/// may end with it if `is_free` says that no budget protects them by now. The error is the first pod that a drain would
/// still have to move.
pub fn may_terminate<'a>(
    pods: impl IntoIterator<Item = &'a Pod>,
    rules: &PodRules,
    leftovers: Leftovers,
    with: &[PodId],
    is_free: impl Fn(&Pod) -> bool,
) -> Result<(), ObjectName> {
    for pod in pods {
        let moved = disposition(pod, rules) != Disposition::Stays;
        let doomed = pod.deleting.is_some() && leftovers == Leftovers::Doomed;
        let goes_along = with.iter().any(|known| known.uid == pod.uid) && is_free(pod);
        if moved && !doomed && !goes_along {
            return Err(pod.name.clone());
        }
    }
    Ok(())
}
