//! `replank upgrade nodegroup --cloud aws` on a group of EKS's: planned by the same policy, begun and ended by EKS, and
//! explained from the cluster's side while it runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::managed::{Managed, ManagedStatus, ManagedUpdate, Progress};
use replank_aws::node_groups::NodeGroup;
use replank_aws::{Aws, AwsCloud};
use replank_core::names::NodeGroupName;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Observation;
use replank_core::pod_rules::PodRules;
use replank_engine::messages;
use replank_engine::report::{About, Line, Repeats};
use replank_engine::serialized::Time;
use replank_kube::{KubeClusterPort, NodeScope};
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;

use super::super::connect::Reached;
use super::assist::{self, Assistant};
use super::group::patiently;
use super::plan::{self, Looked};
use crate::cli::remote::UpgradeNodegroup;
use crate::errors::bad;
use crate::exit::Exit;
use crate::follow::{EndJson, Ending, Engine, FollowPrinter, Heard, Source, follow};
use crate::printer::Printer;

/// How often EKS is asked how its update stands.
const ASKED_EVERY: Duration = Duration::from_secs(15);
/// How often the cluster is looked at, which asks nobody: it is watched.
const LOOKED_EVERY: Duration = Duration::from_secs(2);
/// How long EKS tries to empty a node before it gives up with `PodEvictionFailure` (EKS: managed node update behaviour).
const EKS_DRAINS: SignedDuration = SignedDuration::from_mins(15);
/// How long a wait lasts before it is worth a line: pods come and go all the time.
const WORTH_A_LINE: SignedDuration = SignedDuration::from_secs(10);

/// A managed group, with what its update is asked of and looked at with.
struct EksGroup {
    reached: Reached,
    aws: Arc<Aws>,
    found: NodeGroup,
    cluster: String,
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
        let cloud = AwsCloud::new(self.aws.clone(), &self.found.group.name);
        let wanted = match (&flags.release_version, &flags.kubernetes_version, &self.managed.version) {
            (Some(release), ..) => Wanted::Release(release.clone()),
            (None, Some(minor), _) | (None, None, Some(minor)) => Wanted::Minor(minor.clone()),
            (None, None, None) => Wanted::Launched,
        };
        let asked = StartSelfManagedUpdate {
            cluster: self.cluster.clone(),
            control_plane: None,
            group: self.found.name.clone(),
            wanted,
            force: flags.force,
            config: self.managed.config.clone(),
        };
        let ask = || self_managed::prepare(&cloud, &asked, Rules::default(), 0);
        let spec = patiently(&self.reached.runtime, ask)?;
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
            flags.server.output,
            printer,
        )
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
        let mut source = EksUpdate {
            group: self,
            side,
            seen: Observation::default(),
            update,
            assistant,
            progress: None,
            asked_at: None,
            told: Repeats::default(),
        };
        let ended = follow(&mut source, &mut FollowPrinter::new(printer, flags.server.output));
        assist::give_back(&source.group.reached, &name);
        ended
    }

    fn cluster_side(&self) -> KubeClusterPort {
        self.reached.side(NodeScope::Group(NodeGroupName::from(self.found.name.as_str())))
    }
}

/// An update that EKS runs.
struct EksUpdate {
    group: EksGroup,
    side: KubeClusterPort,
    seen: Observation,
    update: String,
    /// Does what a person would do by hand; `None` where nobody asked for that.
    assistant: Option<Assistant>,
    progress: Option<Progress>,
    asked_at: Option<Instant>,
    told: Repeats,
}

impl Source for EksUpdate {
    fn next(&mut self) -> Result<Heard> {
        if self.group.reached.interrupt.asked() {
            return Ok(Heard::Left);
        }
        let is_due = self.asked_at.is_none_or(|at| at.elapsed() >= ASKED_EVERY);
        let mut lines = Vec::new();
        if is_due {
            self.asked_at = Some(Instant::now());
            lines.extend(self.ask());
        } else {
            std::thread::sleep(LOOKED_EVERY);
        }
        if let Some(progress) =
            self.progress.clone().filter(|progress| progress.status != ManagedStatus::InProgress)
        {
            return Ok(Heard::Over(Box::new(ending(&progress, &self.group.found.name))));
        }
        let begun = self.progress.as_ref().map(|progress| progress.begun);
        lines.extend(self.look());
        Ok(Heard::Lines { begun, lines })
    }

