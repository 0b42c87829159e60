//! Version 1 of the journal's rows of an upgrade of a whole cluster: its spec and its facts as JSON. Rows of version 1
//! stay readable for ever; a change that an old reader would misread makes a version 2.

use replank_core::cluster_upgrade::{event, problem, spec};

use super::records::read;
use crate::serialized::{Object, SerializedForm, Span, Version, form_enum, form_struct};

/// The spec as JSON.
pub(super) fn write_spec(spec: &spec::Spec) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Spec::of(spec))
}

/// The fact as JSON.
pub(super) fn write_fact(fact: &event::Fact) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Fact::of(fact))
}

/// The spec of a row; an error says what is wrong.
pub(super) fn read_spec(version: u32, text: &str) -> Result<spec::Spec, String> {
    read::<Spec>(version, text).map(Spec::back)
}

/// The fact of a row; an error says what is wrong.
pub(super) fn read_fact(version: u32, text: &str) -> Result<event::Fact, String> {
    read::<Fact>(version, text).map(Fact::back)
}

form_struct! {
    /// What was asked for.
    Spec = spec::Spec {
        upgrade: String,
        cluster: String,
        from: Version,
        to: Version,
        gates: Gates,
        workers: Workers,
        groups: Vec<PlannedGroup>,
        /// Absent in upgrades from before there were any but by the service.
        #[serde(default)]
        control_plane: Mover,
        add_ons: Vec<String>,
        /// Absent in upgrades from before they were moved.
        #[serde(default)]
        own_add_ons: Vec<String>,
        fargate_profiles: Vec<String>,
        /// Absent in upgrades from before checks held them up.
        #[serde(default)]
        accepted: Vec<String>,
        limits: Limits,
    }
}

form_struct! {
    /// A node group as it was.
    PlannedGroup = spec::PlannedGroup {
        name: String,
        minor: Version,
        kind: GroupKind,
        nodes: u32,
        batch: u32,
    }
}

form_enum! {
    /// Who replaces its nodes.
    #[serde(rename_all = "snake_case")]
    GroupKind = spec::GroupKind { Managed, OwnImage, SelfManaged, Ours, OfService, }
}

form_enum! {
    /// Who moves the control plane.
    #[derive(Default)]
    #[serde(rename_all = "snake_case")]
    Mover = spec::Mover {
        #[default]
        Service,
        Owner,
    }
}

form_enum! {
    /// Where it waits for a person.
    #[serde(rename_all = "snake_case")]
    Gates = spec::Gates { Each, Cluster, None, }
}

form_enum! {
    /// Whether nodes follow every minor.
    #[serde(rename_all = "snake_case")]
    Workers = spec::Workers { EveryMinor, Skip, }
}

form_struct! {
    /// Deadlines and pauses.
    Limits = spec::Limits {
        control_plane: Span,
        add_on: Span,
        /// Absent in upgrades from before add-ons of owners were moved.
        #[serde(default = "usual_rollout")]
        rollout: Span,
        canary: Span,
        look_again: Span,
    }
}

fn usual_rollout() -> Span {
    SerializedForm::of(&spec::Limits::default().rollout)
}

form_enum! {
    /// What happened.
    #[serde(rename_all = "snake_case")]
    Fact = event::Fact {
        Began { step: u32, },
        Passed { step: u32, how: How, },
        ChildHeld { step: u32, },
        ChildReleased { step: u32, },
        CanaryServed { step: u32, },
        Relaunched { step: u32, pod: Object, owner: String, },
        Stopped { step: u32, why: Stop, },
        Paused,
        Resumed,
        Cancelled,
        Finished { outcome: Outcome, },
    }
}

form_enum! {
    /// How a step went by.
    #[serde(rename_all = "snake_case")]
    How = event::How { Done, NothingToDo, }
}

form_enum! {
    /// Why a step stopped.
    #[serde(rename_all = "snake_case")]
    Stop = problem::Stop {
        Refused { message: String, },
        Failed { update: String, message: String, },
        ChildCancelled { update: String, },
        CanaryIdle { group: String, },
        NoAddOnVersion { add_on: String, minor: Version, },
        MovedOn { minor: Version, },
    }
}

