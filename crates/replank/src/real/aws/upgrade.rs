//! `replank upgrade nodegroup --cloud aws`: the managed update of a group that is managed by nobody.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::AwsCloud;
use replank_aws::hold::Released;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight::Concern;
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::Spec;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Journal, Recorded};
use replank_kube::lists::version;
use replank_kube::{Claimed, Claims, KubeClusterPort, NodeScope};
use replank_kwok::placer;
use replank_service::records::UpdateConfigChange;
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;

use super::super::connect::{Reached, reach};
use super::super::holder;
use super::super::run::{Running, to_its_end};
use super::super::upgrade::usual_place;
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
    journal: Journal,
    group: NodeGroupName,
    asked: StartSelfManagedUpdate,
    rules: Rules,
    claims: Arc<Claims>,
    /// Held as long as the update runs.
    _data: DataDir,
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
    let mut one =
        SelfManaged::new(reached, AwsCloud::new(aws, &found.group.name), found, asked, local.data.clone())?;
    one.rules.limits = limits;
    if flags.approve {
        one.run(flags.server.output, least, printer)
    } else {
        one.plan(flags.server.output, printer)
    }
}

fn config(flags: &UpgradeNodegroup) -> Result<UpdateConfigChange> {
    let max_unavailable = flags.max_unavailable.as_deref().map(settings::max_unavailable).transpose()?;
    let (count, share) = max_unavailable.unwrap_or_default();
    Ok(UpdateConfigChange {
        max_unavailable: count.map(u64::from),
        max_unavailable_percentage: share.map(u64::from),
        update_strategy: flags.strategy.map(|strategy| strategy.word().to_owned()),
    })
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
    fn new(
        reached: Reached,
        cloud: AwsCloud,
        found: NodeGroup,
        asked: StartSelfManagedUpdate,
        data: Option<PathBuf>,
    ) -> Result<Self> {
        let path = match data {
            Some(path) => path,
            None => usual_place(reached.connection.context.as_deref(), &found.group.name)?,
        };
        let data = DataDir::open(&path, &Holder::this_process(Timestamp::now()));
        let data = data.map_err(|error| bad(error.to_string()))?;
        let journal = data.journal().map_err(|error| bad(error.to_string()))?;
        let group = NodeGroupName::from(found.group.name.as_str());
        let holder = holder::of_data(&data)?;
        let claims = Claims::new(reached.connection.clone(), holder, reached.runtime.handle().clone());
        let rules = Rules::default();
        Ok(Self { reached, cloud, found, journal, group, asked, rules, claims, _data: data })
    }

    /// The update of this group that an earlier process left unfinished.
    fn unfinished(&self) -> Result<Option<Recorded>> {
        Ok(self.journal.unfinished()?.into_iter().find(|one| one.rollout.spec().group == self.group))
    }

    fn spec(&self) -> Result<Spec> {
        let earlier = self.journal.list()?.into_iter().filter(|one| one.group == self.group).count();
        let ask = || self_managed::prepare(&self.cloud, &self.asked, self.rules, earlier);
        patiently(&self.reached.runtime, ask)
    }

    fn cluster_side(&self) -> KubeClusterPort {
        let (client, cache) = (self.reached.connection.client.clone(), self.reached.cache.clone());
        KubeClusterPort::new(client, cache, NodeScope::Instances)
    }

    fn plan(self, format: Format, printer: &mut Printer) -> Result<Exit> {
        if let Some(recorded) = self.unfinished()? {
            let update = &recorded.rollout.spec().update;
            Printer::complain(&format!(
                "note: update {update} is unfinished; --approve goes on with it. This plan is one of an update that \
                 begins anew from here"
            ));
        }
        let spec = self.spec()?;
        let side = self.cluster_side();
        plan::show(
            Looked { reached: &self.reached, cloud: &self.cloud, side, found: &self.found, is_ours: true },
            &spec,
            format,
            printer,
        )
    }

    fn run(mut self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        let recorded = match self.unfinished()? {
            Some(recorded) => recorded,
            None => {
                let spec = self.spec()?;
                self.may_begin()?;
                self.journal.start(spec, Timestamp::now())?
            }
        };
        if recorded.rollout.spec().force {
            self.reached.may_force()?;
        }
        let claim = self.claims.of(self.group.as_str());
        self.reached.runtime.block_on(claim.hold()).map_err(bad)?;
        patiently(&self.reached.runtime, || self.cloud.hold())?;
        let cluster = self.cluster_side().with_placer(placer(&self.reached.connection, None));
        let due = group::watched(&self.cloud, &self.reached);
        let sides = (Claimed::new(cluster, claim.clone()), Claimed::new(self.cloud.clone(), claim.clone()));
        let running = Running {
            reached: &self.reached,
            journal: &mut self.journal,
            claims: &self.claims,
            claim,
            recorded,
            sides,
            changes: vec![due],
            probe: DieAt::from_environment(|| false),
        };
        let ended = to_its_end(running, format, least, printer);
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
        if self.unfinished()?.is_some() {
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
