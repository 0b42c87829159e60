//! An update under the user's own application.

use crate::tool::{Scratch, run_in, run_with};

const APPLICATION: &str = "apiVersion: v1
kind: Namespace
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
      - name: front
        image: nginx
        resources: {requests: {cpu: 100m}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: front, namespace: web}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: front}}
  fieldOfTheFuture: kept
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: web}
spec: {}
";

const WARNING: &str = "warning: kept but not acted on: Ingress 1\n";

#[test]
fn a_directory_of_manifests_runs_in_place_of_the_shop() {
    let scratch = Scratch::new("manifests");
    scratch.write("app/front.yaml", APPLICATION);
    scratch.write("app/README.md", "not a manifest");
    let ran = run_in(scratch.path(), "demo -f app");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), WARNING));
    assert!(ran.out.contains(" web/front-") && !ran.out.contains(" shop/"), "{}", ran.out);
    assert!(ran.out.contains("  web/front: 1 of 2 healthy at the lowest, 1 wanted\n"), "{}", ran.out);
}

#[test]
fn standard_input_is_a_file_too() {
    let scratch = Scratch::new("stdin");
    scratch.write("front.yaml", APPLICATION);
    let (file, input) = (run_in(scratch.path(), "demo -f front.yaml"), run_with(APPLICATION, "demo -f -"));
    assert_eq!((input.code, input.err.as_str()), (Some(0), WARNING));
    assert_eq!(file.out, input.out);
    let plan = run_with(APPLICATION, "plan -f -");
    assert_eq!((plan.code, plan.err.as_str()), (Some(0), WARNING));
}

#[test]
fn a_namespace_is_for_objects_that_name_none() {
    let scratch = Scratch::new("namespace");
    let bare = APPLICATION.replace(", namespace: web", "").replace("name: web}", "name: other}");
    scratch.write("bare.yaml", &bare);
    scratch.write("web.yaml", APPLICATION);
    let ran = run_in(scratch.path(), "demo -f bare.yaml -n sea");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), WARNING));
    assert!(ran.out.contains("  sea/front: 1 of 2 healthy at the lowest, 1 wanted\n"), "{}", ran.out);
    let plain = run_in(scratch.path(), "demo -f bare.yaml");
    assert!(plain.out.contains("  default/front: 1 of 2 healthy"), "{}", plain.out);

    let refused = "error: web.yaml:7:36: metadata.namespace: the namespace from the provided object \"web\" does not match the namespace \
                   \"sea\". You must pass '--namespace=web' to perform this operation.";
    for command in ["plan", "check"] {
        let ran = run_in(scratch.path(), &format!("{command} -f web.yaml -n sea"));
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(ran.err.contains(refused.trim_start_matches("error: ")), "{}", ran.err);
    }
    let wrong = run_in(scratch.path(), "plan -f bare.yaml -n Sea");
    assert!(wrong.err.starts_with("error: --namespace Sea: "), "{}", wrong.err);
    let alone = run_in(scratch.path(), "plan -n sea");
    assert!(alone.err.contains("--filename"), "{}", alone.err);
}
