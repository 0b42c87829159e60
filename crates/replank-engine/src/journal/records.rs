//! The JSON in journal rows: the spec of an update, and one fact.
//!
//! Each row has its version in a column. Version 2 spells facts in camel case, as reports do; version 1 had snake case
//! and stays readable for ever. A change that an old reader would misunderstand becomes the next version.

use replank_core::node_group::{event, spec};
use replank_core::pod_rules;
use serde::de::DeserializeOwned;

use crate::serialized::v1::{Fact, Sizes, TemplateContent};
use crate::serialized::{SerializedForm, Span, Version, form_enum, form_struct};

/// The version that is written.
pub(super) const VERSION: u32 = 2;

/// Serializes a spec.
pub(super) fn write_spec(spec: &spec::Spec) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Spec::of(spec))
}

/// Serializes a fact.
pub(super) fn write_fact(fact: &event::Fact) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Fact::of(fact))
}

/// Parses a spec of a row with this version; the error says what does not parse.
pub(super) fn read_spec(version: u32, text: &str) -> Result<spec::Spec, String> {
    read::<Spec>(version, text).map(Spec::back)
}

/// Parses a fact of a row with this version; the error says what does not parse.
pub(super) fn read_fact(version: u32, text: &str) -> Result<event::Fact, String> {
    read::<Fact>(version, text).map(Fact::back)
}

pub(super) fn read<T: DeserializeOwned>(version: u32, text: &str) -> Result<T, String> {
    if !(1..=VERSION).contains(&version) {
        return Err(format!("it is of version {version}, known is up to {VERSION}"));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

form_struct! {
    /// Serialized form of [`spec::Spec`].
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
        #[serde(default = "GroupOwner::eks", skip_serializing_if = "GroupOwner::is_eks")]
        owner: GroupOwner,
        #[serde(default, rename = "controlPlane", skip_serializing_if = "Option::is_none")]
        control_plane: Option<Version>,
    }
}

form_enum! {
    /// Serialized form of [`spec::GroupOwner`].
    #[serde(rename_all = "snake_case")]
    GroupOwner = spec::GroupOwner { Eks, User, }
}

impl GroupOwner {
    /// Whose a group is in journals from before groups of users were updated.
    fn eks() -> Self {
        Self::Eks
    }

    fn is_eks(&self) -> bool {
        *self == Self::Eks
    }
}

form_struct! {
    /// Serialized form of [`spec::Target`].
    Target = spec::Target { template: String, content: TemplateContent, release: String, version: String, }
}

/// Serialized form of [`spec::Batch`], by hand since its variants hold plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Batch {
    Count(u32),
    Percent(u32),
}

