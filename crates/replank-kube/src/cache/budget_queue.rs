//! Evictions under one disruption budget go one after the other.
//!
//! Each of them writes the status of the budget. When two collide, the server tries the later one again after half a
//! second (Kubernetes: `EvictionsRetry` of the `eviction` subresource), which costs far more than the turn it takes to
//! wait here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use replank_core::names::ObjectName;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// A queue for each budget under which evictions are on their way. Empty when none are.
#[derive(Debug, Default)]
pub(crate) struct BudgetQueues(Mutex<BTreeMap<ObjectName, Arc<Queue<()>>>>);

impl BudgetQueues {
    /// Waits until no other eviction under `budget` is on its way; the queue is free again when the answer is dropped.
    pub(crate) async fn enter(&self, budget: ObjectName) -> OwnedMutexGuard<()> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            queues.entry(budget).or_default().clone()
        };
        queue.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_under_a_budget_and_others_beside_it() {
        let queues = BudgetQueues::default();
        let enter = |budget| queues.enter(ObjectName::new("shop", budget)).now_or_never();
        let first = enter("web");
        assert!(first.is_some());
        assert!(enter("web").is_none(), "the first is on its way");
        let beside = enter("cache");
        assert!(beside.is_some());
        drop((first, beside));
        assert!(enter("web").is_some());
        assert_eq!(queues.0.lock().unwrap().len(), 1, "queues that nobody uses are forgotten");
    }
}
