//! `LaunchInstances`: launches in a named zone at once, and tells what came of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::group::GroupNo;
use super::instance::InstanceNo;
use super::process::Process;
use super::{Cloud, Moment, activity, capacity};
use crate::refusal::Refusal;

/// How many answers a group keeps for repeated tokens.
const KEPT_MAX: usize = 200;

/// A request for instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchCall {
    /// `ClientToken`.
    pub token: Arc<str>,
    /// Zone name.
    pub zone: Arc<str>,
    /// How many (`RequestedCapacity`).
    pub count: u32,
    /// Whether the group launches later what could not be launched now (`retry-with-group-configuration`).
    pub retries: bool,
}

/// What came of a request for instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launched {
    /// The request.
    pub call: LaunchCall,
    /// The instances launched.
    pub instances: Vec<InstanceNo>,
    /// Why there are no more.
    pub failure: Option<capacity::LaunchFailure>,
}

impl Cloud {
    /// Launches instances at once, as many as the zone gives. The desired size grows by those that were launched, and
    /// with `retries` by all that were asked for.
    ///
    /// What AWS does beyond the maximum is in no document; here it is refused.
    pub(super) fn launch_now(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        call: &LaunchCall,
    ) -> Result<(), Refusal> {
        let group = self.group(number);
        if let Some(before) = group.launch_calls.iter().find(|it| it.call.token == call.token) {
            let said = "The client token was used with other parameters before.";
            let same = before.call == *call;
            return same.then_some(()).ok_or_else(|| Refusal::new(400, "IdempotentParameterMismatch", said));
        }
        let refused = |said: String| Err(Refusal::new(400, "ValidationError", said));
        let Some(zone) = group.zone_of(&call.zone) else {
            return refused(format!(
                "The Availability Zone {} is not one of the group {}.",
                call.zone, group.spec.name
            ));
        };
        if !group.runs(Process::Launch) {
            return refused(format!("The process Launch of the group {} is suspended.", group.spec.name));
        }
        let (desired, max) = (group.spec.sizes.desired, group.spec.sizes.max);
        if desired + call.count > max {
            return refused(format!(
                "Desired capacity:{} must be between the specified min size:{} and max size:{max}",
                desired + call.count,
                group.spec.sizes.min,
            ));
        }
        let mut launched = Launched { call: call.clone(), instances: Vec::new(), failure: None };
        for nth in 0..call.count {
            let cause = activity::launch_asked(moment.now, desired + nth, desired + nth + 1);
            match self.try_launch(number, zone) {
                Ok(()) => launched.instances.push(self.start(moment, number, zone, cause)),
                Err(failure) => {
                    self.note_failure(moment, number, zone, &failure, cause);
                    launched.failure = Some(failure);
                    break;
                }
            }
        }
        let grown = if call.retries { call.count } else { launched.instances.len() as u32 };
        let group = self.group_mut(number);
        group.spec.sizes.desired += grown;
        if group.launch_calls.len() == KEPT_MAX {
            group.launch_calls.pop_front();
        }
        group.launch_calls.push_back(launched);
        self.look(moment, number);
        Ok(())
    }

    /// What came of a request with that token.
    pub fn launched(&self, number: GroupNo, token: &str) -> Option<&Launched> {
        self.group(number).launch_calls.iter().find(|it| *it.call.token == *token)
    }
}
