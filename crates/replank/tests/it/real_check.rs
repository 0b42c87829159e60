//! `replank check` on a real control plane: read only, what is found there, and what it says without the rights.

#![expect(clippy::panic, reason = "a test that meets the unexpected shall say what it was")]
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::io::Write;
use std::process::Stdio;

use replank_lab::build::Minor;
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
    assert_eq!(without.code, Some(2), "{}{}", without.out, without.err);
    let report: Value = serde_json::from_str(&without.out).unwrap();
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("The cluster could not be read: nothing is known of the way"), "{verdict}");
    for (target, said) in [
        ("1.36", "a control plane goes up one minor at a time; check 1.35 first"),
        ("1.33", "the cluster runs 1.34.4 already"),
        ("1.99", "there is no such version that is known here"),
    ] {
        let ran = check(&lab.kubeconfig(), &format!("--target {target}"));
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(ran.err.contains(&format!("--target {target}: ")) && ran.err.contains(said), "{}", ran.err);
    }
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

/// Every check beside an upgrade of the control plane ends with findings, or says in words why it cannot.
#[test]
fn a_control_plane_that_is_being_upgraded_is_refused_in_words() {
    let lab = Lab::start(&Settings::default()).unwrap();
    lab.add_nodes(&Node::spread("workers", &["us-west-2a"], 1)).unwrap();
    let kubeconfig = lab.kubeconfig();
    let ended = std::thread::scope(|scope| {
        let upgrade = scope.spawn(|| lab.upgrade(Minor::V1_35));
        let mut ended = Vec::new();
        while !upgrade.is_finished() {
            ended.push(check(&kubeconfig, ""));
        }
        upgrade.join().unwrap().unwrap();
        ended
    });
    for ran in &ended {
        match ran.code {
            Some(0 | 7) => assert!(ran.out.contains("\"cluster\": \"1.3"), "{}", ran.out),
            Some(2 | 5) => assert!(
                ran.err.contains("is being upgraded") || ran.err.contains("https://127.0.0.1"),
                "{}",
                ran.err
            ),
            code => panic!("{code:?}: {}{}", ran.out, ran.err),
        }
    }
    let after: Value = serde_json::from_str(&check(&kubeconfig, "").out).unwrap();
    assert_eq!((&after["cluster"], &after["target"]), (&json!("1.35.4"), &json!("1.36")), "{after}");
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
    // A user who may create nothing there: that is no fault of the objects.
    let access = lab.service_account("default", "nobody").unwrap();
    let arguments = "check -f tried.yaml --target 1.34 --against lab -o json";
    let mut asked = command(arguments);
    let ran = ended(asked.current_dir(scratch.path()).env("KUBECONFIG", &access.kubeconfig).output());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    assert!(!found(&ran).iter().any(|it| it.starts_with("server-")), "{report}");
    let role = report["roleAgainst"].as_str().unwrap();
    assert!(role.contains("{apiGroups: [\"apps\"], resources: [deployments], verbs: [create]}"), "{role}");
    let unseen = report["notLookedAt"].to_string();
    assert!(unseen.contains("does not let this user create 2 of the objects"), "{unseen}");
    let other = ask("1.35");
    assert_eq!(other.code, Some(2), "{}", other.err);
    assert!(other.err.contains("and the target is 1.35: name a server of that minor"), "{}", other.err);
}
