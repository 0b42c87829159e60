//! Objects created, changed, applied and deleted.

use crate::bench::Bench;

const WEB: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {colour: blue}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.27", ports: [{containerPort: 80}]}
"#;

#[test]
fn a_deployment_lives_its_life_by_kubectl() {
    let bench = Bench::new();
    let file = bench.file("web.yaml");
    std::fs::write(&file, WEB).unwrap();
    let file = file.display();
    let created = bench.prints(&format!("create -f {file}"));
    assert!(
        created.contains("configmap/settings created") && created.contains("deployment.apps/web created")
    );
    assert!(!bench.kubectl(&format!("create -f {file}")).ok);
    bench.prints(&format!("apply -f {file}"));
    let applied = bench.prints(&format!("apply -f {file}"));
    assert!(applied.contains("deployment.apps/web unchanged"), "{applied}");
    bench.prints("rollout status deploy/web --timeout=30s");
    let sets = bench.prints("get rs -l app=web -o name");
    assert_eq!(sets.lines().count(), 1, "applying what is there rolls nothing out: {sets}");
    bench.prints("set image deploy/web web=nginx:1.28");
    bench.prints("rollout status deploy/web --timeout=30s");
    bench.prints("rollout undo deploy/web");
    bench.prints("rollout status deploy/web --timeout=30s");
    let sets = bench.prints("get rs -l app=web -o name");
    assert_eq!(sets.lines().count(), 2, "an undo finds the set it goes back to: {sets}");
    let image = bench.prints("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}");
    assert_eq!(image, "nginx:1.27");
    bench.prints("rollout restart deploy/web");
    bench.prints("scale deploy/web --replicas=3");
    bench.prints("wait --for=condition=Available deploy/web --timeout=30s");
    assert!(bench.prints("get events").contains("ScalingReplicaSet"));
    bench.prints("delete deploy web");
    bench.prints("wait --for=delete pod -l app=web --timeout=30s");
    assert!(bench.prints("delete cm settings").contains("deleted"));
}

