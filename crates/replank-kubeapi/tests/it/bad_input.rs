//! Wrong requests are answered in the words of the protocol, and nothing of them is done.

use crate::bench::Bench;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn wrong_bodies_are_refused_and_leave_nothing() {
    let bench = Bench::new();
    let large = format!("{{\"kind\":\"ConfigMap\",\"data\":{{\"a\":\"{}\"}}}}", "x".repeat(4 << 20));
    let deep = format!("{{\"metadata\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    for (path, body, wanted) in [
        (MAPS, "{", "json parse error"),
        (MAPS, "[]", "cannot unmarshal"),
        (MAPS, "\u{feff}", "json parse error"),
        (
            MAPS,
            r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}"#,
            "does not match the expected kind",
        ),
        (
            MAPS,
            r#"{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"a"}}"#,
            "does not match the expected API",
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
        ("/api/v1/namespaces/shop/pods/none/eviction", "{}", "pods \"none\" not found"),
        ("/nothing", "{}", "could not find the requested resource"),
    ] {
        let file = bench.file("body.json");
        std::fs::write(&file, body).unwrap();
        let said = bench.kubectl(&format!("create --raw {path} -f {}", file.display()));
        let shown = &body[..body.len().min(60)];
        assert!(!said.ok && said.err.contains(wanted), "{path} {shown}: {said:?}");
    }
    assert!(bench.prints("get cm -n default -o name").is_empty());
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
    ] {
        let said = bench.kubectl(&format!("patch configmap a {line}"));
        assert!(!said.ok && said.err.contains(wanted), "{line}: {said:?}");
    }
    assert_eq!(bench.prints("get cm a -o jsonpath={.data}{.metadata.labels}"), "{\"b\":\"c\"}");
}