    fn way_back(&self) -> String {
        "EKS goes on with its update. The same command follows it again.".to_owned()
    }
}

impl EksUpdate {
    /// Asks EKS how the update stands. What goes wrong with that is told, and asked again.
    fn ask(&mut self) -> Vec<Line> {
        let (cluster, name) = (&self.group.cluster, &self.group.found.name);
        let asked = self.group.aws.managed_progress(cluster, name, &self.update);
        match self.group.reached.runtime.block_on(asked) {
            Ok(progress) => {
                let is_first = self.progress.replace(progress).is_none();
                let said = format!("update {} of EKS is under way", self.update);
                is_first.then(|| self.line(About::Update, said)).into_iter().collect()
            }
            Err(failure) => {
                vec![self.line(About::Wait, format!("EKS does not tell how it stands: {failure}"))]
            }
        }
    }

    /// What keeps pods on the nodes that EKS empties, in the words of an update of ours.
    fn look(&mut self) -> Vec<Line> {
        let now = Timestamp::now();
        let read = self.group.reached.runtime.block_on(self.side.read_once(&mut self.seen));
        if read.is_err() {
            return Vec::new();
        }
        let evacuation = evacuation(&self.seen, now);
        let evacuated = evacuate(&evacuation, &self.seen, now);
        let mut lines = self.assist(&evacuation, &evacuated, now);
        let waits = stalls(evacuated.waits, now);
        let news: Vec<Wait> = self.told.news("", &waits, now).into_iter().cloned().collect();
        let texts = news.iter().flat_map(|wait| {
            let advice = messages::advice(wait).map(|advice| (About::Problem, advice));
            std::iter::once((About::Wait, messages::describe(wait, now))).chain(advice)
        });
        lines.extend(texts.map(|(about, text)| self.line(about, text)));
        lines
    }

    fn assist(&mut self, evacuation: &Evacuation, evacuated: &Evacuated, now: Timestamp) -> Vec<Line> {
        let Some(assistant) = &mut self.assistant else { return Vec::new() };
        let told =
            assistant.act(&self.group.reached, &self.side, &mut self.seen, (evacuation, evacuated), now);
        told.into_iter().map(|(about, text)| self.line(about, text)).collect()
    }

    fn line(&self, about: About, text: String) -> Line {
        Line { at: Time(Timestamp::now()), group: self.group.found.name.clone(), about, text, fact: None }
    }
}

/// The nodes that EKS has cordoned, each until EKS gives up on it.
fn evacuation(seen: &Observation, now: Timestamp) -> Evacuation {
    let closed = seen
        .members
        .foreign_nodes()
        .chain(seen.members.iter().filter_map(|(_, member)| member.node.as_ref()));
    let nodes = closed.filter(|node| node.cordoned).map(|node| {
        let since = node.cordoned_since().unwrap_or(now);
        (node.name.clone(), (since, Some(since + EKS_DRAINS)))
    });
    Evacuation { nodes: nodes.collect(), rules: PodRules::default(), limits: Limits::default() }
}

/// The waits that are worth a line.
fn stalls(waits: Vec<Wait>, now: Timestamp) -> Vec<Wait> {
    let is_short = |wait: &Wait| {
        let passes = matches!(wait.on, On::EvictionSent { .. } | On::Terminating { .. });
        passes || wait.since.is_some_and(|since| now.duration_since(since) < WORTH_A_LINE)
    };
    waits.into_iter().filter(|wait| !is_short(wait)).collect()
}

fn ending(progress: &Progress, group: &str) -> Ending {
    let (exit, outcome) = match &progress.status {
        ManagedStatus::Successful => (Exit::Done, "succeeded".to_owned()),
        ManagedStatus::InProgress => (Exit::Cancelled, "left".to_owned()),
        ManagedStatus::Ended(word) => (Exit::Failed, word.to_lowercase()),
    };
    let mut sentences = vec![format!("Update {} of node group {group} by EKS: {outcome}.", progress.update)];
    sentences.extend(progress.errors.iter().map(|error| format!("  {error}")));
    let failure = (!progress.errors.is_empty()).then(|| progress.errors.join("; "));
    let value = EndJson {
        update: progress.update.clone(),
        engine: Engine::Eks,
        outcome,
        failure,
        kept: None,
        seconds: None,
        phases: Vec::new(),
        stalls: Vec::new(),
        unplaced: Vec::new(),
    };
    Ending { exit, sentences, value }
}
