//! Cases of `manifest`: tables of what is given and what must come of it.

use super::files::Source;
use super::{Manifests, Object, read};
use replank_world::known::Known;
use replank_world::object::{
    ClaimPhase, FailureAction, FailureOn, FailureRule, Keep, PodManagement, PodReplacement, PreemptionPolicy,
    Volume, Zonal,
};
use replank_world::vocab::percent::IntOrPercent;

fn source(text: &str) -> Vec<Source> {
    vec![Source { name: "m.yaml".to_owned(), text: text.as_bytes().to_vec(), namespace: None }]
}

fn accepted(text: &str) -> Manifests {
    read(&source(text), &Known::default()).unwrap_or_else(|refused| panic!("{refused}"))
}

pub(super) fn refused(text: &str) -> String {
    read(&source(text), &Known::default()).expect_err(text).to_string()
}

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
";

/// `WEB` with one text in it replaced.
pub(super) fn web(from: &str, to: &str) -> String {
    assert!(WEB.contains(from), "{from}");
    WEB.replace(from, to)
}

fn one(text: &str) -> Object {
    accepted(text).objects.remove(0).object
}

#[test]
fn a_deployment_gets_the_defaults_of_the_api_server() {
    let Object::Deployment(web) = one(WEB) else { panic!("a Deployment") };
    assert_eq!((web.replicas, web.recreate, web.paused), (1, false, false));
    assert_eq!((web.max_surge, web.max_unavailable), (IntOrPercent::Percent(25), IntOrPercent::Percent(25)));
    let spec = &web.template.spec;
    assert_eq!(spec.grace_seconds, 30);
    assert_eq!((spec.requests.cpu_milli, spec.nonzero.cpu_milli), (0, 100));
    assert!(spec.best_effort);
    assert_eq!(
        spec.tolerations.iter().map(|toleration| toleration.seconds).collect::<Vec<_>>(),
        [Some(300); 2]
    );
}

#[test]
fn limits_without_requests_are_requests_and_init_steps_count() {
    let containers = "containers:
      - name: web
        image: nginx
        resources: {limits: {cpu: 500m, memory: 1Gi}}
      - name: side
        image: envoy
        resources: {requests: {cpu: 0.1, memory: 64Mi}, limits: {cpu: 1}}
      initContainers:
      - {name: proxy, image: p, restartPolicy: Always, resources: {requests: {cpu: 50m}}}
      - {name: migrate, image: m, resources: {requests: {cpu: 2, memory: 128Mi}}}";
    let text = web("containers:\n      - name: web\n        image: nginx", containers);
    let Object::Deployment(web) = one(&text) else { panic!("a Deployment") };
    let requests = &web.template.spec.requests;
    assert_eq!((requests.cpu_milli, requests.memory_bytes), (2050, (1 << 30) + (64 << 20)));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one manifest with one of each")]
fn the_kinds_that_decide_are_typed() {
    let text = "
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 30%, selector: {matchLabels: {app: web}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  podFailurePolicy:
    rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: 'True'}]}]
  template:
    metadata: {annotations: {sim.replank/runs: 90s}}
    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      priorityClassName: high
      containers: [{name: c, image: i, volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
preemptionPolicy: Never
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: PersistentVolume
  metadata: {name: pv}
  spec:
    claimRef: {namespace: default, name: data}
    nodeAffinity:
      required:
        nodeSelectorTerms:
        - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [us-west-2a]}]
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: data}
  spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: example.com/v1, kind: Widget, metadata: {name: A_b}}
";
    let manifests = accepted(text);
    let mut objects = manifests.objects.iter().map(|given| &given.object);
    let Some(Object::Budget(budget)) = objects.next() else { panic!("a budget") };
    assert_eq!(budget.keep, Keep::MaxUnavailable(IntOrPercent::Percent(30)));
    let Some(Object::Job(job)) = objects.next() else { panic!("a Job") };
    assert_eq!((job.completions, job.parallelism, job.backoff_limit), (Some(1), 1, 6));
    let disrupted = FailureOn::Conditions(vec!["DisruptionTarget".into()]);
    assert_eq!(job.failure_policy, [FailureRule { action: FailureAction::Ignore, on: disrupted }]);
    assert_eq!(job.replacement, PodReplacement::Failed);
    assert_eq!(job.work.map(replank_world::time::Span::as_secs), Some(90));
    let Some(Object::StatefulSet(set)) = objects.next() else { panic!("a StatefulSet") };
    assert_eq!((set.management, set.partition), (PodManagement::Parallel, Some(0)));
    assert_eq!(set.template.spec.volumes, [Volume::ClaimTemplate("data".into())]);
    assert_eq!((set.template.spec.priority, set.template.spec.preemption), (1000, PreemptionPolicy::Never));
    let claim = manifests.objects.iter().find_map(|given| match &given.object {
        Object::Claim(claim) => Some(claim.phase.clone()),
        _ => None,
    });
    let zonal = Zonal::Zone("us-west-2a".into());
    assert_eq!(claim, Some(ClaimPhase::Bound { volume: "pv".into(), zonal }));
    assert_eq!(manifests.warnings().collect::<Vec<_>>(), ["kept but not acted on: ConfigMap 1, Widget 1"]);
    assert_eq!(manifests.namespaces.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["default"]);
}