/// What says nothing is written out here, and what the server fills in is not.
const PLAIN: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain, namespace: default}
spec:
  selector: {matchLabels: {app: plain}}
  template:
    metadata: {labels: {app: plain}}
    spec:
      hostNetwork: false
      containers:
      - name: main
        image: "nginx:1.27"
        volumeMounts: [{name: tmp, mountPath: /tmp, readOnly: false}]
        readinessProbe: {initialDelaySeconds: 0, httpGet: {port: 80}}
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: plain, namespace: default}
spec:
  selector: {matchLabels: {app: every}}
  template:
    metadata: {labels: {app: every}}
    spec: {containers: [{name: main, image: "nginx:1.27"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: plain, namespace: default}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1"}]}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: plain, namespace: default}
spec:
  selector: {matchLabels: {app: kept}}
  template:
    metadata: {labels: {app: kept}}
    spec: {containers: [{name: main, image: "postgres:16"}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"#;

#[test]
fn a_manifest_written_over_itself_changes_nothing() {
    let bench = Bench::new();
    let file = bench.file("plain.yaml");
    std::fs::write(&file, PLAIN).unwrap();
    let replace = || {
        // A controller may write a status between kubectl's reading and its writing, here as on any server.
        let is_conflict = |err: &str| err.contains("the object has been modified");
        let said = (0..5).map(|_| bench.kubectl(&format!("replace -f {}", file.display())));
        let said = said.into_iter().find(|said| said.ok || !is_conflict(&said.err)).unwrap();
        assert!(said.ok, "{said:?}");
    };
    bench.prints(&format!("create -f {}", file.display()));
    replace();
    // As a client with types of its own writes the deployment back: without what says nothing.
    let terse = PLAIN.replace("      hostNetwork: false\n", "").replace(", readOnly: false", "");
    std::fs::write(&file, terse.replace("initialDelaySeconds: 0, ", "")).unwrap();
    replace();
    // Helm gives the claims of a stateful set as the chart has them.
    let claims = r#"[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]"#;
    let patch = format!(r#"{{"spec":{{"volumeClaimTemplates":{claims}}}}}"#);
    bench.prints(&format!("patch sts plain -p {patch}"));
    for kind in ["deploy", "ds", "cj", "sts"] {
        let generation = bench.prints(&format!("get {kind} plain -o jsonpath={{.metadata.generation}}"));
        assert_eq!(generation, "1", "{kind}");
    }
    let sets = bench.prints("get rs -l app=plain -o name");
    assert_eq!(sets.lines().count(), 1, "nothing is rolled out: {sets}");
    let other = claims.replace("1Gi", "2Gi");
    let refused =
        bench.kubectl(&format!(r#"patch sts plain -p {{"spec":{{"volumeClaimTemplates":{other}}}}}"#));
    assert!(refused.err.contains("updates to statefulset spec"), "{refused:?}");
}

#[test]
fn owners_of_fields_object() {
    let bench = Bench::new();
    let file = bench.file("web.yaml");
    std::fs::write(&file, WEB).unwrap();
    let file = file.display();
    bench.prints(&format!("apply --server-side -f {file}"));
    let other = bench.file("other.yaml");
    std::fs::write(&other, WEB.replace("blue", "red").replace("replicas: 2", "replicas: 4")).unwrap();
    let other = other.display();
    let refused = bench.kubectl(&format!("apply --server-side --field-manager=other -f {other}"));
    assert!(refused.err.contains("conflict with \"kubectl\": .data.colour"), "{refused:?}");
    let forced = format!("apply --server-side --field-manager=other --force-conflicts -f {other}");
    bench.prints(&forced);
    assert_eq!(bench.prints("get cm settings -o jsonpath={.data.colour}"), "red");
    assert_eq!(bench.prints("get deploy web -o jsonpath={.spec.replicas}"), "4");

    // An applied configuration must fit the types, whatever the client wishes.
    let odd = bench.file("odd.yaml");
    std::fs::write(&odd, WEB.replace("replicas: 2", "replica: 2")).unwrap();
    let refused = bench.kubectl(&format!("apply --server-side --validate=ignore -f {}", odd.display()));
    assert!(refused.err.contains(".spec.replica: field not declared in schema"), "{refused:?}");
}

#[test]
fn custom_resources_are_kept_as_their_definition_says() {
    let bench = Bench::new();
    let file = bench.file("definition.yaml");
    std::fs::write(&file, include_str!("boat.yaml")).unwrap();
    bench.prints(&format!("apply -f {}", file.display()));
    let file = bench.file("boat.yaml");
    let boat = "apiVersion: sea.example.com/v1\nkind: Boat\nmetadata: {name: a}\nspec: {length: 7}\n";
    std::fs::write(&file, boat).unwrap();
    bench.until("the boat is there", |bench| bench.kubectl(&format!("apply -f {}", file.display())).ok);
    let boats = bench.prints("get boats");
    assert!(boats.contains("LENGTH") && boats.contains('7'), "{boats}");
    bench.prints("patch boat a --type=merge -p {\"spec\":{\"length\":9}}");
    assert_eq!(bench.prints("get boat a -o jsonpath={.spec.length}"), "9");
    assert_eq!(bench.prints("get boat a -o jsonpath={.metadata.namespace}"), "");
    bench.prints("delete boats --all");
    assert!(bench.prints("get boats -o name").is_empty());
}

#[test]
fn what_a_pod_cannot_do_is_said() {
    let bench = Bench::new();
    for line in ["logs -n shop deploy/ui", "exec -n shop deploy/ui -- ls", "top nodes"] {
        let said = bench.kubectl(line);
        assert!(
            !said.ok && (said.err.contains("embedded") || said.err.contains("Metrics API")),
            "{line}: {said:?}"
        );
    }
}

#[test]
fn leases_of_clients_stand_beside_those_of_nodes() {
    let bench = Bench::new();
    let file = bench.file("lease.yaml");
    let lease = "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: leader, namespace: default}\n\
                 spec: {holderIdentity: a, leaseDurationSeconds: 15}\n";
    std::fs::write(&file, lease).unwrap();
    bench.prints(&format!("create -f {}", file.display()));
    bench.prints("patch lease leader --type=merge -p {\"spec\":{\"holderIdentity\":\"b\"}}");
    assert_eq!(bench.prints("get lease leader -o jsonpath={.spec.holderIdentity}"), "b");
    bench.prints("delete lease leader");
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let refused = bench.kubectl(&format!("delete lease -n kube-node-lease {node}"));
    assert!(refused.err.contains("follows from others"), "{refused:?}");
}

#[test]
fn an_autoscaler_has_two_versions() {
    let bench = Bench::new();
    bench.prints("autoscale deployment ui -n shop --min=1 --max=3 --cpu-percent=60");
    let old = "get horizontalpodautoscalers.v1.autoscaling ui -n shop -o jsonpath={.spec.targetCPUUtilizationPercentage}";
    assert_eq!(bench.prints(old), "60");
    assert!(bench.prints("get hpa -n shop").contains("Deployment/ui"));
}
