//! What every face shows of an upgrade: one value, made of a turn or of a plan alone.

use jiff::Timestamp;
use replank_core::cluster_upgrade::decision::Decision;
use replank_core::cluster_upgrade::event::How;
use replank_core::cluster_upgrade::plan::{Step, What};
use replank_core::cluster_upgrade::problem::Outcome;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::wait::Wait;
use serde::{Deserialize, Serialize};

use crate::messages::upgrade as words;
use crate::serialized::Time;

/// An upgrade as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeReport {
    /// Id of the upgrade.
    pub upgrade: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Version of the control plane at the start.
    pub from: String,
    /// Version in the end.
    pub to: String,
    /// Whether it goes on by itself, waits for a person, or is over.
    pub status: UpgradeStatus,
    /// When it was asked for.
    pub started_at: Time,
    /// When this was true.
    pub at: Time,
    /// Number of the present step, from 1; one more than there are when all are over.
    pub step: usize,
    /// The whole plan.
    pub steps: Vec<StepReport>,
    /// One entry for each thing that keeps it from going on; empty once it is over.
    #[serde(default)]
    pub waits: Vec<WaitReport>,
    /// What a person should look at.
    #[serde(default)]
    pub problems: Vec<String>,
    /// Time of the end; `None` while it is planned or under way.
    pub ended_at: Option<Time>,
}

/// How an upgrade stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UpgradeStatus {
    /// Nothing is begun: this is a plan.
    Planned,
    /// It goes on by itself.
    Running,
    /// It waits for a person: at a gate, after a stop, or paused.
    Waiting,
    /// The cluster is at the target.
    Succeeded,
    /// A person ended it.
    Cancelled,
}

impl UpgradeStatus {
    /// Whether it has ended.
    pub fn is_over(self) -> bool {
        match self {
            Self::Succeeded | Self::Cancelled => true,
            Self::Planned | Self::Running | Self::Waiting => false,
        }
    }
}

/// A step of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Its number, from 1.
    pub number: usize,
    /// The minor it leads to.
    pub minor: String,
    /// `gate`, `check`, `controlPlane`, `ownControlPlane` (its owner moves it), `rollBack`, `addOn`, `ownAddOn` (its
    /// objects are changed), `nodeGroup` or `fargate`.
    pub kind: String,
    /// The add-on or the node group.
    pub name: Option<String>,
    /// Sentence about what changes in this step, for people.
    pub does: String,
    /// What it may disturb.
    pub disturbs: String,
    /// Which check guards it.
    pub guard: String,
    /// About how long it takes, where nothing holds it up, in seconds.
    pub seconds: i64,
    /// Where it stands.
    pub state: StepState,
    /// `None` until what the step does is about to be asked for, and when there was nothing to do.
    pub began_at: Option<Time>,
    /// `None` until the step is over.
    pub ended_at: Option<Time>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// Steps before it are not over.
    Pending,
    /// Under way.
    Running,
    /// What the step does was done.
    Done,
    /// There was nothing to do.
    NothingToDo,
}

/// What an upgrade waits for, as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitReport {
    /// In words.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Begin of the wait; `None` where neither the journal nor the cluster tells.
    pub since: Option<Time>,
    /// When it counts as late or the step stops; `None` where the wait has no end.
    pub until: Option<Time>,
}

/// A fact of the decision record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FactReport {
    /// Time of the record.
    pub at: Time,
    /// In words.
    pub text: String,
}

impl UpgradeReport {
    /// What is shown of a turn.
    pub fn of(upgrade: &Upgrade, decision: &Decision, at: Timestamp) -> Self {
        let shown = Self::planned(upgrade, at);
        let status = match upgrade.end().map(|end| end.outcome) {
            Some(Outcome::Succeeded) => UpgradeStatus::Succeeded,
            Some(Outcome::Cancelled) => UpgradeStatus::Cancelled,
            None if decision.wake_at.is_none() && !decision.waits.is_empty() => UpgradeStatus::Waiting,
            None => UpgradeStatus::Running,
        };
        let wait = |wait: &Wait| WaitReport {
            text: words::wait(&wait.on, at, wait.until),
            advice: words::advice(&wait.on),
            since: wait.since.map(Time),
            until: wait.until.map(Time),
        };
        let problems = decision.problems.iter().map(|problem| words::problem(problem, at)).collect();
        Self { status, waits: decision.waits.iter().map(wait).collect(), problems, ..shown }
    }

    /// Whether it goes back to the minor before.
    pub fn is_rollback(&self) -> bool {
        self.steps.iter().any(|step| step.kind == "rollBack")
    }

    /// The plan, with what is over of it.
    pub fn planned(upgrade: &Upgrade, at: Timestamp) -> Self {
        let spec = upgrade.spec();
        Self {
            upgrade: spec.upgrade.to_string(),
            cluster: spec.cluster.to_string(),
            from: spec.from.to_string(),
            to: spec.to.to_string(),
            status: UpgradeStatus::Planned,
            started_at: Time(upgrade.started_at()),
            at: Time(at),
            step: upgrade.at() as usize + 1,
            steps: (0..upgrade.steps().len()).map(|number| StepReport::of(upgrade, number)).collect(),
            waits: Vec::new(),
            problems: Vec::new(),
            ended_at: upgrade.end().map(|end| Time(end.at)),
        }
    }
}

impl StepReport {
    fn of(upgrade: &Upgrade, number: usize) -> Self {
        let step: &Step = &upgrade.steps()[number];
        let (kind, name) = match &step.what {
            What::Gate => ("gate", None),
            What::Check => ("check", None),
            What::ControlPlane => ("controlPlane", None),
            What::OwnControlPlane => ("ownControlPlane", None),
            What::RollBack => ("rollBack", None),
            What::AddOn(name) => ("addOn", Some(name.to_string())),
            What::OwnAddOn(name) => ("ownAddOn", Some(name.to_string())),
            What::NodeGroup(name) => ("nodeGroup", Some(name.to_string())),
            What::Fargate => ("fargate", None),
        };
        let passed = upgrade.passed().get(number);
        let began = passed.map_or_else(
            || upgrade.present().began_at.filter(|_| number == upgrade.at() as usize),
            |passed| passed.began_at,
        );
        let state = match (passed.map(|passed| passed.how), began) {
            (Some(How::Done), _) => StepState::Done,
            (Some(How::NothingToDo), _) => StepState::NothingToDo,
            (None, Some(_)) => StepState::Running,
            (None, None) => StepState::Pending,
        };
        Self {
            number: number + 1,
            minor: step.minor.to_string(),
            kind: kind.to_owned(),
            name,
            does: words::does(step),
            disturbs: words::disturbs(step).to_owned(),
            guard: words::guard(step).to_owned(),
            seconds: step.lasts(upgrade.spec()).as_secs(),
            state,
            began_at: began.map(Time),
            ended_at: passed.map(|passed| Time(passed.at)),
        }
    }
}