impl SerializedForm<spec::Batch> for Batch {
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

form_enum! {
    /// Serialized form of [`spec::Strategy`].
    #[serde(rename_all = "snake_case")]
    Strategy = spec::Strategy { Default, Minimal, Replace, }
}

form_enum! {
    /// Serialized form of [`spec::Increment`].
    #[serde(rename_all = "snake_case")]
    Increment = spec::Increment { Smallest, Ceiling, }
}

form_enum! {
    /// Serialized form of [`spec::Guard`].
    #[serde(rename_all = "snake_case")]
    Guard = spec::Guard { Taint, Cordon, }
}

form_enum! {
    /// Serialized form of [`spec::Order`].
    #[serde(rename_all = "snake_case")]
    Order = spec::Order { Random, ZoneByZone, Oldest, Emptiest, }
}

form_struct! {
    /// Serialized form of [`pod_rules::PodRules`].
    PodRules = pod_rules::PodRules { bare: Loss, empty_dir: Loss, jobs: Jobs, grace_cap_seconds: Option<u32>, }
}

form_enum! {
    /// Serialized form of [`pod_rules::Loss`].
    #[serde(rename_all = "snake_case")]
    Loss = pod_rules::Loss { Accept, Refuse, }
}

form_enum! {
    /// Serialized form of [`pod_rules::Jobs`].
    #[serde(rename_all = "snake_case")]
    Jobs = pod_rules::Jobs { Evict, WaitToEnd, }
}

form_struct! {
    /// Serialized form of [`spec::Limits`], durations in ISO 8601.
    Limits = spec::Limits {
        join: Span,
        drain: Span,
        #[serde(alias = "settle")]
        deregistration_delay: Span,
        evict_again: Span,
        act_again: Span,
        terminate: Span,
        launch_attempts: u32,
    }
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::spec::{Batch, GroupOwner, Guard, Increment, Order, Strategy};
    use replank_core::pod_rules::{Jobs, Loss, PodRules};
    use replank_core::version::Minor;
    use serde_json::Value;

    use super::*;
    use crate::messages::samples;
    use crate::serialized::Kind;
    use crate::tests::world::spec;

    #[test]
    fn every_fact_is_read_back_as_it_was_written() {
        let mut kinds = Vec::new();
        for event in samples::facts() {
            let text = write_fact(&event.fact).unwrap();
            assert_eq!(read_fact(VERSION, &text).unwrap(), event.fact, "{text}");
            kinds.push(Fact::of(&event.fact).kind());
        }
        for kind in Fact::KINDS {
            assert!(kinds.contains(kind), "no sample of {kind}");
        }
    }

    #[test]
    fn every_wait_a_failure_can_hold_is_read_back_as_it_was_written() {
        let node = "n".into();
        let why = replank_core::node_group::problem::Why::DrainTimedOut { node, waits: samples::waits() };
        let code = replank_core::node_group::problem::FailureCode::PodEvictionFailure;
        let fact =
            event::Fact::Failed(replank_core::node_group::problem::Failure { code, why, resources: vec![] });
        assert_eq!(read_fact(VERSION, &write_fact(&fact).unwrap()).unwrap(), fact);
    }

    #[test]
    fn every_shape_of_a_spec_is_read_back_as_it_was_written() {
        let orders = [Order::Random, Order::ZoneByZone, Order::Oldest, Order::Emptiest];
        let rules =
            |bare, empty_dir, jobs, grace_cap_seconds| PodRules { bare, empty_dir, jobs, grace_cap_seconds };
        for (number, order) in orders.into_iter().enumerate() {
            let odd = number % 2 == 1;
            let mut spec = spec();
            spec.order = order;
            spec.batch = if odd { Batch::Count(100) } else { Batch::Percent(33) };
            spec.strategy = [Strategy::Default, Strategy::Minimal, Strategy::Replace][number % 3];
            spec.increment = if odd { Increment::Ceiling } else { Increment::Smallest };
            spec.guard = if odd { Guard::Cordon } else { Guard::Taint };
            spec.force = odd;
            spec.seed = u64::MAX - number as u64;
            spec.inherited = odd.then(|| samples::sizes(4));
            spec.control_plane = odd.then_some(Minor(34));
            spec.owner = if odd { GroupOwner::User } else { GroupOwner::Eks };
            spec.pods = if odd {
                rules(Loss::Refuse, Loss::Refuse, Jobs::WaitToEnd, Some(30))
            } else {
                rules(Loss::Accept, Loss::Accept, Jobs::Evict, None)
            };
            spec.limits.evict_again = jiff::SignedDuration::from_millis(1_500);
            let text = write_spec(&spec).unwrap();
            assert_eq!(read_spec(VERSION, &text).unwrap(), spec, "{text}");
        }
    }

    #[test]
    fn what_version_1_wrote_is_read_for_ever() {
        let rows = [
            (r#"{"entered":{"phase":"scale_up"}}"#, r#"{"entered":{"phase":"scaleUp"}}"#),
            (
                r#"{"measured":{"home":{"min":3,"desired":3,"max":3},"previous_version":1,"target_version":2,"old":3,"batch":1,"increment":3,"ceiling":6}}"#,
                r#"{"measured":{"original":{"min":3,"desired":3,"max":3},"previousVersion":1,"targetVersion":2,"old":3,"batch":1,"increment":3,"ceiling":6}}"#,
            ),
            (r#"{"missing":{"nodes":2}}"#, r#"{"missing":{"nodes":2}}"#),
            (
                r#"{"picked":{"instance":"i-1","node":null,"zone":"a","purpose":"surplus"}}"#,
                r#"{"picked":{"instance":"i-1","node":null,"zone":"a","purpose":"excess"}}"#,
            ),
            (r#""resumed""#, r#""resumed""#),
            (
                r#"{"finished":{"outcome":"failed","unrestored":{"min":3,"desired":3,"max":3},"kept":"no_candidate"}}"#,
                r#"{"finished":{"outcome":"failed","unrestored":{"min":3,"desired":3,"max":3},"kept":"noCandidate"}}"#,
            ),
        ];
        for (first, second) in rows {
            assert_eq!(write_fact(&read_fact(1, first).unwrap()).unwrap(), second);
            assert_eq!(write_fact(&read_fact(2, second).unwrap()).unwrap(), second);
        }
    }

    /// The names that version 1 had for everything that reports and facts can hold.
    #[test]
    fn every_name_of_version_1_is_still_read() {
        for event in samples::facts() {
            let written = serde_json::to_value(Fact::of(&event.fact)).unwrap();
            let first = snake(written).to_string();
            assert_eq!(read_fact(1, &first).unwrap(), event.fact, "{first}");
        }
        let node = "n".into();
        let why = replank_core::node_group::problem::Why::DrainTimedOut { node, waits: samples::waits() };
        let code = replank_core::node_group::problem::FailureCode::PodEvictionFailure;
        let fact =
            event::Fact::Failed(replank_core::node_group::problem::Failure { code, why, resources: vec![] });
        let first = snake(serde_json::to_value(Fact::of(&fact)).unwrap()).to_string();
        assert_eq!(read_fact(1, &first).unwrap(), fact, "{first}");
    }

    /// The value with every name in snake case: keys, and texts that are one word in camel case.
    fn snake(value: Value) -> Value {
        let word = |text: &str| {
            let mut out = String::new();
            for letter in text.chars() {
                if letter.is_ascii_uppercase() {
                    out.push('_');
                }
                out.push(letter.to_ascii_lowercase());
            }
            out
        };
        let is_name = |text: &str| {
            text.starts_with(|it: char| it.is_ascii_lowercase())
                && text.chars().all(|it| it.is_ascii_alphabetic())
        };
        match value {
            Value::String(text) if is_name(&text) => Value::String(word(&text)),
            Value::Array(all) => all.into_iter().map(snake).collect(),
            Value::Object(all) => all.into_iter().map(|(key, value)| (word(&key), snake(value))).collect(),
            other => other,
        }
    }

    #[test]
    fn unknown_versions_and_fields_are_refused() {
        assert_eq!(read_fact(3, r#""resumed""#).unwrap_err(), "it is of version 3, known is up to 2");
        let error = read_fact(1, r#"{"missing":{"nodes":2,"more":1}}"#).unwrap_err();
        assert!(error.contains("unknown field `more`"), "{error}");
    }
}
