//! `replank upgrade nodegroup --cloud aws` on a group of EKS's: planned by the same policy, begun and ended by EKS, and
//! explained from the cluster's side while it runs.

use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use replank_aws::managed::{Managed, ManagedUpdate};
use replank_aws::node_groups::NodeGroup;
use replank_aws::{Aws, AwsCloud};
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::{Limits, Spec};
use replank_kube::{KubeClusterPort, NodeScope};
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;

use super::super::connect::Reached;
use super::super::plan::PrintedPlan;
use super::assist::{self, Assistant};
use super::eks_update::EksUpdate;
use super::group::patiently;
use super::joining;
use super::plan::{self, Looked};
use super::rehearsal::Rehearsing;
use crate::cli::remote::UpgradeNodegroup;
use crate::errors::bad;
use crate::exit::Exit;
use crate::follow::{FollowPrinter, follow};
use crate::printer::Printer;
use crate::settings;

/// A managed group, with what its update is asked of and looked at with.
pub(super) struct EksGroup {
    pub(super) reached: Reached,
    pub(super) aws: Arc<Aws>,
    pub(super) found: NodeGroup,
    pub(super) cluster: String,
    managed: Managed,
}

/// Prints the plan, or lets EKS update the group and follows it.
pub(super) fn run(
    flags: &UpgradeNodegroup,
    reached: Reached,
    aws: Arc<Aws>,
    found: NodeGroup,
    printer: &mut Printer,
) -> Result<Exit> {
    refuse(flags)?;
    let cluster = found.cluster.clone().unwrap_or_default();
    let managed = patiently(&reached.runtime, || aws.managed(&cluster, &found.name))?;
    let none =
        || bad(format!("EKS knows no node group {} in cluster {cluster}, though a tag says so", found.name));
    let group = EksGroup { managed: managed.ok_or_else(none)?, reached, aws, found, cluster };
    if flags.approve { group.update(flags, printer) } else { group.plan(flags, printer) }
}

/// Error for flags that EKS takes from the group itself.
fn refuse(flags: &UpgradeNodegroup) -> Result<()> {
    let config = "EKS takes it from the group: aws eks update-nodegroup-config --update-config …";
    for (given, flag, why) in [
        (flags.max_unavailable.is_some(), "--max-unavailable", config),
        (flags.strategy.is_some(), "--strategy", config),
        (
            flags.local.suspend_autoscaler.is_some(),
            "--suspend-autoscaler",
            "EKS lets an autoscaler be while it updates",
        ),
        (flags.local.events_queue.is_some(), "--events-queue", "EKS itself is asked how its update stands"),
        (
            flags.image_id.is_some(),
            "--image-id",
            "the image of an EKS-managed group comes with its release, or from its \
          launch template (--launch-template-version)",
        ),
    ] {
        if given {
            return Err(bad(format!("{flag}: node group {} is EKS's. {why}", flags.name)));
        }
    }
    Ok(())
}

impl EksGroup {
    /// What the update would do. EKS runs the same phases; its order within a zone is its own.
    fn plan(self, flags: &UpgradeNodegroup, printer: &mut Printer) -> Result<Exit> {
        if flags.launch_template_version.is_some() {
            return Err(bad("--launch-template-version: EKS makes its own template of yours, so there is no plan before it \
                            does; --approve lets it".to_owned()));
        }
        let (cloud, spec) = self.asked(flags)?;
        let side = self.cluster_side();
        let issues = self.managed.issues.iter();
        for issue in issues {
            Printer::complain(&format!("note: health of the group: {issue}"));
        }
        Printer::complain(
            "note: EKS itself runs the update; the plan is that of the same phases, and the order is EKS's",
        );
        plan::show(
            Looked { reached: &self.reached, cloud: &cloud, side, found: &self.found, is_ours: false },
            &spec,
            settings::stalls_from(&flags.local.stalls)?,
            flags.server.output,
            printer,
        )
    }

