//! `replank check` on a real control plane: read only, what is found there, and what it says without the rights.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::io::Write;
use std::process::Stdio;

use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};

use crate::tool::{Ran, Scratch, command, ended};

/// What is wrong in the cluster, as manifests.
const PLANTED: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: shell, namespace: default}
rules: [{apiGroups: [""], resources: [pods/exec], verbs: [get]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policy}
webhooks:
- name: gone.policy.example
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {namespace: default, name: gone}}
  rules: [{apiGroups: [apps], apiVersions: [v1], resources: [controllerrevisions], operations: [DELETE]}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: none, namespace: default}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Endpoints
metadata: {name: outside, namespace: default}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.gone.example.com}
spec: {group: gone.example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {namespace: default, name: gone}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    featureGates: {CronJobsScheduledAnnotation: true}
"#;

fn check(kubeconfig: &std::path::Path, more: &str) -> Ran {
    ended(command(&format!("check --kubeconfig {} -o json {more}", kubeconfig.display())).output())
}

fn kubectl(lab: &Lab, arguments: &str, input: &[u8]) {
    let mut child = lab.kubectl();
    let child = child.args(arguments.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "{arguments}");
}

/// Ids with the names of their objects.
fn found(ran: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let one = |finding: &Value| format!("{} {}", finding["id"], finding["object"]["name"]).replace('"', "");
    report["findings"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_real_cluster_is_checked_and_only_read() {
    let lab = Lab::start(&Settings::default()).unwrap();
    lab.add_nodes(&Node::spread("workers", &["us-west-2a"], 1)).unwrap();
    kubectl(&lab, "apply -f -", PLANTED.as_bytes());
    kubectl(&lab, "apply -f -", include_bytes!("check_release.yaml"));
    let access = lab.service_account("default", "checker").unwrap();
    let without = check(&access.kubeconfig, "");
    let report: Value = serde_json::from_str(&without.out).unwrap();
    let role = report["role"].as_str().unwrap();
    assert!(role.contains("{apiGroups: [\"apps\"], resources: [deployments], verbs: [list]}"), "{role}");
    assert!(role.contains("{nonResourceURLs: [/metrics], verbs: [get]}"), "{role}");
    let unseen = report["notLookedAt"].as_array().unwrap();
    assert!(
        unseen.iter().any(|it| it.as_str().unwrap().starts_with("secrets could not be listed")),
        "{report}"
    );

    let roles = command("rbac").output().unwrap().stdout;
    kubectl(&lab, "apply -f -", &roles);
    for role in ["replank-check", "replank-check-releases"] {
        let to = "--serviceaccount=default:checker";
        kubectl(&lab, &format!("create clusterrolebinding {role} --clusterrole={role} {to}"), b"");
    }
    let mark = lab.audit().mark().unwrap();
    let ran = check(&access.kubeconfig, "");
    assert_eq!(ran.code, Some(7), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["target"], &report["role"]), (&json!("1.35"), &json!("")), "{report}");
    let found = found(&ran);
    for wanted in [
        "budget-never-allows none",
        "webhook-without-endpoints policy",
        "apiservice-unavailable v1.gone.example.com",
        "exec-without-create shell",
        "api-removed report",
        "helm-release-unreadable sh.helm.release.v1.broken.v1",
        "kube-proxy-ipvs kube-proxy",
        "feature-gate-removed kube-proxy",
        "api-deprecated outside",
    ] {
        assert!(found.iter().any(|it| it == wanted), "{wanted} is not among {found:#?}");
    }
    // What the control plane makes and asks for itself is no finding.
    let own = ["api-deprecated kubernetes", "api-still-requested v1 endpoints"];
    assert!(!found.iter().any(|it| own.contains(&it.as_str())), "{found:#?}");
    let unseen: Vec<&str> =
        report["notLookedAt"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(unseen, ["gone.example.com/v1 does not answer, so its kinds were not read"]);
    let (events, _) = lab.audit().since(mark).unwrap();
    let ours = events.iter().filter(|event| event.user() == "system:serviceaccount:default:checker");
    let ours: Vec<_> = ours.filter(|event| event.complete()).collect();
    assert!(ours.len() > 20, "it reads");
    for event in ours {
        assert!(["get", "list"].contains(&event.verb()), "{} {}", event.verb(), event.uri());
        let is_release = event.uri().contains("helm.sh%2Frelease.v1");
        assert!(event.resource() != "secrets" || is_release, "{}", event.uri());
    }
    tried_and_not_stored(&lab);
}

/// Two objects that no rule has a word about: one that the server does not take, and one that it takes.
const TRIED: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: tried, namespace: shop}
spec:
  replica: 1
  selector: {matchLabels: {app: tried}}
  template: {metadata: {labels: {app: tried}}, spec: {containers: [{name: a, image: "a:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: taken, namespace: shop}
spec: {ports: [{port: 80}]}
"#;

fn tried_and_not_stored(lab: &Lab) {
    let scratch = Scratch::new("check-against");
    scratch.write("tried.yaml", TRIED);
    let kubeconfig = lab.kubeconfig();
    let context = lab.kubectl().args(["config", "current-context"]).output().unwrap().stdout;
    let context = String::from_utf8(context).unwrap();
    let context = context.trim();
    let ask = |target: &str| {
        let arguments = format!("check -f tried.yaml --target {target} --against {context} -o json");
        let mut asked = command(&arguments);
        ended(asked.current_dir(scratch.path()).env("KUBECONFIG", &kubeconfig).output())
    };
    let mark = lab.audit().mark().unwrap();
    let ran = ask("1.34");
    assert_eq!(ran.code, Some(7), "{}{}", ran.out, ran.err);
    let told = found(&ran);
    let of_server: Vec<&String> = told.iter().filter(|it| it.starts_with("server-")).collect();
    assert_eq!(of_server, ["server-refuses tried"]);
    assert!(ran.out.contains("unknown field \\\"spec.replica\\\""), "{}", ran.out);
    let (events, _) = lab.audit().since(mark).unwrap();
    let made: Vec<_> =
        events.iter().filter(|event| event.verb() == "create" && event.uri().contains("replank")).collect();
    assert!(made.len() >= 2 && made.iter().all(|event| event.uri().contains("dryRun=All")), "{}", made.len());
    let other = ask("1.35");
    assert_eq!(other.code, Some(2), "{}", other.err);
    assert!(other.err.contains("and the target is 1.35: name a server of that minor"), "{}", other.err);
}
