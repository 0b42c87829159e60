//! `replank upgrade nodegroup --cloud aws`: the managed update of a group that is managed by nobody.

use std::sync::Arc;

use anyhow::Result;
use jiff::SignedDuration;
use replank_aws::events::EventsQueue;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight::{self, Concern};
use replank_aws::{Aws, AwsCloud};
use replank_core::names::{InstanceId, ObjectName};
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::spec::Spec;
use replank_kube::lists::version;
use replank_kube::suspend::{self, Suspended};
use replank_kube::{Claimed, NodeScope};
use replank_kwok::placer;
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;

use super::super::connect::{Reached, reach};
use super::super::data_directory::{self, DataDirectory};
use super::super::kept::Kept;
use super::super::run::{Running, to_its_end};
use super::super::upgrade::config;
use super::group::patiently;
use super::plan::Looked;
use super::{group, joining, managed, plan};
use crate::cli::remote::{Engine, Format, UpgradeNodegroup};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::settings;

/// An update of a self-managed group, planned or run in this process.
pub(crate) struct SelfManaged {
    pub(crate) reached: Reached,
    pub(crate) cloud: AwsCloud,
    pub(crate) found: NodeGroup,
    pub(in crate::real) kept: Kept,
    asked: StartSelfManagedUpdate,
    rules: Rules,
    /// What tells of the group as it happens.
    events: Option<EventsQueue>,
    /// Deployment of the autoscaler that is to stand still.
    autoscaler: Option<ObjectName>,
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
    let autoscaler = local.suspend_autoscaler.as_deref();
    let autoscaler = autoscaler.map(|written| deployment("--suspend-autoscaler", written)).transpose()?;
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
    if local.assist {
        let group = &found.group.name;
        return Err(bad(format!("--assist: {group} is yours, and replank itself asks its pods to leave")));
    }
    let asked = StartSelfManagedUpdate {
        cluster: found.cluster.clone().unwrap_or_else(|| flags.cluster.cluster.clone().unwrap_or_default()),
        control_plane: reached.runtime.block_on(version(&reached.connection.client)).ok(),
        group: found.group.name.clone(),
        wanted: wanted(flags),
        force: flags.force,
        config,
    };
    let usual = || data_directory::usual(&reached, Some(&found.group.name));
    let path = flags.server.data.clone().map_or_else(usual, Ok)?;
    let kept = Kept::open(DataDirectory::open(&path, flags.approve)?, &reached, &found.group.name)?;
    let events = local.events_queue.as_deref().map(|url| events(&reached, &aws, url, &found)).transpose()?;
    let cloud = AwsCloud::new(aws, &found.group.name);
    let rules = Rules { limits, ..Rules::default() };
    let one = SelfManaged { reached, cloud, found, kept, asked, rules, events, autoscaler };
    if flags.approve { one.run(flags, least, printer) } else { one.plan(flags.server.output, least, printer) }
}

/// The queue that a flag names, asked once.
fn events(reached: &Reached, aws: &Arc<Aws>, url: &str, found: &NodeGroup) -> Result<EventsQueue> {
    let opened = reached.runtime.block_on(EventsQueue::open(aws, url, &found.group.name));
    opened.map_err(|error| bad(format!("--events-queue: {error}")))
}

/// The Deployment that a flag names.
pub(crate) fn deployment(flag: &str, written: &str) -> Result<ObjectName> {
    match written.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok(ObjectName::new(namespace, name))
        }
        _ => Err(bad(format!(
            "{flag}: {written:?} is no NAMESPACE/NAME of a Deployment, such as kube-system/cluster-autoscaler"
        ))),
    }
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

/// Instances that have nothing on them any more that could leave: drained, emptied by force, or never a node.
pub(crate) fn drained(events: &[Event]) -> impl Iterator<Item = InstanceId> {
    events.iter().filter_map(|event| {
        let (Fact::Drained { instance }
        | Fact::ForceBegan { instance }
        | Fact::Picked { instance, node: None, .. }) = &event.fact
        else {
            return None;
        };
        Some(instance.clone())
    })
}

impl SelfManaged {
    fn spec(&self) -> Result<Spec> {
        let earlier =
            self.kept.journal.list()?.into_iter().filter(|one| one.group == self.kept.group).count();
        let ask = || self_managed::prepare(&self.cloud, &self.asked, self.rules, earlier);
        patiently(&self.reached.runtime, ask)
    }

    fn plan(self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        self.kept.note_unfinished()?;
        let spec = self.spec()?;
        let side = self.reached.side(NodeScope::Instances);
        plan::show(
            Looked { reached: &self.reached, cloud: &self.cloud, side, found: &self.found, is_ours: true },
            &spec,
            least,
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
                self.may_begin(&spec)?;
                spec
            }
        };
        let recorded = self.kept.begin(&self.reached, unfinished, spec, flags)?;
        let update = recorded.rollout.spec().update.clone();
        let (_, events) = self.kept.journal.load(&update)?;
        self.cloud.were_drained(drained(&events));
        let claim = self.kept.claim(&self.reached)?;
        let limit = recorded.rollout.spec().limits.join;
        joining::explain(&self.cloud, &self.reached, &self.asked.cluster, limit);
        let held = self.hold();
        if let Err(error) = held {
            drop(claim);
            self.give_back(&update)?;
            return Err(error);
        }
        let cluster =
            self.reached.side(NodeScope::Instances).with_placer(placer(&self.reached.connection, None));
        let due = group::watched(&self.cloud, &self.reached);
        if let Some(events) = self.events.take() {
            events.wake(&self.cloud, self.reached.runtime.handle());
        }
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
        self.give_back(&update)?;
        ended
    }

    /// Holds what must not act meanwhile.
    fn hold(&self) -> Result<()> {
        if let Some(name) = &self.autoscaler {
            let group = self.kept.group.as_str();
            let suspended = suspend::suspend(&self.reached.connection.client, name, group);
            if self.reached.runtime.block_on(suspended).map_err(|error| bad(error.to_string()))?
                == Suspended::Theirs
            {
                Printer::complain(&format!(
                    "note: Deployment {name} has no replicas already, and is left as it is"
                ));
            }
        }
        patiently(&self.reached.runtime, || self.cloud.hold()).map(drop)
    }

    /// Error if something keeps the update from beginning; prints the rest.
    fn may_begin(&self, spec: &Spec) -> Result<()> {
        let mut concerns = plan::concerns(&self.reached, &self.cloud, true)?;
        concerns.extend(preflight::untold(spec));
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
}
