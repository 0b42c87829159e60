//! The commands of the real `kubectl`, each on the kinds it is for.

use super::hold;
use crate::bench::Bench;

/// A row: the command, and for each kind a line and words that it must print. A line that begins with `!` is refused
/// with these words.
type Row = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

const OBJECTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "web:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec:
  schedule: "@yearly"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox}]}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {a: b}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
"#;

/// In this order: later rows use what earlier ones made. `<node>` is a node, `<pod>` a pod of `web`.
const ROWS: &[Row] = &[
    ("apply -f", &[("all kinds", "apply -f <file>", "deployment.apps/web created")]),
    ("apply -f (again)", &[("all kinds", "apply -f <file>", "deployment.apps/web unchanged")]),
    (
        "apply --server-side",
        &[("all kinds", "apply --server-side --force-conflicts -f <file>", "serverside-applied")],
    ),
    (
        "apply --server-side, conflict",
        &[(
            "all kinds",
            "!apply --server-side --field-manager=other -f <other>",
            "Apply failed with 1 conflict",
        )],
    ),
    ("apply --dry-run=server", &[("all kinds", "apply --dry-run=server -f <file>", "(server dry run)")]),
    ("diff", &[("all kinds", "!diff -f <other>", "+  replicas: 3")]),
    (
        "rollout status",
        &[("deployments", "rollout status deployment/web --timeout=60s", "successfully rolled out")],
    ),
    (
        "wait --for=condition",
        &[
            ("deployments", "wait --for=condition=Available deployment/web --timeout=30s", "condition met"),
            ("pods", "wait --for=condition=Ready pod -l app=web --timeout=30s", "condition met"),
            ("nodes", "wait --for=condition=Ready node/<node> --timeout=10s", "condition met"),
        ],
    ),
    (
        "wait --for=jsonpath",
        &[(
            "deployments",
            "wait --for=jsonpath={.status.readyReplicas}=2 deployment/web --timeout=30s",
            "condition met",
        )],
    ),
    (
        "get",
        &[
            ("nodes", "get nodes", "Ready"),
            ("pods", "get pods -A", "Running"),
            ("deployments", "get deployments", "2/2"),
            ("replicasets", "get rs", "web-"),
            ("statefulsets", "get sts -A", "READY"),
            ("daemonsets", "get ds -A", "UP-TO-DATE"),
            ("services", "get svc", "kubernetes"),
            ("cronjobs", "get cj", "@yearly"),
            ("poddisruptionbudgets", "get pdb", "ALLOWED DISRUPTIONS"),
            ("all", "get all", "deployment.apps/web"),
        ],
    ),
    (
        "get -o wide",
        &[("nodes", "get nodes -o wide", "KERNEL-VERSION"), ("pods", "get pods -o wide", "NOMINATED NODE")],
    ),
    ("get -o yaml", &[("deployments", "get deployment web -o yaml", "kind: Deployment")]),
    ("get -o json", &[("nodes", "get nodes -o json", "\"kind\": \"List\"")]),
    (
        "get -o jsonpath",
        &[("pods", "get pods -l app=web -o jsonpath={.items[*].spec.nodeName}", ".internal")],
    ),
    ("get -o custom-columns", &[("nodes", "get nodes -o custom-columns=N:.metadata.name", "<node>")]),
    ("get -o name", &[("nodes", "get nodes -o name", "node/<node>")]),
    ("get --sort-by", &[("pods", "get pods --sort-by=.metadata.name", "web-")]),
    ("get --chunk-size", &[("pods", "get pods -A --chunk-size=3", "web-")]),
    ("get --show-labels, -L", &[("pods", "get pods --show-labels -L app", "pod-template-hash=")]),
    (
        "get --field-selector",
        &[
            ("pods", "get pods -A --field-selector=spec.nodeName=<node>,status.phase=Running", "Running"),
            ("pods", "!get pods --field-selector=spec.x=y", "field label not supported"),
        ],
    ),
    ("get --raw", &[("/readyz", "get --raw /readyz", "ok")]),
    (
        "describe",
        &[
            ("nodes", "describe node <node>", "Non-terminated Pods"),
            ("pods", "describe pod <pod>", "Controlled By:"),
            ("deployments", "describe deployment web", "NewReplicaSet:"),
            ("replicasets", "describe rs -l app=web", "Pods Status:"),
            ("statefulsets", "describe sts -n shop", "Volume Claims:"),
            ("daemonsets", "describe ds -n kube-system", "Desired Number of Nodes Scheduled"),
            ("jobs", "describe job -n shop", "Pods Statuses:"),
            ("cronjobs", "describe cronjob tidy", "Concurrency Policy:"),
            ("services", "describe service web", "Endpoints:"),
            ("poddisruptionbudgets", "describe pdb web", "Allowed disruptions:"),
            ("persistentvolumeclaims", "describe pvc -n shop", "Used By:"),
            ("persistentvolumes", "describe pv", "Reclaim Policy:"),
            ("storageclasses", "describe sc", "Provisioner:"),
            ("namespaces", "describe ns default", "Status:"),
            ("configmaps", "describe cm web", "BinaryData"),
        ],
    ),
    ("events", &[("events", "events -A", "ScalingReplicaSet")]),
    (
        "explain",
        &[
            ("pods", "explain pod.spec.containers --recursive", "livenessProbe"),
            ("custom resource definitions", "explain crd.spec.versions", "storage"),
        ],
    ),
    (
        "label, annotate",
        &[
            ("pods", "label pod <pod> tier=web", "labeled"),
            ("nodes", "label node <node> tier=web", "labeled"),
            ("deployments", "annotate deployment web kubernetes.io/change-cause=first", "annotated"),
        ],
    ),
    (
        "set",
        &[
            ("image", "set image deployment/web main=web:2", "image updated"),
            ("env", "set env deployment/web A=b", "env updated"),
            ("resources", "set resources deployment/web --limits=cpu=200m", "resource requirements updated"),
            ("serviceaccount", "set serviceaccount deployment/web default", "serviceaccount updated"),
            ("selector", "set selector service web app=web,tier=front", "selector updated"),
        ],
    ),
    (
        "rollout",
        &[
            ("history", "rollout history deployment/web", "first"),
            ("undo", "rollout undo deployment/web --to-revision=1", "rolled back"),
            ("restart", "rollout restart deployment/web", "restarted"),
            ("pause", "rollout pause deployment/web", "paused"),
            ("resume", "rollout resume deployment/web", "resumed"),
            ("status", "rollout status deployment/web --timeout=60s", "successfully rolled out"),
        ],
    ),
    (
        "scale",
        &[
            ("deployments", "scale deployment web --replicas=3", "scaled"),
            (
                "deployments",
                "!scale deployment web --replicas=1 --current-replicas=9",
                "Expected replicas to be 9",
            ),
            ("statefulsets", "scale sts catalog-mysql -n shop --replicas=2", "scaled"),
        ],
    ),
    ("autoscale", &[("deployments", "autoscale deployment web --min=1 --max=3", "autoscaled")]),
    ("expose", &[("deployments", "expose deployment web --name=web-two --port=80", "exposed")]),
    (
        "patch",
        &[
            ("strategic", "patch deployment web -p {\"metadata\":{\"labels\":{\"a\":\"b\"}}}", "patched"),
            ("merge", "patch cm web --type=merge -p {\"data\":{\"a\":\"c\"}}", "patched"),
            ("json", "patch cm web --type=json -p [{\"op\":\"remove\",\"path\":\"/data/a\"}]", "patched"),
            (
                "status",
                "patch node <node> --subresource=status -p {\"status\":{\"conditions\":[{\"type\":\"Mine\",\"status\":\"True\"}]}}",
                "patched",
            ),
        ],
    ),
    ("replace", &[("services", "replace --force -f <file>", "replaced")]),
    (
        "create",
        &[
            ("namespace", "create namespace sea", "created"),
            ("deployment", "create deployment boat --image=boat -n sea", "created"),
            ("job --from", "create job now --from=cronjob/tidy", "created"),
            ("configmap", "create configmap c --from-literal=a=b -n sea", "created"),
            ("secret", "create secret generic s --from-literal=a=b -n sea", "created"),
            ("service", "create service loadbalancer lb --tcp=80 -n sea", "created"),
            ("ingress", "create ingress i --rule=a.example.com/b=web:80 -n sea", "created"),
            ("quota", "create quota q --hard=pods=9 -n sea", "created"),
            ("role", "create role r --verb=get --resource=pods -n sea", "created"),
            ("rolebinding", "create rolebinding r --role=r --user=ann -n sea", "created"),
            ("serviceaccount", "create serviceaccount s -n sea", "created"),
            ("poddisruptionbudget", "create pdb p --selector=app=none --min-available=1 -n sea", "created"),
            ("priorityclass", "create priorityclass high --value=100", "created"),
            ("cronjob", "create cronjob c --image=busybox --schedule=@yearly -n sea -- true", "created"),
            ("token", "!create token default", "it makes none"),
        ],
    ),
    ("run", &[("pods", "run alone --image=nginx", "created")]),
    ("taint", &[("nodes", "taint node <node> a=b:PreferNoSchedule", "tainted")]),
    ("edit", &[("deployments", "edit deployment web", "edited")]),
    ("cordon", &[("nodes", "cordon <node>", "cordoned")]),
    (
        "drain",
        &[(
            "nodes",
            "drain <node> --ignore-daemonsets --delete-emptydir-data --force --timeout=60s",
            "drained",
        )],
    ),
    ("uncordon", &[("nodes", "uncordon <node>", "uncordoned")]),
    (
        "auth",
        &[
            ("can-i", "auth can-i delete nodes", "yes"),
            ("can-i --list", "auth can-i --list", "[*]"),
            ("whoami", "auth whoami", "kubernetes-admin"),
            ("--as somebody", "!get pods --as=ann", "User \"ann\" cannot list resource \"pods\""),
        ],
    ),
    ("api-resources", &[("discovery", "api-resources", "poddisruptionbudgets")]),
    ("api-versions", &[("discovery", "api-versions", "policy/v1")]),
    (
        "cluster-info",
        &[
            ("cluster", "cluster-info", "is running at"),
            ("dump", "cluster-info dump", "\"kind\": \"NodeList\""),
        ],
    ),
    ("version", &[("server", "version", "Server Version: v1.")]),
    (
        "delete",
        &[
            ("--cascade=orphan", "delete deployment web --cascade=orphan", "deleted"),
            ("--cascade=foreground", "delete rs -l app=web --cascade=foreground", "deleted"),
            ("--now", "delete pod --all --now", "deleted"),
            ("-f", "delete -f <file> --ignore-not-found", "deleted"),
            ("namespace", "delete namespace sea --timeout=60s", "deleted"),
        ],
    ),
    (
        "logs, exec, port-forward, attach, cp, debug",
        &[
            ("pods, refused plainly", "!attach -n shop <shop>", "runs no processes"),
            ("pods, refused plainly", "!cp -n shop <shop>:/a copied", "runs no processes"),
            ("pods, refused plainly", "!debug -n shop <shop> --image=busybox", "runs no processes"),
            ("pods, refused plainly", "!logs -n shop <shop>", "has no logs"),
            ("pods, refused plainly", "!exec -n shop <shop> -- ls", "runs no processes"),
            ("pods, refused plainly", "!port-forward -n shop <shop> 8080:80", "opens no connections"),
        ],
    ),
    (
        "top",
        &[
            ("nodes, refused plainly", "!top nodes", "Metrics API not available"),
            ("pods, refused plainly", "!top pods", "Metrics API not available"),
        ],
    ),
];

