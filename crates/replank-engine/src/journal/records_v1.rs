//! What a journal row holds in version 1: the spec of an update, and one fact.
//!
//! A row says its version beside it. Rows of version 1 are read for ever; a change that an old reader would misread
//! makes a version 2, which is written from then on.

use replank_core::event;
use replank_core::spec;
use serde::de::DeserializeOwned;

use crate::wire::v1::{Failure, KeptBecause, Outcome, Phase, Purpose, Sizes, TemplateContent};
use crate::wire::{Mirror, Span, mirror_enum, mirror_struct};

/// The version of the rows written now.
pub(super) const VERSION: u32 = 1;

/// A spec as text.
pub(super) fn write_spec(spec: &spec::Spec) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Spec::of(spec))
}

/// A fact as text.
pub(super) fn write_fact(fact: &event::Fact) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Fact::of(fact))
}

/// A spec from a row of `version`.
pub(super) fn read_spec(version: u32, text: &str) -> Result<spec::Spec, String> {
    read::<Spec>(version, text).map(Spec::back)
}

/// A fact from a row of `version`.
pub(super) fn read_fact(version: u32, text: &str) -> Result<event::Fact, String> {
    read::<Fact>(version, text).map(Fact::back)
}

fn read<T: DeserializeOwned>(version: u32, text: &str) -> Result<T, String> {
    if version != VERSION {
        return Err(format!("it is of version {version}, known is {VERSION}"));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

mirror_struct! {
    /// What was asked.
    Spec = spec::Spec {
        update: String,
        cluster: String,
        group: String,
        target: Target,
        batch: Batch,
        strategy: Strategy,
        increment: Increment,
        guard: Guard,
        order: Order,
        force: bool,
        pods: PodRules,
        limits: Limits,
        seed: u64,
        inherited: Option<Sizes>,
    }
}

mirror_struct! {
    /// What every node shall run.
    Target = spec::Target { template: String, content: TemplateContent, release: String, version: String, }
}

/// `updateConfig`. Its variants hold bare numbers.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Batch {
    Count(u32),
    Percent(u32),
}

impl Mirror<spec::Batch> for Batch {
    fn of(value: &spec::Batch) -> Self {
        match value {
            spec::Batch::Count(count) => Self::Count(*count),
            spec::Batch::Percent(percent) => Self::Percent(*percent),
        }
    }

    fn back(self) -> spec::Batch {
        match self {
            Self::Count(count) => spec::Batch::Count(count),
            Self::Percent(percent) => spec::Batch::Percent(percent),
        }
    }
}

mirror_enum! {
    /// New nodes first, or old nodes first.
    Strategy = spec::Strategy { Default, Minimal, }
}

mirror_enum! {
    /// How many extra nodes.
    Increment = spec::Increment { Smallest, Ceiling, }
}

mirror_enum! {
    /// How new pods are kept off.
    Guard = spec::Guard { Taint, Cordon, }
}

mirror_enum! {
    /// Which node next.
    Order = spec::Order { Random, ZoneByZone, Oldest, Emptiest, }
}

mirror_struct! {
    /// What drain does with pods that lose something.
    PodRules = spec::PodRules { bare: Loss, empty_dir: Loss, jobs: Jobs, grace_cap_seconds: Option<u32>, }
}

mirror_enum! {
    /// Whether a loss is taken.
    Loss = spec::Loss { Accept, Refuse, }
}

mirror_enum! {
    /// What drain does with running Job pods.
    Jobs = spec::Jobs { Evict, WaitToEnd, }
}

mirror_struct! {
    /// Deadlines and pauses.
    Limits = spec::Limits {
        join: Span,
        drain: Span,
        settle: Span,
        evict_again: Span,
        act_again: Span,
        terminate: Span,
        launch_attempts: u32,
    }
}

mirror_enum! {
    /// What happened.
    Fact = event::Fact {
        Measured(measured: Measured),
        Entered { phase: Phase, },
        SizesAsked { to: Sizes, },
        Missing { nodes: u32, },
        Picked { instance: String, node: Option<String>, zone: String, purpose: Purpose, },
        Drained { instance: String, },
        ForceBegan { instance: String, },
        TerminateAsked { instance: String, },
        Gone { instance: String, },
        GivenBack { instance: String, },
        Kept { instance: String, },
        Failed(failure: Failure),
        Paused { give_back: bool, },
        Resumed,
        Cancelled { give_back: bool, restore_target: bool, },
        Forced,
        Finished { outcome: Outcome, unrestored: Option<Sizes>, kept: Option<KeptBecause>, },
    }
}

mirror_struct! {
    /// What Setup worked out.
    Measured = event::Measured {
        home: Sizes,
        previous_version: u64,
        target_version: u64,
        old: u32,
        batch: u32,
        increment: u32,
        ceiling: u32,
    }
}
