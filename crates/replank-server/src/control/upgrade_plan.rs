//! What a plan of an upgrade says of a cluster as it was seen: its steps, what would hold it up, what would stop working.

use jiff::Timestamp;
use replank_core::cluster_upgrade::decide::{decide, findings};
use replank_core::cluster_upgrade::observed::Observation;
use replank_core::cluster_upgrade::plan::Step;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::spec::Spec;
use replank_core::cluster_upgrade::wait::{Finding, On};
use replank_core::version::Minor;
use replank_engine::cluster_upgrade::report::UpgradeReport;
use replank_engine::messages;

use super::upgrade_api::UpgradePlan;

/// The check that finds pods on Fargate behind their control plane.
const FARGATE_CHECK: &str = "fargate-pod-behind";

impl UpgradePlan {
    /// The first minor that the control plane moves to.
    pub fn first(spec: &Spec) -> Minor {
        if spec.is_rollback() { spec.to } else { spec.from.next() }
    }

    /// Puts the steps of an upgrade into the plan, and what would hold up or break its first minor in the cluster as it
    /// was `seen`.
    pub fn fill(&mut self, upgrade: &Upgrade, seen: &Observation, now: Timestamp) {
        let spec = upgrade.spec();
        let found = findings(spec, seen, Self::first(spec));
        let breaking = seen.checked.iter().flat_map(|checked| &checked.breaking);
        let breaking = breaking.filter(|found| !spec.accepted.contains(&found.check));
        self.breaking = breaking.map(messages::upgrade::check_finding).collect();
        // Groups and pods that are behind are brought along by the plan itself.
        let catches_up = upgrade.steps().first().is_some_and(Step::acts);
        let relaunches = !spec.fargate_profiles.is_empty();
        let stays = |finding: &&Finding| match finding {
            Finding::NodesBehind { .. } | Finding::NodesAhead { .. } => !catches_up,
            Finding::FargateBehind { .. } => !relaunches,
            Finding::Blocks(found) => !relaunches || found.check != FARGATE_CHECK,
            Finding::KubeletsTooOld { .. }
            | Finding::NoAddOnVersion { .. }
            | Finding::KubeProxyTooOld { .. } => true,
        };
        self.findings = found.iter().filter(stays).map(messages::upgrade::finding).collect();
        self.findings.extend(not_relaunched(upgrade, seen, now));
        self.plan = Some(UpgradeReport::planned(upgrade, now));
    }
}

/// Pods on Fargate that are behind and that the plan's first step cannot have made again.
fn not_relaunched(upgrade: &Upgrade, seen: &Observation, now: Timestamp) -> Vec<String> {
    let waits = decide(upgrade, seen, now).waits.into_iter();
    let stuck = waits.filter(|wait| matches!(wait.on, On::FargateAlone { .. } | On::FargateHeld { .. }));
    stuck.map(|wait| messages::upgrade::wait(&wait.on, now, wait.until)).collect()
}
