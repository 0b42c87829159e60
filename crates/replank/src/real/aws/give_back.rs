//! What the update of a group on AWS gives back when its process ends, whatever the reason: the autoscaler, what the
//! group does by itself, template versions that nobody needs. What is left of an update that goes on later is only what it
//! needs: sizes, marks and its version.

use anyhow::Result;
use replank_aws::hold::Released;
use replank_core::names::UpdateId;
use replank_core::node_group::problem::{FailureCode, Outcome, Why};
use replank_core::node_group::rollout::Rollout;
use replank_engine::messages;
use replank_kube::suspend;

use super::group::patiently;
use super::upgrade::SelfManaged;
use crate::printer::Printer;

/// Lines of a console that are shown.
const CONSOLE: usize = 12;

impl SelfManaged {
    /// Gives back what was held for the update, under the lease of the group: whoever else holds that goes on with what
    /// is held.
    pub(super) fn give_back(&self, update: &UpdateId) -> Result<()> {
        let claim = match self.kept.claim(&self.reached) {
            Ok(claim) => claim,
            Err(error) => {
                Printer::complain(&format!("warning: nothing is given back to the group: {error}"));
                return Ok(());
            }
        };
        self.resume_autoscaler();
        self.rebalance();
        let (recorded, _) = self.kept.journal.load(update)?;
        if recorded.rollout.end().is_some() {
            self.show_console(&recorded.rollout);
            self.tidy(&recorded.rollout);
        }
        drop(claim);
        self.reached.runtime.block_on(self.kept.claims.end());
        Ok(())
    }

    /// Gives the autoscaler back, also one that an earlier process of this update suspended.
    fn resume_autoscaler(&self) {
        let (client, group) = (&self.reached.connection.client, self.kept.group.as_str());
        let runtime = &self.reached.runtime;
        for name in runtime.block_on(suspend::suspended(client, group)) {
            if let Err(error) = runtime.block_on(suspend::resume(client, &name, group)) {
                let (namespace, name) = (&name.namespace, &name.name);
                Printer::complain(&format!(
                    "warning: {error}. It is still suspended: kubectl scale deployments/{name} -n {namespace} --replicas=1"
                ));
            }
        }
    }

    fn rebalance(&self) {
        let group = &self.found.group.name;
        let by_hand = format!(
            "aws autoscaling resume-processes --auto-scaling-group-name {group} --scaling-processes AZRebalance"
        );
        match patiently(&self.reached.runtime, || self.cloud.release()) {
            Ok(Released::Nothing | Released::All) => {}
            Ok(Released::Unbalanced(zones)) => {
                let zones: Vec<String> =
                    zones.iter().map(|(zone, count)| format!("{zone} {count}")).collect();
                Printer::complain(&format!(
                    "warning: AZRebalance of {group} stays suspended: the zones are unequal ({}), and AWS would terminate \
                     nodes undrained to make them equal. Once they are equal: {by_hand}",
                    zones.join(", ")
                ));
            }
            Err(error) => {
                Printer::complain(&format!(
                    "warning: AZRebalance of {group} is still suspended: {error}. Then: {by_hand}"
                ));
            }
        }
    }

    /// What the console of an instance said that never joined.
    fn show_console(&self, rollout: &Rollout) {
        let Some(failure) = rollout.failure().filter(|it| it.code == FailureCode::NodeCreationFailure) else {
            return;
        };
        let Why::JoinTimedOut { instance, troubles, .. } = &failure.why else { return };
        for trouble in troubles {
            let said = messages::join_advice(trouble, instance);
            Printer::complain(&format!("note: {said}"));
        }
        match self.reached.runtime.block_on(self.cloud.console(instance.as_str(), CONSOLE)) {
            Ok(lines) if lines.is_empty() => {
                Printer::complain(&format!("note: EC2 has no console output of instance {instance}"));
            }
            Ok(lines) => {
                Printer::complain(&format!("note: the last lines of the console of instance {instance}:"));
                lines.iter().for_each(|line| Printer::complain(&format!("  {line}")));
            }
            Err(error) => {
                Printer::complain(&format!(
                    "note: the console of instance {instance} cannot be read: {error}"
                ));
            }
        }
    }

    /// Takes template versions away that nothing launches from any more, and gives back how the group names its version.
    fn tidy(&self, rollout: &Rollout) {
        let succeeded = rollout.end().is_some_and(|end| end.outcome == Outcome::Succeeded);
        let before = rollout.measured().map(|measured| measured.previous_version);
        let (runtime, id) = (&self.reached.runtime, &rollout.spec().update);
        if let Err(error) = patiently(runtime, || self.cloud.tidy(id.as_str(), before.filter(|_| succeeded)))
        {
            Printer::complain(&format!(
                "warning: template versions of earlier updates are not taken away: {error}. They cost nothing and harm nothing"
            ));
        }
        let group = &self.found.group.name;
        match patiently(runtime, || self.cloud.name_version_again()) {
            Ok(None | Some((_, true))) => {}
            Ok(Some((word, false))) => Printer::complain(&format!(
                "note: {group} launched {word} before and names a version now, since {word} is another one"
            )),
            Err(error) => Printer::complain(&format!(
                "warning: {group} may name a version by number that it named by a word before: {error}"
            )),
        }
    }
}