form_enum! {
    /// How it ended.
    #[serde(rename_all = "snake_case")]
    Outcome = problem::Outcome { Succeeded, Cancelled, }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::serialized::Kind;
    use replank_core::names::ObjectName;
    use replank_core::version::Minor;

    pub(crate) fn spec() -> spec::Spec {
        let group = |name: &str, kind| spec::PlannedGroup {
            name: name.into(),
            minor: Minor(32),
            kind,
            nodes: 3,
            batch: 1,
        };
        spec::Spec {
            upgrade: "up".into(),
            cluster: "c".into(),
            from: Minor(32),
            to: Minor(34),
            gates: spec::Gates::Cluster,
            workers: spec::Workers::EveryMinor,
            groups: vec![
                group("a", spec::GroupKind::Managed),
                group("b", spec::GroupKind::OwnImage),
                group("s", spec::GroupKind::SelfManaged),
                group("o", spec::GroupKind::Ours),
                group("e", spec::GroupKind::OfService),
            ],
            control_plane: spec::Mover::Owner,
            add_ons: vec!["coredns".into()],
            own_add_ons: vec!["kube-proxy".into()],
            fargate_profiles: vec!["f".into()],
            accepted: vec!["single-replica".into()],
            limits: spec::Limits::default(),
        }
    }

    pub(crate) fn facts() -> Vec<event::Fact> {
        use event::Fact;
        let stopped = |why| Fact::Stopped { step: 1, why };
        vec![
            Fact::Began { step: 0 },
            Fact::Passed { step: 0, how: event::How::Done },
            Fact::Passed { step: 1, how: event::How::NothingToDo },
            Fact::ChildHeld { step: 2 },
            Fact::CanaryServed { step: 2 },
            Fact::ChildReleased { step: 2 },
            Fact::Relaunched { step: 2, pod: ObjectName::new("s", "p"), owner: "ReplicaSet s/r".into() },
            stopped(problem::Stop::Refused { message: "no".into() }),
            stopped(problem::Stop::Failed { update: "u".into(), message: "no".into() }),
            stopped(problem::Stop::ChildCancelled { update: "u".into() }),
            stopped(problem::Stop::CanaryIdle { group: "a".into() }),
            stopped(problem::Stop::NoAddOnVersion { add_on: "coredns".into(), minor: Minor(33) }),
            stopped(problem::Stop::MovedOn { minor: Minor(35) }),
            Fact::Paused,
            Fact::Resumed,
            Fact::Cancelled,
            Fact::Finished { outcome: problem::Outcome::Succeeded },
            Fact::Finished { outcome: problem::Outcome::Cancelled },
        ]
    }

    #[test]
    fn everything_is_read_back_as_it_was_written() {
        for gates in [spec::Gates::Each, spec::Gates::Cluster, spec::Gates::None] {
            let spec = spec::Spec { gates, workers: spec::Workers::Skip, ..spec() };
            assert_eq!(read_spec(1, &write_spec(&spec).unwrap()).unwrap(), spec);
        }
        let mut kinds = Vec::new();
        for fact in facts() {
            assert_eq!(read_fact(1, &write_fact(&fact).unwrap()).unwrap(), fact);
            kinds.push(Fact::of(&fact).kind());
        }
        assert!(Fact::KINDS.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    }

    #[test]
    fn what_version_1_wrote_is_read_for_ever() {
        let rows = [
            r#"{"began":{"step":3}}"#,
            r#"{"passed":{"step":3,"how":"nothing_to_do"}}"#,
            r#"{"stopped":{"step":4,"why":{"no_add_on_version":{"add_on":"coredns","minor":"1.33"}}}}"#,
            r#""resumed""#,
            r#"{"finished":{"outcome":"cancelled"}}"#,
        ];
        for row in rows {
            assert_eq!(write_fact(&read_fact(1, row).unwrap()).unwrap(), row);
        }
        let wrong = r#"{"stopped":{"step":4,"why":{"moved_on":{"minor":"x"}}}}"#;
        assert!(read_fact(1, wrong).unwrap_err().contains("\"x\" is no version such as 1.33"));
    }
}
