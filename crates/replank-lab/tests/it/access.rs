//! Who may come in: roles count and certificates expire, and the audit log names everyone.

use replank_lab::{Lab, Settings};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

use super::PATIENCE;

#[test]
fn rights_are_bound_and_certificates_expire() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let list = |kubeconfig: &Path| {
        let mut kubectl = lab.kubectl();
        kubectl.arg("--kubeconfig").arg(kubeconfig).args(["get", "nodes"]);
        let out = kubectl.output().unwrap();
        (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let operator = lab.service_account("default", "operator").unwrap();
    let (may, why) = list(&operator.kubeconfig);
    assert!(!may && why.contains("system:serviceaccount:default:operator"), "{why}");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "look"},
        "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "look"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "look"},
        "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": "default"}]});
    lab.api().create("/apis/rbac.authorization.k8s.io/v1/clusterroles", &role).unwrap();
    lab.api().create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding).unwrap();
    lab.wait(PATIENCE, "the binding", || Ok(list(&operator.kubeconfig).0)).unwrap();

    let guest = lab.user("guest", Some("system:masters"), Duration::from_secs(8)).unwrap();
    let (may, why) = list(&guest.kubeconfig);
    assert!(may, "{why}");
    lab.wait(PATIENCE, "the certificate to expire", || Ok(!list(&guest.kubeconfig).0)).unwrap();
    let (events, _) = lab.audit().since(replank_lab::Mark::default()).unwrap();
    let users: Vec<&str> = events
        .iter()
        .filter(|it| (it.verb(), it.status()) == ("list", 200))
        .map(replank_lab::Event::user)
        .collect();
    for user in ["guest", "system:serviceaccount:default:operator"] {
        assert!(users.contains(&user), "{user} is not in the audit log");
    }
}