    /// What EKS is to do, as an update of ours would be asked for.
    fn asked(&self, flags: &UpgradeNodegroup) -> Result<(AwsCloud, Spec)> {
        let cloud = AwsCloud::new(self.aws.clone(), &self.found.group.name);
        let (release, minor) = (flags.release_version.as_deref(), flags.kubernetes_version.as_deref());
        let asked = StartSelfManagedUpdate {
            cluster: self.cluster.clone(),
            control_plane: None,
            group: self.found.name.clone(),
            wanted: wanted(&self.managed, release, minor),
            force: flags.force,
            config: self.managed.config.clone(),
        };
        let ask = || self_managed::prepare(&cloud, &asked, Rules::default(), 0);
        let spec = patiently(&self.reached.runtime, ask)?;
        Ok((cloud, spec))
    }

    /// Rehearses what EKS is about to do, and says what came of it. EKS is asked all the same: that is what was approved.
    fn rehearse(&self, flags: &UpgradeNodegroup) -> Result<()> {
        let least = settings::stalls_from(&flags.local.stalls)?;
        let told = match self.asked(flags) {
            _ if flags.launch_template_version.is_some() => {
                vec!["not rehearsed: EKS makes its own template of yours first".to_owned()]
            }
            Ok((cloud, spec)) => {
                let seen = plan::look(&self.reached, &cloud, self.cluster_side())?;
                let paces = plan::paces(&seen, self.reached.runtime.block_on(cloud.launches_take()));
                let staged = Rehearsing { reached: &self.reached, cloud: &cloud, found: &self.found, paces };
                let planned = plan::planned(&staged, &spec, &seen, least);
                PrintedPlan::of(&spec, &planned, least).in_short()
            }
            Err(error) => vec![format!("not rehearsed: {error}")],
        };
        told.iter().for_each(|line| Printer::complain(&format!("note: {line}")));
        Ok(())
    }

    fn update(self, flags: &UpgradeNodegroup, printer: &mut Printer) -> Result<Exit> {
        let name = self.found.name.clone();
        let runtime = &self.reached.runtime;
        let assistant = Assistant::asked(&flags.local, &self.reached, &name)?;
        let running = match self.managed.status.as_str() {
            "UPDATING" => patiently(runtime, || self.aws.managed_running(&self.cluster, &name))?,
            _ => None,
        };
        let update = match running {
            Some(update) => {
                Printer::complain(&format!("note: update {update} of EKS is under way and is followed"));
                update
            }
            None => {
                self.rehearse(flags)?;
                let asked = ManagedUpdate {
                    version: flags.kubernetes_version.clone(),
                    release: flags.release_version.clone(),
                    template: flags
                        .launch_template_version
                        .clone()
                        .map(|version| (self.managed.template.clone(), version)),
                    force: flags.force,
                    token: format!("replank-{}-{}", std::process::id(), Timestamp::now().as_millisecond()),
                };
                patiently(runtime, || self.aws.update_managed(&self.cluster, &name, &asked))?
            }
        };
        let side = self.cluster_side();
        let cloud = AwsCloud::new(self.aws.clone(), &self.found.group.name);
        joining::explain(&cloud, &self.reached, &self.cluster, Limits::default().join);
        let mut source = EksUpdate::new(self, (side, cloud), update, assistant);
        let ended = follow(&mut source, &mut FollowPrinter::new(printer, flags.server.output));
        assist::give_back(&source.group.reached, &name);
        ended
    }

    fn cluster_side(&self) -> KubeClusterPort {
        self.reached.side(NodeScope::Group(NodeGroupName::from(self.found.name.as_str())))
    }
}

/// What EKS would update the group to.
pub(super) fn wanted(managed: &Managed, release: Option<&str>, minor: Option<&str>) -> Wanted {
    match (release, minor.or(managed.version.as_deref())) {
        (Some(release), _) => Wanted::Release(release.to_owned()),
        (None, Some(minor)) => Wanted::Minor(minor.to_owned()),
        (None, None) => Wanted::Launched,
    }
}