#[test]
fn older_versions_are_accepted_by_older_clusters() {
    let text = "
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
";
    let older = Known { version: replank_core::behaviour::ServerVersion::of(24, 0), ..Known::default() };
    let manifests = read(&source(text), &older).expect("served until 1.24");
    assert!(matches!(manifests.objects[0].object, Object::Budget(_)));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn what_the_api_server_refuses_is_refused_in_its_words() {
    let is = "The Deployment \"web\" is invalid: ";
    let decode = "Deployment in version \"v1\" cannot be handled as a Deployment: ";
    let spec = |text: &str| web("spec:\n  selector", &format!("spec:\n  {text}\n  selector"));
    let container = |text: &str| web("image: nginx", &format!("image: nginx\n        {text}"));
    let pod = |text: &str| web("      containers:", &format!("      {text}\n      containers:"));
    let budget = |text: &str| {
        format!("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {text}\n")
    };
    let table = [
        (
            spec("replicas: -1"),
            format!("m.yaml:5:13: {is}spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ),
        (
            spec("replicas: three"),
            format!(
                "m.yaml:5:13: {decode}json: cannot unmarshal string into Go struct field \
                 DeploymentSpec.spec.replicas of type int32"
            ),
        ),
        (
            web("{app: web}}\n    spec", "{app: api}}\n    spec"),
            format!(
                "m.yaml:7:24: {is}spec.template.metadata.labels: Invalid value: \
                 map[string]string{{\"app\":\"api\"}}: `selector` does not match template `labels`"
            ),
        ),
        (web("  selector: {matchLabels: {app: web}}\n", ""), format!("m.yaml:5:3: {is}spec.selector: Required value")),
        (
            web("matchLabels: {app: web}}\n  t", "matchExpressions: [{key: app, operator: Is}]}\n  t"),
            format!(
                "m.yaml:5:54: {is}spec.selector.matchExpressions[0].operator: Invalid value: \"Is\": not a valid \
                 label selector operator"
            ),
        ),
        (
            container("resources: {requests: {cpu: 1x}}"),
            format!(
                "m.yaml:12:37: {decode}spec.template.spec.containers[0].resources.requests.cpu: \"1x\": unable to \
                 parse quantity's suffix"
            ),
        ),
        (
            container("resources: {requests: {cpu: 2}, limits: {cpu: 500m}}"),
            format!(
                "m.yaml:12:31: {is}spec.template.spec.containers[0].resources.requests: Invalid value: \"2\": must \
                 be less than or equal to cpu limit of 500m"
            ),
        ),
        (
            container("ports: [{containerPort: 80, hostPort: 70000}]"),
            format!(
                "m.yaml:12:47: {is}spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 70000: must \
                 be between 1 and 65535, inclusive"
            ),
        ),
        (
            container("volumeMounts: [{name: data, mountPath: /d}]"),
            format!(
                "m.yaml:12:31: {is}spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\""
            ),
        ),
        (
            pod("restartPolicy: Never"),
            format!(
                "m.yaml:9:22: {is}spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \
                 \"Always\""
            ),
        ),
        (
            pod("priorityClassName: high"),
            format!(
                "m.yaml:9:26: {is}spec.template.spec.priorityClassName: no PriorityClass with name high was found"
            ),
        ),
        (
            pod("tolerations: [{value: x}]"),
            format!(
                "m.yaml:9:21: {is}spec.template.spec.tolerations[0].operator: Invalid value: \"\": operator must be \
                 Exists when `key` is empty, which means \"match all values and all keys\""
            ),
        ),
        (
            spec("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}"),
            format!(
                "m.yaml:5:59: {is}spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 \
                 when `maxSurge` is 0"
            ),
        ),
        (
            spec("strategy: {rollingUpdate: {maxSurge: some}}"),
            format!(
                "m.yaml:5:40: {is}spec.strategy.rollingUpdate.maxSurge: Invalid value: \"some\": a valid percent \
                 string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
                 validation is '[0-9]+%')"
            ),
        ),
        (
            web("name: web, n", "name: Web, n"),
            "m.yaml:3:18: The Deployment \"Web\" is invalid: metadata.name: Invalid value: \"Web\": a lowercase RFC \
             1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
             with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .to_owned(),
        ),
        (
            web("name: web, n", "n"),
            "m.yaml:3:11: The Deployment \"\" is invalid: metadata.name: Required value: name or generateName is \
             required"
                .to_owned(),
        ),
        (
            web("apps/v1", "extensions/v1beta1"),
            "m.yaml:2:7: resource mapping not found for name: \"web\" namespace: \"shop\": no matches for kind \
             \"Deployment\" in version \"extensions/v1beta1\": removed in Kubernetes 1.16, use apps/v1"
                .to_owned(),
        ),
        (
            web("apps/v1", "v1"),
            "m.yaml:2:7: resource mapping not found for name: \"web\" namespace: \"shop\": no matches for kind \
             \"Deployment\" in version \"v1\": expected apps/v1"
                .to_owned(),
        ),
        (
            web("kind: Deployment", "kind: Deploymnet"),
            "m.yaml:2:7: resource mapping not found for name: \"web\" namespace: \"shop\": no matches for kind \
             \"Deploymnet\" in version \"apps/v1\": did you mean Deployment?"
                .to_owned(),
        ),
        (
            format!("{WEB}---\n{WEB}"),
            "m.yaml:15:18: deployments.apps \"web\" already exists, first given at m.yaml:3:18".to_owned(),
        ),
        (web("kind: Deployment\n", ""), "m.yaml:1:1: error validating data: kind not set".to_owned()),
        (
            budget("{minAvailable: 1, maxUnavailable: 1}"),
            "m.yaml:4:7: The PodDisruptionBudget \"b\" is invalid: spec: Invalid value: \
             {\"minAvailable\":1,\"maxUnavailable\":1}: minAvailable and maxUnavailable cannot be both set"
                .to_owned(),
        ),
        (
            budget("{minAvailable: 101%}"),
            "m.yaml:4:22: The PodDisruptionBudget \"b\" is invalid: spec.minAvailable: Invalid value: \"101%\": must \
             not be greater than 100%"
                .to_owned(),
        ),
        (
            budget("{maxUnavailable: 1, unhealthyPodEvictionPolicy: Always}"),
            "m.yaml:4:55: The PodDisruptionBudget \"b\" is invalid: spec.unhealthyPodEvictionPolicy: Unsupported \
             value: \"Always\": supported values: \"AlwaysAllow\", \"IfHealthyBudget\""
                .to_owned(),
        ),
        (
            "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n".to_owned(),
            "m.yaml:2:7: a Node cannot be given as a manifest: nodes come from node groups, see `nodeGroups` of a \
             world file"
                .to_owned(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

#[test]
fn every_error_of_every_object_is_told() {
    let text = format!(
        "{}---\n{}",
        web("image: nginx", "image: ''"),
        WEB.replace("replicas", "x").replace("web", "W")
    );
    assert!(refused(&text).lines().count() >= 3, "{}", refused(&text));
}

#[test]
fn broken_manifests_are_refused_and_never_panic() {
    let mut state = 13u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let full = web(
        "image: nginx",
        "image: nginx\n        resources: {limits: {cpu: 1, memory: 1Gi}}\n        ports: [{containerPort: 80}]",
    );
    for _ in 0..3000 {
        let mut bytes = full.as_bytes().to_vec();
        for _ in 0..=draw(4) {
            let at = draw(bytes.len());
            match draw(4) {
                0 => bytes[at] = b"{}[]:,-?&*!|>'\"%0a~\n "[draw(21)],
                1 => drop(bytes.drain(at..(at + 1 + draw(20)).min(bytes.len()))),
                2 => bytes.insert(at, b"{}[]:,-'\"%0a~\n "[draw(15)]),
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(b'a');
            }
        }
        let _ =
            read(&[Source { name: "m.yaml".to_owned(), text: bytes, namespace: None }], &Known::default());
    }
}
