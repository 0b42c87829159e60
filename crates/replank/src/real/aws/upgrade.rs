//! `replank upgrade nodegroup --cloud aws`: the managed update of a group that is managed by nobody.

use anyhow::Result;
use jiff::SignedDuration;
use replank_aws::AwsCloud;
use replank_aws::hold::Released;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight::Concern;
use replank_core::node_group::spec::Spec;
use replank_kube::lists::version;
use replank_kube::{Claimed, NodeScope};
use replank_kwok::placer;
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;

use super::super::connect::{Reached, reach};
use super::super::kept::Kept;
use super::super::place::{self, Place};
use super::super::run::{Running, to_its_end};
use super::super::upgrade::config;
use super::group::patiently;
use super::plan::Looked;
use super::{group, managed, plan};
use crate::cli::remote::{Engine, Format, UpgradeNodegroup};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::settings;

/// An update of a self-managed group, planned or run in this process.
struct SelfManaged {
    reached: Reached,
    cloud: AwsCloud,
    found: NodeGroup,
    kept: Kept,
    asked: StartSelfManagedUpdate,
    rules: Rules,
}

/// Prints the plan, or runs the update.
pub(crate) fn run(flags: &UpgradeNodegroup, printer: &mut Printer) -> Result<Exit> {
    let local = &flags.local;
    if local.world.is_some() {
        return Err(bad("--world: AWS itself tells sizes and targets; it is for --cloud kwok".to_owned()));
    }
    let least = settings::stalls_from(&local.stalls)?;
    let config = config(flags)?;
    let limits = local.limits.as_deref().map(settings::limits).transpose()?.unwrap_or_default();
    let reached = reach(&local.reach)?;
    if flags.approve {
        reached.may_update_nodes()?;
    }
    let aws = group::connect(&reached.runtime, &local.account)?;
    let found = group::found(&reached.runtime, &aws, &flags.name, flags.cluster.cluster.as_deref())?;
    group::is_of_cluster(&found, &reached)?;
    if group::engine(&found, flags.engine)? == Engine::Eks {
        if local.limits.is_some() {
            return Err(bad("--limits: EKS, which updates this group, has its own".to_owned()));
        }
        return managed::run(flags, reached, aws, found, printer);
    }
    let asked = StartSelfManagedUpdate {
        cluster: found.cluster.clone().unwrap_or_else(|| flags.cluster.cluster.clone().unwrap_or_default()),
        control_plane: reached.runtime.block_on(version(&reached.connection.client)).ok(),
        group: found.group.name.clone(),
        wanted: wanted(flags),
        force: flags.force,
        config,
    };
    let usual = || place::usual(&reached, Some(&found.group.name));
    let path = flags.server.data.clone().map_or_else(usual, Ok)?;
    let kept = Kept::open(Place::open(&path, flags.approve)?, &reached, &found.group.name)?;
    let cloud = AwsCloud::new(aws, &found.group.name);
    let rules = Rules { limits, ..Rules::default() };
    let one = SelfManaged { reached, cloud, found, kept, asked, rules };
    if flags.approve { one.run(flags, least, printer) } else { one.plan(flags.server.output, printer) }
}

/// What the flags want the nodes to run; flags that exclude each other are refused before.
fn wanted(flags: &UpgradeNodegroup) -> Wanted {
    if let Some(image) = &flags.image_id {
        Wanted::Image(image.clone())
    } else if let Some(version) = &flags.launch_template_version {
        Wanted::TemplateVersion(version.clone())
    } else if let Some(release) = &flags.release_version {
        Wanted::Release(release.clone())
    } else if let Some(minor) = &flags.kubernetes_version {
        Wanted::Minor(minor.clone())
    } else {
        Wanted::Launched
    }
}

impl SelfManaged {
    fn spec(&self) -> Result<Spec> {
        let earlier =
            self.kept.journal.list()?.into_iter().filter(|one| one.group == self.kept.group).count();
        let ask = || self_managed::prepare(&self.cloud, &self.asked, self.rules, earlier);
        patiently(&self.reached.runtime, ask)
    }

    fn plan(self, format: Format, printer: &mut Printer) -> Result<Exit> {
        self.kept.note_unfinished()?;
        let spec = self.spec()?;
        let side = self.reached.side(NodeScope::Instances);
        plan::show(
            Looked { reached: &self.reached, cloud: &self.cloud, side, found: &self.found, is_ours: true },
            &spec,
            format,
            printer,
        )
    }

    fn run(mut self, flags: &UpgradeNodegroup, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        let unfinished = self.kept.unfinished()?;
        let spec = match &unfinished {
            Some(recorded) => recorded.rollout.spec().clone(),
            None => {
                let spec = self.spec()?;
                self.may_begin()?;
                spec
            }
        };
        let recorded = self.kept.begin(&self.reached, unfinished, spec, flags)?;
        let claim = self.kept.claim(&self.reached)?;
        patiently(&self.reached.runtime, || self.cloud.hold())?;
        let cluster =
            self.reached.side(NodeScope::Instances).with_placer(placer(&self.reached.connection, None));
        let due = group::watched(&self.cloud, &self.reached);
        let sides = (Claimed::new(cluster, claim.clone()), Claimed::new(self.cloud.clone(), claim.clone()));
        let running = Running {
            reached: &self.reached,
            kept: &mut self.kept,
            claim,
            recorded,
            sides,
            changes: vec![due],
            probe: DieAt::from_environment(|| false),
        };
        let ended = to_its_end(running, flags, least, printer);
        self.give_back()?;
        ended
    }

    /// Error if something keeps the update from beginning; prints the rest.
    fn may_begin(&self) -> Result<()> {
        let concerns = plan::concerns(&self.reached, &self.cloud, true)?;
        let (blocking, notes): (Vec<_>, Vec<_>) = concerns.into_iter().partition(|one| one.blocks);
        for Concern { text, advice, .. } in notes {
            Printer::complain(&format!("note: {text}; {advice}"));
        }
        match blocking.first() {
            None => Ok(()),
            Some(Concern { text, advice, .. }) => {
                Err(bad(format!("{}: {text}; {advice}", self.found.group.name)))
            }
        }
    }

    /// Gives back what was held for the update, unless it goes on later.
    fn give_back(&self) -> Result<()> {
        if self.kept.unfinished()?.is_some() {
            return Ok(());
        }
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
        Ok(())
    }
}
