//! One of each kind of trouble that keeps an instance from joining.

use replank_core::observed::JoinTrouble;

/// Every kind, some in several shapes.
pub(super) fn troubles() -> Vec<JoinTrouble> {
    let role = "arn:aws:iam::123456789012:role/nodes";
    vec![
        JoinTrouble::NotRunning { state: "stopped".into(), reason: "".into() },
        JoinTrouble::NotRunning {
            state: "terminated".into(),
            reason: "Client.InternalError: Client error on launch".into(),
        },
        JoinTrouble::StatusCheck { check: "system".into() },
        JoinTrouble::NoProfile,
        JoinTrouble::NotMapped { role: role.into() },
        JoinTrouble::NoUserData,
        JoinTrouble::OtherCluster { named: "stop".into(), cluster: "shop".into() },
        JoinTrouble::OtherEndpoint {
            named: "https://a.example".into(),
            endpoint: "https://b.example".into(),
        },
        JoinTrouble::NoAddresses { subnet: "subnet-0c".into() },
        JoinTrouble::Console { line: "nodeadm: failed to fetch the instance's details".into() },
        JoinTrouble::NotReady { node: "ip-10-0-1-1.us-west-2.compute.internal".into() },
        JoinTrouble::Unregistered,
    ]
}
