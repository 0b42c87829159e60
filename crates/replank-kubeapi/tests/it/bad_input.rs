//! Wrong requests are answered in the words of the protocol, and nothing of them is done.

use crate::bench::Bench;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn wrong_bodies_are_refused_and_leave_nothing() {
    let bench = Bench::new();
    let large = format!("{{\"kind\":\"ConfigMap\",\"data\":{{\"a\":\"{}\"}}}}", "x".repeat(4 << 20));
    let deep = format!("{{\"metadata\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let pod = bench.prints("get pods -n shop -o jsonpath={.items[0].metadata.name}");
    let eviction = format!("/api/v1/namespaces/shop/pods/{pod}/eviction");
    for (path, body, wanted) in [
        (MAPS, "{", "json parse error"),
        (MAPS, "[]", "cannot unmarshal"),
        (MAPS, "\u{feff}", "json parse error"),
        (
            MAPS,
            r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}"#,
            "converting (v1.Secret) to (core.ConfigMap): unknown conversion",
        ),
        (
            MAPS,
            r#"{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"a"}}"#,
            "no kind \"ConfigMap\" is registered for version \"v2\"",
        ),
        (MAPS, r#"{"metadata":{"name":"a","namespace":"other"}}"#, "does not match the namespace"),
        (MAPS, r#"{"metadata":{}}"#, "name or generateName is required"),
        (MAPS, r#"{"metadata":{"name":"A B"}}"#, "a lowercase RFC 1123 subdomain"),
        (MAPS, r#"{"metadata":{"name":7}}"#, "cannot unmarshal number"),
        (MAPS, r#"{"metadata":{"name":"a","labels":{"x":1}}}"#, "cannot unmarshal number"),
        (MAPS, &large, "Request entity too large"),
        (MAPS, &deep, "recursion limit"),
        (
            "/api/v1/namespaces/nowhere/configmaps",
            r#"{"metadata":{"name":"a"}}"#,
            "namespaces \"nowhere\" not found",
        ),
        (
            "/api/v1/namespaces/default/pods",
            r#"{"metadata":{"name":"a"},"spec":{}}"#,
            "spec.containers: Required value",
        ),
        ("/api/v1/nodes", r#"{"metadata":{"name":"a"}}"#, "nodes come from node groups"),
        ("/apis/apps/v1/namespaces/default/deployments/x/scale", "{}", "does not allow this method"),
        ("/api/v1/namespaces/shop/pods/none/eviction", "{}", "name in URL does not match"),
        (
            &eviction,
            &format!(
                "{{\"metadata\":{{\"name\":\"{pod}\"}},\"deleteOptions\":{{\"preconditions\":{{\"uid\":\"other\"}}}}}}"
            ),
            "the UID in the precondition (other) does not match the UID in record",
        ),
        ("/nothing", "{}", "could not find the requested resource"),
    ] {
        let file = bench.file("body.json");
        std::fs::write(&file, body).unwrap();
        let said = bench.kubectl(&format!("create --raw {path} -f {}", file.display()));
        let shown = &body[..body.len().min(60)];
        assert!(!said.ok && said.err.contains(wanted), "{path} {shown}: {said:?}");
    }
    let file = bench.file("options.json");
    std::fs::write(&file, r#"{"preconditions":{"uid":"other"}}"#).unwrap();
    let path = format!("/api/v1/namespaces/shop/pods/{pod}");
    let said = bench.kubectl(&format!("delete --raw {path} -f {}", file.display()));
    let wanted = "the UID in the precondition (other) does not match the UID in record";
    assert!(!said.ok && said.err.contains(wanted), "{said:?}");
    assert_eq!(bench.prints("get cm -n default -o name").trim(), "configmap/kube-root-ca.crt");
    assert!(bench.prints("get --raw /healthz") == "ok");
}

#[test]
fn wrong_patches_are_refused() {
    let bench = Bench::new();
    bench.prints("create configmap a --from-literal=b=c");
    for (line, wanted) in [
        (
            "--type=json -p [{\"op\":\"replace\",\"path\":\"/data/none\",\"value\":\"x\"}]",
            "the server rejected our request due to an error",
        ),
        ("--type=merge -p {\"metadata\":{\"resourceVersion\":\"1\"}}", "the object has been modified"),
        ("--type=merge -p {\"metadata\":{\"name\":\"b\"}}", "does not match the name"),
        ("--type=merge -p {\"metadata\":{\"labels\":{\"-\":\"b\"}}}", "metadata.labels"),
        (
            "--type=merge -p {\"data\":{\"b\":7}}",
            "cannot unmarshal number into Go struct field ConfigMap.data of type string",
        ),
        (
            "-p {\"data\":[]}",
            "The request is invalid: patch: Invalid value: \"map[data:[]]\": cannot restore map",
        ),
        ("--type=merge -p {", "error decoding patch"),
        (
            "--type=strategic -p []",
            "json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ] {
        let said = bench.kubectl(&format!("patch configmap a {line}"));
        assert!(!said.ok && said.err.contains(wanted), "{line}: {said:?}");
    }
    assert_eq!(bench.prints("get cm a -o jsonpath={.data}{.metadata.labels}"), "{\"b\":\"c\"}");
}

#[test]
fn whoever_is_spoken_for_may_nothing() {
    let bench = Bench::new();
    let refused = bench.kubectl("get pods -n shop --as=ann");
    let words = "pods is forbidden: User \"ann\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"";
    assert!(refused.err.contains(words), "{refused:?}");
    assert_eq!(bench.kubectl("auth can-i delete nodes --as=ann").out.trim(), "no");
    assert_eq!(bench.prints("auth can-i delete nodes --as=ann --as-group=system:masters").trim(), "yes");
    assert!(bench.prints("auth whoami --as=ann").contains("ann"));
}

#[test]
fn what_would_need_a_process_is_refused_plainly() {
    let bench = Bench::new();
    bench.prints("run x --image=nginx");
    bench.prints("wait --for=condition=Ready pod/x --timeout=30s");
    for (line, wanted) in [
        ("logs x", "has no logs"),
        ("exec x -- ls", "runs no processes"),
        ("debug x --image=busybox", "runs no processes"),
        ("port-forward pod/x 8080:80", "opens no connections"),
        ("create token default", "it makes none"),
        ("top nodes", "Metrics API not available"),
        ("top pods", "Metrics API not available"),
    ] {
        let said = bench.kubectl(line);
        assert!(!said.ok && said.err.contains(wanted), "{line}: {said:?}");
    }
}

#[test]
fn what_a_cluster_is_not_without_stays() {
    let bench = Bench::new();
    let refused = bench.kubectl("delete namespace kube-system");
    let words = "namespaces \"kube-system\" is forbidden: this namespace may not be deleted";
    assert!(refused.err.contains(words), "{refused:?}");
    bench.prints("delete service kubernetes");
    assert!(bench.prints("get service kubernetes -o jsonpath={.spec.clusterIP}").contains("10.100.0.1"));
    assert!(bench.prints("get configmap kube-root-ca.crt -o yaml").contains("BEGIN CERTIFICATE"));
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let wrong =
        bench.kubectl(&format!("patch node {node} -p {{\"metadata\":{{\"labels\":{{\"-a\":\"b\"}}}}}}"));
    assert!(wrong.err.contains("name part must consist of alphanumeric characters"), "{wrong:?}");
    let named = bench.kubectl("run A_b --image=x");
    assert!(named.err.contains("The Pod \"A_b\" is invalid"), "{named:?}");
}
