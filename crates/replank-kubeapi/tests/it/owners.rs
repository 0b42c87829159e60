//! Owners that clients give, and what they say of the state of objects that the world acts on.

use crate::bench::Bench;

#[test]
fn what_clients_own_follows_its_owners() {
    let bench = Bench::new();
    bench.prints("create configmap owner");
    let uid = bench.prints("get configmap owner -o jsonpath={.metadata.uid}");
    let pod = |name: &str, owners: &str| {
        let file = bench.file("pod.json");
        let text = format!(
            r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "{name}", "ownerReferences": [{owners}]}},
            "spec": {{"containers": [{{"name": "a", "image": "nginx"}}]}}}}"#
        );
        std::fs::write(&file, text).unwrap();
        bench.kubectl(&format!("create -f {}", file.display()))
    };
    let by = |uid: &str, more: &str| {
        format!(r#"{{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "{uid}"{more}}}"#)
    };
    assert!(pod("mine", &by(&uid, "")).ok);
    let other = by("00000000-0000-4000-8000-000000000001", "");
    assert!(pod("shared", &format!("{},{other}", by(&uid, r#", "controller": true"#))).ok);
    let shown = bench.prints("get pod shared -o jsonpath={.metadata.ownerReferences[*].uid}");
    assert_eq!(shown, format!("{uid} 00000000-0000-4000-8000-000000000001"));
    // Who belongs to nobody that is there is not kept.
    assert!(pod("lost", &other).ok);
    bench.until("the lost one goes", |bench| !bench.kubectl("get pod lost").ok);
    let two = format!("{0},{0}", by(&uid, r#", "controller": true"#));
    for (owners, wanted) in [
        (two.as_str(), "Only one reference can have Controller set to true"),
        (
            r#"{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": ""}"#,
            "uid: Invalid value: \"\": must not be empty",
        ),
    ] {
        let said = pod("wrong", owners);
        assert!(said.err.contains(wanted), "{said:?}");
    }
    bench.prints("delete configmap owner");
    bench.until("what it owned follows", |bench| bench.prints("get pods -o name").is_empty());
}

#[test]
fn a_job_from_a_cron_job_is_its_own() {
    let bench = Bench::new();
    bench.prints("create cronjob tidy --image=busybox --schedule=@yearly -- sleep 1");
    bench.prints("create job now --from=cronjob/tidy");
    let owner = bench.prints("get job now -o jsonpath={.metadata.ownerReferences[0].kind}");
    assert_eq!(owner, "CronJob");
    bench.prints("delete cronjob tidy");
    bench.until("its job follows", |bench| !bench.kubectl("get job now").ok);
}

#[test]
fn pods_that_nobody_owns_end_when_something_says_so() {
    let bench = Bench::new();
    let run = |pod: &str| bench.prints(&format!("run {pod}"));
    run("tested --image=busybox --restart=Never --annotations=helm.sh/hook=test");
    run("short --image=busybox --restart=OnFailure --annotations=sim.replank/runs=5s");
    run("serves --image=nginx --restart=Never");
    run("again --image=nginx --annotations=sim.replank/runs=5s");
    let is = |bench: &Bench, pod: &str, phase: &str| {
        bench.prints(&format!("get pod {pod} -o jsonpath={{.status.phase}}")) == phase
    };
    for (pod, phase) in
        [("serves", "Running"), ("again", "Running"), ("short", "Succeeded"), ("tested", "Succeeded")]
    {
        bench.until(&format!("{pod} to be {phase}"), |bench| is(bench, pod, phase));
    }
    assert!(is(&bench, "serves", "Running") && is(&bench, "again", "Running"));
}

#[test]
fn conditions_of_others_are_kept_beside_those_of_the_world() {
    let bench = Bench::new();
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let patch = |what: &str, patch: &str| {
        bench.prints(&format!("patch {what} --subresource=status --type=strategic -p {patch}"));
    };
    patch(
        &format!("node {node}"),
        r#"{"status":{"conditions":[{"type":"KernelDeadlock","status":"True"},{"type":"Ready","status":"False"}],"capacity":{"example.com/dongle":"4"}}}"#,
    );
    let conditions = bench.prints(&format!("get node {node} -o jsonpath={{.status.conditions[*].type}}"));
    assert!(conditions.contains("Ready") && conditions.contains("KernelDeadlock"), "{conditions}");
    assert!(bench.prints(&format!("get node {node}")).contains(" Ready "));
    let dongles = format!("get node {node} -o jsonpath={{.status.allocatable.example\\.com/dongle}}");
    assert_eq!(bench.prints(&dongles), "4");
    bench.prints(&format!("label node {node} a=b"));
    let found = bench.kubectl(&format!("wait --for=condition=KernelDeadlock node/{node} --timeout=5s"));
    assert!(found.ok, "{found:?}");
}

#[test]
fn a_pod_waits_for_its_readiness_gates() {
    let bench = Bench::new();
    let file = bench.file("pod.json");
    let text = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "gated", "labels": {"app": "gated"}},
        "spec": {"readinessGates": [{"conditionType": "lb.example/ready"}], "containers": [{"name": "a", "image": "nginx"}]}}"#;
    std::fs::write(&file, text).unwrap();
    bench.prints(&format!("create -f {}", file.display()));
    bench.prints("wait --for=condition=ContainersReady pod/gated --timeout=30s");
    let row = || bench.prints("get pod gated -o wide --no-headers");
    assert!(row().contains("0/1"), "{}", row());
    let why = "get pod gated -o jsonpath={.status.conditions[?(@.type=='Ready')].reason}";
    assert_eq!(bench.prints(why), "ReadinessGatesNotReady");
    let open = |is: &str| {
        let patch =
            format!(r#"{{"status":{{"conditions":[{{"type":"lb.example/ready","status":"{is}"}}]}}}}"#);
        bench.prints(&format!("patch pod gated --subresource=status -p {patch}"));
    };
    open("True");
    bench.prints("wait --for=condition=Ready pod/gated --timeout=10s");
    open("False");
    bench.prints("wait --for=condition=Ready=false pod/gated --timeout=10s");
    assert!(bench.prints("describe pod gated").contains("lb.example/ready"));
}

#[test]
fn kinds_of_the_same_name_are_told_apart_by_their_group() {
    let bench = Bench::new();
    let file = bench.file("crd.yaml");
    let text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
        metadata: {name: services.serving.example.com}\nspec:\n  group: serving.example.com\n  scope: Namespaced\n  \
        names: {kind: Service, plural: services, singular: service, listKind: ServiceList}\n  versions:\n  \
        - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, \
        x-kubernetes-preserve-unknown-fields: true}}}\n";
    std::fs::write(&file, text).unwrap();
    bench.prints(&format!("create -f {}", file.display()));
    std::fs::write(
        &file,
        "apiVersion: serving.example.com/v1\nkind: Service\nmetadata: {name: ui}\nspec: {a: 1}\n",
    )
    .unwrap();
    bench.prints(&format!("create -f {} -n shop", file.display()));
    bench.prints("patch services.serving.example.com ui -n shop --type=merge -p {\"spec\":{\"a\":2}}");
    assert_eq!(bench.prints("get services.serving.example.com ui -n shop -o jsonpath={.spec.a}"), "2");
    assert_eq!(bench.prints("get service ui -n shop -o jsonpath={.spec.type}"), "ClusterIP");
    bench.prints("delete services.serving.example.com ui -n shop");
    assert!(bench.kubectl("get service ui -n shop").ok);
}
