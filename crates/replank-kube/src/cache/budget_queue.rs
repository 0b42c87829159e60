//! Runs evictions under one disruption budget one after the other.
//!
//! Each eviction writes the budget's status. When two collide, the server retries the later one after half a second
//! (Kubernetes: `EvictionsRetry` of the `eviction` subresource), which takes far longer than waiting here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use replank_core::names::ObjectName;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// A lock per budget with evictions in progress; empty when there are none.
#[derive(Debug, Default)]
pub(crate) struct BudgetQueues(Mutex<BTreeMap<ObjectName, Arc<Queue<()>>>>);

impl BudgetQueues {
    /// Waits for the other evictions under `budget`; the next one may go when the guard is dropped.
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
