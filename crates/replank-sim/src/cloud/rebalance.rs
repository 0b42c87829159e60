//! Balance between zones (EC2 Auto Scaling: process `AZRebalance`): a new instance in the zone that has too few, and
//! when it is in service, scale-in takes one from the zone that has too many.

use super::group::{Balancing, GroupNo};
use super::launch::back_off;
use super::{Cloud, CloudWork, Moment};
use crate::time::Span;

/// How long an imbalance lasts before it is acted on.
const PATIENCE: Span = Span::secs(180);
/// The longest pause after attempts that failed.
const PATIENCE_MAX: Span = Span::secs(3_600);

impl Cloud {
    /// Asks for a look at the zones when they are out of balance.
    pub(super) fn watch_balance(&mut self, moment: Moment<'_>, number: GroupNo) {
        let group = self.group(number);
        if group.balances && group.balancing.is_none() && group.imbalance(moment.chance).is_some() {
            let pause = back_off(PATIENCE, PATIENCE_MAX, group.unbalanced + 1);
            self.asks.push((moment.now + pause, CloudWork::Balance(number)));
        }
    }

    /// Launches one instance where there are too few. Not while other launches are under way or fail.
    pub(super) fn balance(&mut self, moment: Moment<'_>, number: GroupNo) {
        let group = self.group(number);
        let zone = group.imbalance(moment.chance).filter(|_| group.balances && group.balancing.is_none());
        let Some(zone) = zone else { return };
        if group.capacity() != group.spec.sizes.desired || !group.launches.is_empty() {
            self.watch_balance(moment, number);
            return;
        }
        let launch = self.begin_launch(moment, number, Some(zone));
        self.group_mut(number).balancing = Some(Balancing::Launch(launch));
    }
}
