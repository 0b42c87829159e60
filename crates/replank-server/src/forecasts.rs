//! What plans said of updates before they began, so that a page can show it beside what comes.
//!
//! Plans of one situation bear one id whatever they change, so a plan is told from the others by what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use replank_engine::report::plan::PlanJson;
use serde_json::Value;

/// Most plans that are kept, and most forecasts of updates that began; the latest ones.
const KEPT_MAX: usize = 100;

/// Plans, and those that became updates.
#[derive(Debug, Default)]
pub struct Forecasts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    planned: VecDeque<(String, Value, Arc<PlanJson>)>,
    begun: VecDeque<(String, Arc<PlanJson>)>,
}

impl Forecasts {
    /// Keeps the plan of a request in place of an earlier one.
    pub(crate) fn keep(&self, update: &str, asked: &Value, plan: &PlanJson) {
        let mut kept = self.lock();
        kept.planned.retain(|(known, before, _)| known != update || before != asked);
        kept.planned.push_back((update.to_owned(), asked.clone(), Arc::new(plan.clone())));
        if kept.planned.len() > KEPT_MAX {
            kept.planned.pop_front();
        }
    }

    /// An update began as it was asked for: the plan of the same request, if there was one, is its forecast.
    pub(crate) fn begin(&self, update: &str, asked: &Value) {
        let mut kept = self.lock();
        let found = kept.planned.iter().find(|(known, before, _)| known == update && before == asked);
        let Some(plan) = found.map(|(.., plan)| plan.clone()) else { return };
        kept.begun.retain(|(known, _)| known != update);
        kept.begun.push_back((update.to_owned(), plan));
        if kept.begun.len() > KEPT_MAX {
            kept.begun.pop_front();
        }
    }

    /// What was said of an update.
    pub(crate) fn of(&self, update: &str) -> Option<Arc<PlanJson>> {
        self.lock().begun.iter().find(|(known, _)| known == update).map(|(_, plan)| plan.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
