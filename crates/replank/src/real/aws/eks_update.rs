//! An update that EKS runs, followed to its end: how it stands, what holds it up from the cluster's side, which instance does
//! not join, and what helps it on.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::AwsCloud;
use replank_aws::managed::{ManagedStatus, Progress};
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Observation;
use replank_core::pod_rules::PodRules;
use replank_engine::messages;
use replank_engine::ports::Cloud;
use replank_engine::report::{About, Line, Repeats};
use replank_engine::serialized::Time;
use replank_kube::KubeClusterPort;

use super::assist::Assistant;
use super::joining;
use super::managed::EksGroup;
use crate::exit::Exit;
use crate::follow::{EndJson, Ending, Engine, Heard, Source};

/// How often EKS is asked how its update stands.
const ASKED_EVERY: Duration = Duration::from_secs(15);
/// How often the cluster is looked at, which asks nobody: it is watched.
const LOOKED_EVERY: Duration = Duration::from_secs(2);
/// How long EKS tries to empty a node before it gives up with `PodEvictionFailure` (EKS: managed node update behaviour).
const EKS_DRAINS: SignedDuration = SignedDuration::from_mins(15);
/// How long a wait lasts before it is worth a line: pods come and go all the time.
const WORTH_A_LINE: SignedDuration = SignedDuration::from_secs(10);

/// An update that EKS runs.
pub(super) struct EksUpdate {
    pub(super) group: EksGroup,
    side: KubeClusterPort,
    /// The group's instances, looked at to say why one does not join.
    cloud: AwsCloud,
    seen: Observation,
    update: String,
    /// Does what a person would do by hand; `None` where nobody asked for that.
    assistant: Option<Assistant>,
    progress: Option<Progress>,
    asked_at: Option<Instant>,
    told: Repeats,
}

impl EksUpdate {
    /// The update of that id, with both sides of the group and who helps it on.
    pub(super) fn new(
        group: EksGroup,
        (side, cloud): (KubeClusterPort, AwsCloud),
        update: String,
        assistant: Option<Assistant>,
    ) -> Self {
        let (seen, told) = (Observation::default(), Repeats::default());
        Self { group, side, cloud, seen, update, assistant, progress: None, asked_at: None, told }
    }
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
            return Ok(Heard::Over(Box::new(ending(&progress, &self.group.found.name, &self.seen))));
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
        // It only explains: what cannot be read of the instances holds nothing up.
        if let Err(error) = self.group.reached.runtime.block_on(self.cloud.observe(&mut self.seen)) {
            tracing::debug!("the instances of the group: {error:?}");
        }
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
        let waits: Vec<Wait> =
            stalls(evacuated.waits, now).into_iter().chain(joining::waits(&self.seen)).collect();
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

fn ending(progress: &Progress, group: &str, seen: &Observation) -> Ending {
    let (exit, outcome) = match &progress.status {
        ManagedStatus::Successful => (Exit::Done, "succeeded".to_owned()),
        ManagedStatus::InProgress => (Exit::Cancelled, "left".to_owned()),
        ManagedStatus::Ended(word) => (Exit::Failed, word.to_lowercase()),
    };
    let mut sentences = vec![format!("Update {} of node group {group} by EKS: {outcome}.", progress.update)];
    sentences.extend(progress.errors.iter().map(|error| format!("  {error}")));
    let not_joined = if exit == Exit::Failed { joining::sentences(seen) } else { Vec::new() };
    sentences.extend(not_joined.iter().map(|sentence| format!("  {sentence}")));
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
        not_joined,
    };
    Ending { exit, sentences, value }
}
