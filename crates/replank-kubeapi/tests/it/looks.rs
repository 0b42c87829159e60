//! What `kubectl` prints: tables, explanations, differences, descriptions, and the words of refusals.

use crate::bench::Bench;

#[test]
fn tables_have_the_columns_of_a_real_server() {
    let bench = Bench::new();
    for (line, wanted) in [
        ("get nodes", "STATUS ROLES AGE VERSION"),
        ("get nodes -o wide", "INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME"),
        ("get pods -A", "NAMESPACE NAME READY STATUS RESTARTS AGE"),
        ("get deployments -n shop", "NAME READY UP-TO-DATE AVAILABLE AGE"),
        ("get pdb -n shop", "NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE"),
        ("get ns", "NAME STATUS AGE"),
        ("get pv", "RECLAIM POLICY STATUS CLAIM"),
        ("get endpointslices -n shop", "ADDRESSTYPE PORTS ENDPOINTS AGE"),
        ("get leases -n kube-node-lease", "NAME HOLDER AGE"),
    ] {
        let out = bench.prints(line);
        let head: Vec<&str> = out.lines().next().unwrap_or_default().split_whitespace().collect();
        assert!(head.join(" ").contains(wanted), "{line}: {out}");
        assert!(!out.contains("<invalid>") && out.lines().count() > 1, "{line}: {out}");
    }
}

#[test]
fn a_watch_prints_every_state_as_a_row() {
    let bench = Bench::new();
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let watched = bench.file("watched");
    let mut watch = bench.command("get nodes --watch");
    let mut watch = watch.stdout(std::fs::File::create(&watched).unwrap()).spawn().unwrap();
    bench.until("the watch is there", |_| std::fs::read_to_string(&watched).unwrap().lines().count() == 4);
    bench.prints(&format!("cordon {node}"));
    let row = format!("{node} Ready,SchedulingDisabled <none>");
    bench.until("the row is printed", |_| {
        let out = std::fs::read_to_string(&watched).unwrap();
        out.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(&row))
    });
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn fields_are_explained_and_strangers_among_them_refused() {
    let bench = Bench::new();
    assert!(bench.prints("explain deployment.spec.replicas").contains("FIELD: replicas <integer>"));
    let file = bench.file("wrong.yaml");
    let wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatum: {b: c}\n";
    std::fs::write(&file, wrong).unwrap();
    let refused = bench.kubectl(&format!("create -f {}", file.display()));
    assert!(refused.err.contains("unknown field \"datum\""), "{refused:?}");
    let warned = bench.kubectl(&format!("create --validate=warn -f {}", file.display()));
    assert!(warned.ok && warned.err.contains("Warning: unknown field \"datum\""), "{warned:?}");
    std::fs::write(&file, wrong.replace("datum", "data")).unwrap();
    let differs = bench.kubectl(&format!("diff -f {}", file.display()));
    assert!(differs.out.contains("+data:"), "{differs:?}");
}

#[test]
fn descriptions_hold_what_stands_beside() {
    let bench = Bench::new();
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let pod = bench.prints("get pods -n shop -o jsonpath={.items[0].metadata.name}");
    for (line, wanted) in [
        (format!("describe node {node}"), "HolderIdentity:"),
        (format!("describe node {node}"), "Non-terminated Pods:"),
        (format!("describe pod -n shop {pod}"), "Controlled By:"),
        ("describe deployment -n shop ui".to_owned(), "NewReplicaSet:"),
        ("describe pdb -n shop cart".to_owned(), "Allowed disruptions:"),
    ] {
        let out = bench.prints(&line);
        assert!(out.contains(wanted), "{line}: {out}");
    }
}

#[test]
fn what_was_said_of_a_pod_is_read() {
    let bench = Bench::new();
    bench.prints("run bare --image=nginx");
    bench.prints("wait --for=condition=Ready pod/bare --timeout=30s");
    let described = bench.prints("describe pod bare");
    assert!(described.contains("Successfully assigned default/bare"), "{described}");
    assert!(described.contains("Started container"), "{described}");
}

#[test]
fn a_budget_in_the_way_stops_a_drain() {
    let bench = Bench::new();
    let taken =
        bench.prints("get pods -n shop -l app.kubernetes.io/name=cart -o jsonpath={.items[0].spec.nodeName}");
    let patch = r#"patch pdb cart -n shop --type=merge -p {"spec":{"minAvailable":2}}"#;
    assert!(bench.prints(patch).contains("patched"));
    bench.until("the budget allows nothing", |bench| {
        bench.prints("get pdb cart -n shop -o jsonpath={.status.disruptionsAllowed}") == "0"
    });
    let refused =
        bench.kubectl(&format!("drain {taken} --ignore-daemonsets --delete-emptydir-data --timeout=7s"));
    assert!(!refused.ok, "{refused:?}");
    let words = "Cannot evict pod as it would violate the pod's disruption budget.";
    assert!(refused.err.contains(words) || refused.out.contains(words), "{refused:?}");
}

#[test]
fn typed_clients_create_by_protobuf() {
    let bench = Bench::new();
    for line in [
        "create namespace sea",
        "create deployment boat --image=nginx -n sea",
        "create configmap c --from-literal=a=b -n sea",
        "create secret generic s --from-literal=a=b -n sea",
        "create job j --image=busybox -n sea -- sleep 1",
        "create pdb p --selector=app=boat --min-available=50% -n sea",
        "create quota q --hard=pods=3 -n sea",
        "create role r --verb=get --resource=pods -n sea",
        "autoscale deployment boat --max=3 -n sea",
        "auth can-i create pods",
        "auth whoami",
    ] {
        bench.prints(line);
    }
    assert_eq!(bench.prints("get secret s -n sea -o jsonpath={.data.a}"), "Yg==");
    bench.prints("delete namespace sea --timeout=30s");
    assert!(!bench.kubectl("get namespace sea").ok);
}
