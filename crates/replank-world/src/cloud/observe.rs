//! The cloud as the engine observes it: groups and changed instances in the core's terms.

use replank_core::names::{InstanceId, TemplateId, Zone};
use replank_core::observed;

use super::Cloud;
use super::group::GroupNo;
use super::instance::{InstanceNo, State};
use super::template::Template;

/// How many changes are kept; who falls further behind lists the instances again.
const KEPT_MAX: usize = 1 << 17;

impl Cloud {
    /// A group as `DescribeAutoScalingGroups` and related calls show it.
    pub fn observed_group(&self, number: GroupNo) -> observed::Group {
        let group = self.group(number);
        let spec = &group.spec;
        observed::Group {
            sizes: spec.sizes,
            zones: spec.zones.iter().map(|zone| Zone::new(zone.clone())).collect(),
            template: TemplateId::new(spec.template.clone()),
            version: spec.version,
            taints: self.template(&spec.template).map(Template::taints).unwrap_or_default(),
            versions: self.template(&spec.template).map(|it| it.versions.clone()).unwrap_or_default(),
            launched_at: group.launched_at.map(Into::into),
            failures: group.activities.failures().cloned().collect(),
        }
    }

    /// An instance; `None` once it is terminated.
    pub fn observed_instance(&self, number: InstanceNo) -> Option<observed::Instance> {
        let instance = self.instance(number);
        let lifecycle = match instance.state {
            State::Pending => observed::Lifecycle::Pending,
            State::InService => observed::Lifecycle::InService,
            State::Terminating => observed::Lifecycle::Terminating,
            State::Terminated => return None,
        };
        Some(observed::Instance {
            held: false,
            id: InstanceId::new(instance.id.clone()),
            zone: Zone::new(instance.zone.clone()),
            version: instance.version,
            lifecycle,
            launched_at: instance.launched_at.into(),
        })
    }

    /// A counter of changes to instances.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The instances of a group that changed after `version`, possibly repeated; `None` when the log does not
    /// reach back that far.
    pub fn changed_since(
        &self,
        number: GroupNo,
        version: u64,
    ) -> Option<impl Iterator<Item = InstanceNo> + '_> {
        let oldest = self.log.front().map_or(self.version + 1, |(version, ..)| *version);
        if version + 1 < oldest {
            return None;
        }
        let start = self.log.partition_point(|(at, ..)| *at <= version);
        Some(self.log.range(start..).filter(move |(_, group, _)| *group == number).map(|(.., it)| *it))
    }

    /// The instances of a group that are not terminated, oldest first.
    pub fn instances_of(&self, number: GroupNo) -> impl Iterator<Item = InstanceNo> + '_ {
        let there = self.instances.iter().enumerate();
        let there = there.filter(move |(_, it)| it.group == number && it.state != State::Terminated);
        there.map(|(number, _)| InstanceNo(number as u32))
    }

    /// Whether an instance is or was a member of a node group's group.
    pub fn is_member(&self, nodegroup: &str, id: &str) -> bool {
        let member = self.find(id).map(|number| self.instance(number).group);
        member.is_some() && member == self.group_of(nodegroup)
    }

    /// Records a change of an instance.
    pub(super) fn touch(&mut self, number: InstanceNo) {
        if self.log.len() == KEPT_MAX {
            self.log.pop_front();
        }
        self.version += 1;
        self.log.push_back((self.version, self.instance(number).group, number));
    }
}