#[test]
fn every_command_on_what_it_is_for() {
    let bench = Bench::new();
    let (file, other) = (bench.file("objects.yaml"), bench.file("other.yaml"));
    std::fs::write(&file, OBJECTS).unwrap();
    std::fs::write(&other, OBJECTS.replace("replicas: 2", "replicas: 3")).unwrap();
    let node = bench.prints("get nodes -o jsonpath={.items[0].metadata.name}");
    let mut page =
        "With the real `kubectl`, in this order on one cluster.\n\n| Command | Tried on |\n|---|---|\n"
            .to_owned();
    for (command, lines) in ROWS {
        let mut tried: Vec<&str> = Vec::new();
        for (kind, line, words) in *lines {
            // Any pod of the deployment as it is now.
            let pod = || bench.prints("get pods -l app=web -o jsonpath={.items[0].metadata.name}");
            let filled = |text: &str| {
                let mut text = text.replace("<node>", &node);
                if text.contains("<shop>") {
                    let shop = "get pods -n shop --field-selector=status.phase=Running";
                    let shop = bench.prints(&format!("{shop} -o jsonpath={{.items[0].metadata.name}}"));
                    text = text.replace("<shop>", &shop);
                }
                if text.contains("<pod>") {
                    text = text.replace("<pod>", &pod());
                }
                let (file, other) = (file.display().to_string(), other.display().to_string());
                text.replace("<file>", &file).replace("<other>", &other)
            };
            let (refused, line) = line.strip_prefix('!').map_or((false, *line), |line| (true, line));
            let (line, words) = (filled(line), filled(words));
            let said = bench.kubectl(&line);
            let has_said = said.out.contains(&words) || said.err.contains(&words);
            assert!(said.ok != refused && has_said, "kubectl {line}: {words:?} in {said:?}");
            if !tried.contains(kind) {
                tried.push(kind);
            }
        }
        page.push_str(&format!("| {command} | {} |\n", tried.join(", ")));
    }
    hold("Commands of kubectl", &page);
}
