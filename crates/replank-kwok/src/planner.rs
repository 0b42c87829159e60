//! Predicts an update of a real cluster: rehearsed on a snapshot that is taken for it, else projected. Reads the
//! cluster, and changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::NodeGroupName;
use replank_core::node_group::plan::{Plan, beside, plan};
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Observation, Read};
use replank_engine::messages;
use replank_engine::ports::{Cloud, ReadError};
use replank_engine::report::StallJson;
use replank_formats::snapshot::{self, LaidOver};
use replank_formats::worldfile::spec::{NodeGroup, Operators, Size, WorldSpec};
use replank_rehearsal::adapter::SimulatedCloud;
use replank_rehearsal::seed::Notes;
use replank_rehearsal::session::{
    GroupRehearsal, REHEARSED_IN_A_REQUEST_MAX, REHEARSED_MAX, Rehearsal, Session,
};
use replank_service::ports::planner::Rehearsal as Told;
use replank_world::shared::Shared;

use crate::snapshot_read::{self, Taken};
use crate::{KwokCloud, RealCluster};

/// Time limit for taking the snapshot; beyond it the update is projected.
const READ_WITHIN: Duration = Duration::from_mins(2);

/// Predicts updates of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterPlanner {
    pub(crate) cluster: RealCluster,
    /// World file with what a cluster does not tell.
    over: Option<LaidOver>,
    /// What is assumed of operators, which nothing simulates.
    operators: Operators,
    /// Durations for what no snapshot tells.
    paces: Paces,
}

/// Who waits for a prediction: a large cluster is projected where there is no time for a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// A person, with time to spare.
    Person,
    /// A request, which has a deadline.
    Request,
}

/// Prediction of an update.
#[derive(Debug)]
pub struct ClusterPlan {
    /// Phases, order of the nodes, findings, end.
    pub plan: Plan,
    /// Result of the rehearsal, or the reason why there was none.
    pub rehearsed: Result<Rehearsed, String>,
}

/// Result of a rehearsal.
#[derive(Debug)]
pub struct Rehearsed {
    /// The run of its only seed.
    pub run: Rehearsal,
    /// Assumptions and left-out parts of the snapshot.
    pub notes: Notes,
    /// Kinds that are missing in the snapshot, each with the reason.
    pub without: Vec<String>,
    /// Time of the snapshot.
    pub taken_at: Timestamp,
    /// Number of objects in the snapshot by kind.
    pub objects: BTreeMap<String, u64>,
    /// What the verdict hangs on: the opposite of an assumption, as a condition, and whether the update succeeds then.
    pub doubts: Vec<(&'static str, bool)>,
}

impl Rehearsed {
    /// How many nodes there were at the peak beside those of before.
    pub fn extra_nodes(&self) -> u32 {
        self.run.groups.first().map_or(0, GroupRehearsal::extra_nodes)
    }

    /// The same as the service tells it.
    pub(crate) fn told(&self) -> Told {
        let Self { run, notes, without, taken_at, objects, doubts } = self;
        let stalls = run.groups.iter().flat_map(|group| &group.stalls);
        let [.., (_, unplaced)] = messages::unplaced(&run.unplaced);
        let notes = without.iter().chain(&notes.assumed).chain(&notes.left_out);
        Told {
            taken_at: *taken_at,
            objects: objects.clone(),
            stalls: stalls.map(|stall| StallJson::of(stall, run.begun)).collect(),
            extra_nodes: self.extra_nodes(),
            refused: run.refused,
            fits: run.fits(),
            unplaced,
            notes: notes.cloned().collect(),
            doubts: doubts.iter().map(|(condition, succeeds)| ((*condition).to_owned(), *succeeds)).collect(),
        }
    }
}

impl ClusterPlanner {
    /// Planner of a cluster and its cloud.
    pub fn new(cluster: &RealCluster, cloud: &KwokCloud) -> Self {
        Self {
            cluster: cluster.clone(),
            over: cloud.over.clone(),
            operators: cloud.session.cluster().operators,
            paces: cloud.session.paces(),
        }
    }

