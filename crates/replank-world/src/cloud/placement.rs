//! Choice of the zone for a launch and of the instance for scale-in (EC2 Auto Scaling: zone balance, termination
//! policies `AllocationStrategy`, `OldestLaunchTemplate`, `OldestInstance`).

use super::group::Group;
use super::instance::InstanceNo;
use crate::rng::Chance;

impl Group {
    /// Zone indices with the fewest instances first; ties are broken by a draw.
    pub(super) fn zones_to_fill(&self, chance: Chance, attempt: u64) -> Vec<usize> {
        let mut zones: Vec<(u32, u64, usize)> = (0..self.members.len())
            .map(|zone| (self.in_zone(zone), self.lot(chance, zone, attempt), zone))
            .collect();
        zones.sort_unstable();
        zones.into_iter().map(|(_, _, zone)| zone).collect()
    }

    /// The instance that scale-in terminates: in the zone with the most, of the oldest template version, then the
    /// oldest. A pending one is taken only when no other is there, one that is protected from scale-in never.
    pub(super) fn first_to_go(
        &self,
        chance: Chance,
        attempt: u64,
        in_service: impl Fn(InstanceNo) -> bool,
        protected: impl Fn(InstanceNo) -> bool,
    ) -> Option<InstanceNo> {
        let free = |zone: usize| self.members[zone].iter().map(|(_, _, it)| *it).filter(|it| !protected(*it));
        let fullest = (0..self.members.len())
            .filter(|zone| free(*zone).next().is_some())
            .max_by_key(|zone| (self.members[*zone].len(), self.lot(chance, *zone, attempt), *zone))?;
        free(fullest).find(|it| in_service(*it)).or_else(|| free(fullest).next())
    }

    /// The zone to launch in when two zones differ by two or more instances; `None` when balanced.
    pub(super) fn imbalance(&self, chance: Chance) -> Option<usize> {
        let counts: Vec<u32> = (0..self.members.len()).map(|zone| self.in_zone(zone)).collect();
        let (least, most) = (counts.iter().min()?, counts.iter().max()?);
        (*most >= least + 2).then(|| self.zones_to_fill(chance, u64::from(self.launched)).first().copied())?
    }

    fn lot(&self, chance: Chance, zone: usize, attempt: u64) -> u64 {
        chance.draw("zone", &self.spec.zones[zone], attempt)
    }
}
