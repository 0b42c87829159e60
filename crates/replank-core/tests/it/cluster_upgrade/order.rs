//! The steps of a plan and their order.

use replank_core::cluster_upgrade::plan::{Step, What, steps};
use replank_core::cluster_upgrade::spec::{Gates, GroupKind, Mover, Spec, Workers};
use replank_core::version::Minor;

use super::world::{group, spec};

fn told(spec: &Spec) -> String {
    let one = |step: &Step| match &step.what {
        What::Gate => "gate".to_owned(),
        What::Check => format!("check {}", step.minor.0),
        What::ControlPlane => format!("control plane {}", step.minor.0),
        What::AddOn(name) => format!("{name} {}", step.minor.0),
        What::NodeGroup(name) => format!("group {name} {}", step.minor.0),
        What::Fargate => format!("fargate {}", step.minor.0),
        What::OwnControlPlane => format!("own control plane {}", step.minor.0),
        What::OwnAddOn(name) => format!("own {name} {}", step.minor.0),
        What::RollBack => "roll back".to_owned(),
    };
    steps(spec).iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn everything_between_two_minors_stands_between_them() {
    let one = |minor| {
        format!(
            "check {minor}, control plane {minor}, kube-proxy {minor}, coredns {minor}, vpc-cni {minor}, \
             group a {minor}, group b {minor}"
        )
    };
    assert_eq!(told(&spec()), format!("{}, {}", one(33), one(34)));
}

#[test]
fn what_is_its_owners_stands_where_that_of_the_service_would() {
    let spec = Spec {
        to: Minor(33),
        control_plane: Mover::Owner,
        add_ons: vec!["coredns".into(), "metrics".into()],
        own_add_ons: vec!["vpc-cni".into(), "coredns".into(), "kube-proxy".into()],
        gates: Gates::Cluster,
        groups: vec![group("a", 31, GroupKind::Ours)],
        ..spec()
    };
    assert_eq!(
        told(&spec),
        "group a 32, check 33, own control plane 33, own kube-proxy 33, coredns 33, own vpc-cni 33, metrics 33, \
         group a 33"
    );
    // Nodes of their owner may stay where that was asked for.
    let lagging = Spec { workers: Workers::Skip, ..spec };
    assert!(told(&lagging).starts_with("check 33, own control plane 33"), "{}", told(&lagging));
}

#[test]
fn gates_stand_before_what_they_guard_and_not_before_the_first() {
    let one = |gates| Spec {
        gates,
        to: Minor(34),
        add_ons: Vec::new(),
        groups: vec![group("a", 32, GroupKind::Managed)],
        ..spec()
    };
    assert_eq!(
        told(&one(Gates::Cluster)),
        "check 33, control plane 33, group a 33, gate, check 34, control plane 34, group a 34"
    );
    assert_eq!(
        told(&one(Gates::Each)),
        "check 33, control plane 33, gate, group a 33, gate, check 34, control plane 34, gate, group a 34"
    );
}

#[test]
fn fargate_goes_at_the_present_minor_and_after_each() {
    let with = Spec { fargate_profiles: vec!["f".into()], add_ons: Vec::new(), groups: Vec::new(), ..spec() };
    assert_eq!(
        told(&with),
        "fargate 32, check 33, control plane 33, fargate 33, check 34, control plane 34, fargate 34"
    );
}

#[test]
fn groups_that_are_behind_catch_up_first() {
    let behind = Spec {
        groups: vec![group("a", 31, GroupKind::Managed)],
        add_ons: Vec::new(),
        to: Minor(33),
        ..spec()
    };
    assert_eq!(told(&behind), "group a 32, check 33, control plane 33, group a 33");
}

#[test]
fn only_nodes_that_are_not_of_the_service_skip_minors_and_three_at_most() {
    let groups = vec![group("m", 32, GroupKind::Managed), group("s", 32, GroupKind::SelfManaged)];
    let skip = Spec { workers: Workers::Skip, groups, add_ons: Vec::new(), to: Minor(34), ..spec() };
    assert_eq!(
        told(&skip),
        "check 33, control plane 33, group m 33, check 34, control plane 34, group m 34, group s 34"
    );
    // 1.32 may serve under 1.35 and not under 1.36.
    let far = Spec { to: Minor(36), ..skip };
    let all = told(&far);
    assert!(all.contains("group m 35, group s 35, check 36") && !all.contains("group s 34"), "{all}");
}

#[test]
fn the_driver_of_volumes_is_there_before_the_minor_that_needs_it() {
    let add_ons = vec!["aws-ebs-csi-driver".into(), "kube-proxy".into()];
    let early = Spec { from: Minor(22), to: Minor(24), groups: Vec::new(), add_ons, ..spec() };
    assert_eq!(
        told(&early),
        "check 23, aws-ebs-csi-driver 23, control plane 23, kube-proxy 23, \
         check 24, control plane 24, kube-proxy 24, aws-ebs-csi-driver 24"
    );
}
