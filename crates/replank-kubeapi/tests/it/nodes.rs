//! Nodes and their pods: looked at, watched, cordoned, drained.

use std::io::Read;

use crate::bench::Bench;

#[test]
fn nodes_are_watched_cordoned_and_drained() {
    let bench = Bench::new();
    let names = bench.prints("get nodes -o name");
    let names: Vec<&str> = names.lines().map(|line| line.trim_start_matches("node/")).collect();
    assert_eq!(names.len(), 3);
    let node = names[0];
    let mut watch = bench.spawn("get nodes --watch --output-watch-events -o jsonpath={.type}:{.object.metadata.name}:{.object.spec.unschedulable}{'\\n'}");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(bench.prints(&format!("cordon {node}")).contains("cordoned"));
    assert!(bench.prints(&format!("uncordon {node}")).contains("uncordoned"));
    bench.prints(&format!("taint nodes {node} keep=out:NoSchedule"));
    let taints = bench.prints(&format!("get node {node} -o jsonpath={{.spec.taints}}"));
    assert!(taints.contains("\"key\":\"keep\""), "{taints}");
    bench.prints(&format!("taint nodes {node} keep-"));
    bench.prints(&format!("label node {node} a=b"));
    bench.prints(&format!("annotate node {node} c=d"));
    assert_eq!(bench.prints("get nodes -l a=b -o name").lines().count(), 1);
    let drained =
        bench.prints(&format!("drain {node} --ignore-daemonsets --delete-emptydir-data --timeout=60s"));
    assert!(drained.contains(&format!("node/{node} drained")), "{drained}");
    let left = bench.prints(&format!("get pods -A --field-selector spec.nodeName={node} -o name"));
    assert!(left.lines().all(|pod| pod.contains("aws-node") || pod.contains("kube-proxy")), "{left}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    let mut seen = String::new();
    watch.stdout.take().unwrap().read_to_string(&mut seen).unwrap();
    assert!(seen.contains(&format!("MODIFIED:{node}:true")), "{seen}");
}

#[test]
fn the_autoscaler_stops_with_its_deployment() {
    let bench = Bench::new();
    let scaled = bench.prints("scale deployments/cluster-autoscaler --replicas=0 -n kube-system");
    assert!(scaled.contains("cluster-autoscaler scaled"), "{scaled}");
    bench.until("no pod of the autoscaler is left", |bench| {
        bench.prints("get pods -n kube-system -l app=cluster-autoscaler -o name").is_empty()
    });
    assert!(bench.prints("rollout status deployment/ui -n shop").contains("successfully rolled out"));
}

#[test]
fn who_is_not_known_is_told_so() {
    let bench = Bench::new();
    let ca = bench.file("ca.pem");
    for (token, wanted) in [("k8s-aws-v1.good", "node/"), ("k8s-aws-v1.bad", "must be logged in")] {
        let line = format!(
            "--kubeconfig /dev/null --server {} --certificate-authority {} --token {token} get nodes -o name",
            bench.server,
            ca.display()
        );
        let said = bench.kubectl(&line);
        assert!(said.out.contains(wanted) || said.err.contains(wanted), "{token}: {said:?}");
    }
    assert!(bench.live.clock_map().now().1 <= jiff::Timestamp::now());
}
