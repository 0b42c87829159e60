//! Balancing zones (EC2 Auto Scaling: process `AZRebalance`): launches an instance in the zone with too few; once
//! it is in service, scale-in takes one where there are too many.

use super::group::{Balancing, GroupNo};
use super::launch::back_off;
use super::process::Process;
use super::{Cloud, CloudWork, Moment};
use crate::time::Span;

/// How long an imbalance has to last.
const PATIENCE: Span = Span::secs(180);
/// The longest delay after failed attempts.
const PATIENCE_MAX: Span = Span::secs(3_600);

impl Cloud {
    /// Schedules a check if the zones are out of balance.
    pub(super) fn watch_balance(&mut self, moment: Moment<'_>, number: GroupNo) {
        let group = self.group(number);
        if group.runs(Process::AZRebalance)
            && group.balancing.is_none()
            && group.imbalance(moment.chance).is_some()
        {
            let pause = back_off(PATIENCE, PATIENCE_MAX, group.unbalanced + 1);
            self.asks.push((moment.now + pause, CloudWork::Balance(number)));
        }
    }

    /// Launches one instance in the zone with the fewest, unless other launches are pending or failing.
    pub(super) fn balance(&mut self, moment: Moment<'_>, number: GroupNo) {
        let group = self.group(number);
        let zone = group
            .imbalance(moment.chance)
            .filter(|_| group.runs(Process::AZRebalance) && group.balancing.is_none());
        let Some(zone) = zone else { return };
        if group.capacity() != group.spec.sizes.desired || !group.launches.is_empty() {
            self.watch_balance(moment, number);
            return;
        }
        let launch = self.begin_launch(moment, number, Some(zone));
        self.group_mut(number).balancing = Some(Balancing::Launch(launch));
    }
}