    /// Predicts an update that begins now, with the instances of this cloud, for somebody who `waits` for it. Stalls shorter than `least` are left out.
    pub fn of(
        &self,
        cloud: &Shared,
        spec: &Spec,
        least: SignedDuration,
        waits: Waits,
    ) -> Result<ClusterPlan, ReadError> {
        let seen = self.cluster.runtime.block_on(self.look(cloud, &spec.group))?;
        let most = match waits {
            Waits::Person => REHEARSED_MAX,
            Waits::Request => REHEARSED_IN_A_REQUEST_MAX,
        };
        let rehearsed = match seen.pods.len() {
            pods if pods > most => Err(format!(
                "with {pods} pods the cluster is large, and only up to {most} are rehearsed for a plan; \
                 `replank rehearse` has no such limit"
            )),
            _ => self.rehearse(cloud, spec, least),
        };
        let shown = match &rehearsed {
            Ok(Rehearsed { run, .. }) => run.groups.first().map(|group| group.plan.clone()),
            Err(_) => None,
        };
        let projected = || plan(spec.clone(), &seen, Timestamp::now(), self.paces, &BTreeMap::default());
        let mut plan = shown.unwrap_or_else(projected);
        // A snapshot has neither the status of an autoscaler nor its Events.
        plan.beside = beside(spec, &seen, plan.begun);
        Ok(ClusterPlan { plan, rehearsed })
    }

    /// Observes the group as the update would now.
    async fn look(&self, cloud: &Shared, group: &NodeGroupName) -> Result<Observation, ReadError> {
        let mut seen = Observation::default();
        SimulatedCloud::new(cloud.clone(), group.as_str()).observe(&mut seen).await?;
        self.cluster.port(group.as_str()).read_once(&mut seen).await?;
        seen.cloud_read = Read::Fresh;
        Ok(seen)
    }

    /// Rehearses in virtual time, with the seed of the update itself. The error is the reason why it cannot be
    /// rehearsed.
    fn rehearse(&self, cloud: &Shared, spec: &Spec, least: SignedDuration) -> Result<Rehearsed, String> {
        if changes_more_than_the_image(cloud, spec) {
            return Err(
                "new nodes would differ in more than their image, which no node of today shows".into()
            );
        }
        let read = snapshot_read::allowed(&self.cluster.connection, READ_WITHIN);
        let Taken { snapshot: taken, without } = self.cluster.runtime.block_on(read)?;
        let mut wanted =
            snapshot::world_file(&taken, self.over.as_ref()).map_err(|error| error.to_string())?;
        wanted.clusters[0].operators = self.operators;
        for group in &mut wanted.clusters[0].node_groups {
            as_in_the_cloud(group, cloud);
        }
        rehearse(Taken { snapshot: taken, without }, wanted, spec, least)
    }
}

/// Rehearses an update in virtual time on a snapshot, in the world that `wanted` makes of it, with the seed of the update
/// itself. The error is the reason why it cannot be rehearsed.
pub fn rehearse(
    taken: Taken,
    wanted: WorldSpec,
    spec: &Spec,
    least: SignedDuration,
) -> Result<Rehearsed, String> {
    let Taken { snapshot: taken, without } = taken;
    let (session, notes) =
        Session::of_snapshot_for(&taken, wanted, spec).map_err(|error| error.to_string())?;
    let run = session.rehearse(spec.seed, &[], least).map_err(|error| error.to_string())?;
    let mut doubts = Vec::new();
    for (condition, change) in session.doubts() {
        let other = session.rehearse(spec.seed, &[change], least).map_err(|error| error.to_string())?;
        let succeeds = |run: &Rehearsal| run.groups.iter().all(GroupRehearsal::succeeds);
        if succeeds(&other) != succeeds(&run) {
            doubts.push((condition, succeeds(&other)));
        }
    }
    let objects = taken.counts().into_iter().map(|(kind, count)| (kind.to_owned(), count as u64)).collect();
    Ok(Rehearsed { run, notes, without, taken_at: taken.taken_at, objects, doubts })
}

/// Sets sizes and zones, which nodes do not tell, to those of the cloud.
fn as_in_the_cloud(group: &mut NodeGroup, cloud: &Shared) {
    let world = cloud.lock();
    let Some(number) = world.cloud.group_of(&group.name) else { return };
    let known = &world.cloud.group(number).spec;
    group.zones = known.zones.iter().map(ToString::to_string).collect();
    let sizes = known.sizes;
    group.size = Size { min: Some(sizes.min), desired: sizes.desired, max: Some(sizes.max) };
}

fn changes_more_than_the_image(cloud: &Shared, spec: &Spec) -> bool {
    let world = cloud.lock();
    let Some(number) = world.cloud.group_of(spec.group.as_str()) else { return false };
    let now = &world.cloud.group(number).spec;
    let content = world.cloud.content(&now.template, now.version);
    content.is_some_and(|content| content.settings != spec.target.content.settings)
}
