//! One problem of every kind.

use replank_core::names::ObjectName;
use replank_core::node_group::problem::{KeptBecause, Problem};
use replank_core::observed::{Autoscaler, AutoscalerKind, Evidence, Running};

use super::{at, sizes};

/// Every kind of problem.
pub(crate) fn problems() -> Vec<Problem> {
    let kept = |because| Problem::SizesKept { now: sizes(6), original: sizes(3), because };
    vec![
        kept(KeptBecause::Growing),
        kept(KeptBecause::NotDrained { instance: "i-0b1".into() }),
        kept(KeptBecause::NoPlace {
            instance: "i-0b1".into(),
            pod: ObjectName::new("shop", "cart-0"),
            more_pods: 1,
            message: "0/5 nodes are available: 5 Insufficient cpu.".into(),
        }),
        kept(KeptBecause::VolumesStranded {
            instance: "i-0b1".into(),
            zone: "us-west-2c".into(),
            claim: ObjectName::new("shop", "data-db-0"),
        }),
        kept(KeptBecause::PlacesUnknown {
            instance: "i-0b1".into(),
            message: "persistentvolumes is forbidden".to_owned(),
        }),
        kept(KeptBecause::LastInZone { zones: vec!["us-west-2c".into()] }),
        kept(KeptBecause::OldNodesStay),
        kept(KeptBecause::NoCandidate),
        Problem::TerminationStuck { instance: "i-0b1".into(), since: at(1) },
        Problem::NotInGroup { nodes: vec!["ip-10-0-9-9.us-west-2.compute.internal".into()], count: 1 },
        Problem::NotInGroup { nodes: vec!["node-a".into(), "node-b".into()], count: 5 },
        autoscaler(Some("cluster-autoscaler"), Running::Pods { ready: 1, wanted: 1 }, vec![status()]),
        autoscaler(Some("cluster-autoscaler"), Running::Pods { ready: 0, wanted: 0 }, vec![tainted()]),
        autoscaler(None, Running::CannotTell, vec![tainted(), Evidence::Event { at: Some(at(17)) }]),
        karpenter(Some("karpenter"), Running::Pods { ready: 2, wanted: 2 }),
        karpenter(None, Running::CannotTell),
        Problem::KeepNodes { pods: vec![ObjectName::new("batch", "report-1")], count: 1 },
        Problem::KeepNodes {
            pods: vec![ObjectName::new("batch", "report-1"), ObjectName::new("batch", "report-2")],
            count: 14,
        },
        Problem::ActRefused {
            subject: "ip-10-0-1-1.us-west-2.compute.internal".to_owned(),
            message: "nodes is forbidden".to_owned(),
        },
    ]
}

fn autoscaler(deployment: Option<&str>, running: Running, evidence: Vec<Evidence>) -> Problem {
    let kind = AutoscalerKind::ClusterAutoscaler;
    let deployment = deployment.map(|name| ObjectName::new("kube-system", name));
    Problem::Autoscaler(Autoscaler { kind, deployment, running, evidence })
}

fn karpenter(deployment: Option<&str>, running: Running) -> Problem {
    let deployment = deployment.map(|name| ObjectName::new("kube-system", name));
    let evidence = vec![Evidence::NodePools { count: 2 }, Evidence::Launched { nodes: 7 }];
    Problem::Autoscaler(Autoscaler { kind: AutoscalerKind::Karpenter, deployment, running, evidence })
}

fn status() -> Evidence {
    Evidence::Status { written_at: Some(at(18) - jiff::SignedDuration::from_secs(8)) }
}

fn tainted() -> Evidence {
    Evidence::Taints { nodes: 2, node: "ip-10-0-1-1.us-west-2.compute.internal".into() }
}
