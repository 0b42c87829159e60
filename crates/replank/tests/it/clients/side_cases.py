"""What is asked of both: manifests to begin with, commands and requests in order, and differences that are meant."""

OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: side}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: side, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: web, image: registry.k8s.io/pause:3.10, resources: {requests: {cpu: 50m, memory: 16Mi}}, ports: [{containerPort: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: side}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: side}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: side}
spec:
  serviceName: cache
  replicas: 1
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: cache, image: registry.k8s.io/pause:3.10}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: side}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {side: one}
      containers: [{name: agent, image: registry.k8s.io/pause:3.10}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: side}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: tick, image: registry.k8s.io/pause:3.10}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: plain, namespace: side}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden, namespace: side}
stringData: {a: "1"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.side.example.com}
spec:
  group: side.example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, shortNames: [bt]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew}}
    additionalPrinterColumns:
    - {name: Crew, type: integer, jsonPath: .spec.crew}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [crew]
            properties:
              crew: {type: integer, minimum: 1, maximum: 9}
              name: {type: string, pattern: "^[a-z]+$", maxLength: 5}
              sails: {type: array, items: {type: string, enum: [main, jib]}}
              flag: {type: string, default: red}
          status:
            type: object
            properties: {crew: {type: integer}}
"""

SETUP = [
    (OBJECTS,),
    "label node NODE1 side=one --overwrite",
    "-n side rollout status deployment/web --timeout=60s",
    "-n side rollout status statefulset/cache --timeout=60s",
    "-n side rollout status daemonset/agent --timeout=60s",
    "wait --for=condition=Established crd/boats.side.example.com --timeout=30s",
    "-n side wait --for=jsonpath={.status.expectedPods}=2 pdb/web --timeout=60s",
    "-n side get boats",
]

SIDE = "/api/v1/namespaces/side"
APPS = "/apis/apps/v1/namespaces/side"
POLICY = "/apis/policy/v1/namespaces/side"
BOATS = "/apis/side.example.com/v1/namespaces/side/boats"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}


def a_map(name, /, **more):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "side"}, **more}


def pod(name, /, **spec):
    containers = [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "side"},
        "spec": {"containers": containers, **spec},
    }


def boat(name, /, **spec):
    metadata = {"name": name, "namespace": "side"}
    return {"apiVersion": "side.example.com/v1", "kind": "Boat", "metadata": metadata, "spec": spec}


# A text is a command of kubectl, `until …` one that is repeated until it succeeds; `("kubectl", command, input)` has an
# input; anything else is a request: verb, path, headers, body.
CASES = [
    # What is not there, and what is not known.
    ("GET", "/nothing"),
    ("GET", "/api/v1/nothing"),
    ("GET", "/apis/none.example.com/v1/things"),
    ("GET", f"{SIDE}/pods/none"),
    ("GET", f"{SIDE}/configmaps/none"),
    ("GET", f"{APPS}/deployments/none"),
    ("GET", f"{APPS}/deployments/none/scale"),
    ("GET", f"{SIDE}/pods/none/log"),
    ("GET", f"{BOATS}/none"),
    ("GET", "/api/v1/nodes/none"),
    ("DELETE", f"{SIDE}/configmaps/none"),
    ("PATCH", f"{SIDE}/configmaps/none", MERGE, {}),
    ("PUT", f"{SIDE}/configmaps/none", {}, a_map("none")),
    ("POST", f"{SIDE}/pods/none/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "none"}}),
    ("POST", f"{SIDE}/configmaps/plain", {}, a_map("plain")),
    ("PUT", f"{SIDE}/configmaps", {}, a_map("plain")),
    ("PATCH", f"{SIDE}/configmaps", MERGE, {}),
    ("OPTIONS", f"{SIDE}/configmaps"),
    ("GET", f"{SIDE}/configmaps/plain/status"),
    ("GET", f"{SIDE}/configmaps/plain/nothing"),
    ("POST", "/api/v1/namespaces/nowhere/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}),
    # What is there already, and what changed meanwhile.
    ("POST", f"{SIDE}/configmaps", {}, a_map("plain")),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "resourceVersion": "1"}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "uid": "00000000-0000-0000-0000-000000000000"}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "resourceVersion": "soon"}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "namespace": "other"}}),
    ("PUT", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
    ("PATCH", f"{SIDE}/configmaps/plain", MERGE, {"metadata": {"resourceVersion": "1"}}),
    ("DELETE", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}),
    ("DELETE", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": "1"}}),
    ("POST", f"{SIDE}/configmaps", {}, a_map("fresh", **{"metadata": {"name": "fresh", "resourceVersion": "5"}})),
    # Names, labels and missing fields.
    ("POST", f"{SIDE}/configmaps", {}, a_map("Bad_Name")),
    ("POST", f"{SIDE}/configmaps", {}, a_map("x" * 300)),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap"}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"bad key!": "x"}}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a": "bad value!"}}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "annotations": {"bad key!": "x"}}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "finalizers": ["nothing"]}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "ownerReferences": [{"kind": "Pod"}]}}),
    ("POST", f"{SIDE}/configmaps", {}, a_map("x", data={"bad key!": "x"})),
    ("POST", f"{SIDE}/pods", {}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}),
    ("POST", f"{SIDE}/pods", {}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": []}}),
    ("POST", f"{SIDE}/pods", {}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{}]}}),
    ("POST", f"{SIDE}/pods", {}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "Bad"}]}}),
    ("POST", f"{SIDE}/pods", {}, pod("x", restartPolicy="Sometimes")),
    ("POST", f"{SIDE}/pods", {}, pod("grace", terminationGracePeriodSeconds=-1)),
    ("POST", f"{SIDE}/pods", {}, pod("x", serviceAccountName="none")),
    ("POST", f"{SIDE}/pods", {}, pod("x", priorityClassName="none")),
    ("POST", f"{SIDE}/pods", {}, pod("x", containers=[{"name": "c", "image": "i", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}])),
    ("POST", f"{SIDE}/pods", {}, pod("x", containers=[{"name": "c", "image": "i", "resources": {"requests": {"cpu": "many"}}}])),
    ("POST", f"{SIDE}/pods", {}, pod("x", containers=[{"name": "c", "image": "i"}, {"name": "c", "image": "i"}])),
    ("POST", f"{SIDE}/pods", {}, pod("x", tolerations=[{"key": "a", "operator": "Often"}])),
    ("POST", f"{SIDE}/pods", {}, pod("x", volumes=[{"name": "v"}], containers=[{"name": "c", "image": "i", "volumeMounts": [{"name": "w", "mountPath": "/w"}]}])),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": -1, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{APPS}/deployments", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{APPS}/statefulsets", {}, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "x"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{APPS}/daemonsets", {}, {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "x"}, "spec": {"selector": {}, "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    ("POST", f"{POLICY}/poddisruptionbudgets", {}, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "x"}, "spec": {"minAvailable": 1, "maxUnavailable": 1, "selector": {}}}),
    ("POST", f"{POLICY}/poddisruptionbudgets", {}, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "x"}, "spec": {"minAvailable": -1}}),
    ("POST", f"{POLICY}/poddisruptionbudgets", {}, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "x"}, "spec": {"maxUnavailable": "150%"}}),
    ("POST", f"{POLICY}/poddisruptionbudgets", {}, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "x"}, "spec": {"maxUnavailable": "some"}}),
    ("POST", f"{SIDE}/services", {}, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {}}),
    ("POST", f"{SIDE}/services", {}, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 99999}]}}),
    ("POST", "/apis/batch/v1/namespaces/side/cronjobs", {}, {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "x"}, "spec": {"schedule": "often", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}}}),
    ("POST", "/apis/batch/v1/namespaces/side/jobs", {}, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}, "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}),
    # Wrong types, wrong texts, unknown fields.
    ("POST", f"{SIDE}/configmaps", {}, "{"),
    ("POST", f"{SIDE}/configmaps", {}, "[]"),
    ("POST", f"{SIDE}/configmaps", {}, ""),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}),
    ("POST", f"{SIDE}/configmaps", {}, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "x"}}),
    ("POST", f"{SIDE}/configmaps", {}, {"metadata": {"name": "x"}}),
    ("POST", f"{SIDE}/configmaps", {}, a_map("x", data={"a": 1})),
    ("POST", f"{SIDE}/configmaps", {}, a_map("x", data=[])),
    ("POST", f"{SIDE}/configmaps", {"Content-Type": "text/plain"}, "x"),
    ("POST", f"{SIDE}/configmaps", {"Content-Type": "application/xml"}, "<x/>"),
    ("POST", f"{SIDE}/configmaps?fieldValidation=Strict", {}, a_map("x", nothing=1)),
    ("POST", f"{SIDE}/configmaps?fieldValidation=Sometimes", {}, a_map("x")),
    ("POST", f"{SIDE}/configmaps?dryRun=Some", {}, a_map("x")),
    ("POST", f"{SIDE}/configmaps?dryRun=All&fieldValidation=Warn", {}, a_map("x", nothing=1)),
    ("POST", f"{SIDE}/configmaps?dryRun=All&fieldValidation=Strict", {}, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}'),
    ("POST", f"{SIDE}/pods?dryRun=All&fieldValidation=Strict", {}, pod("x", containers=[{"name": "c", "image": "i", "imagee": "j"}], replicas=3)),
    ("POST", f"{SIDE}/pods?dryRun=All", {}, pod("x", nodeName=7)),
    ("POST", f"{SIDE}/pods?dryRun=All", {}, pod("x", containers={"name": "c"})),
    ("POST", f"{APPS}/deployments?dryRun=All", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": "three"}}),
    ("POST", f"{APPS}/deployments?dryRun=All", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": 1.5}}),
    ("PATCH", f"{APPS}/deployments/web", {"Content-Type": "application/json"}, {}),
    ("PATCH", f"{APPS}/deployments/web", {"Content-Type": "text/plain"}, "x"),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, {}),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, [{"op": "replace", "path": "/spec/nothing/there", "value": 1}]),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, [{"op": "test", "path": "/spec/replicas", "value": 7}]),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, [{"op": "jump", "path": "/spec/replicas"}]),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, [{"op": "remove", "path": "/spec/nothing"}]),
    ("PATCH", f"{APPS}/deployments/web", JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": "x"}]),
    ("PATCH", f"{APPS}/deployments/web", MERGE, "{"),
    ("PATCH", f"{APPS}/deployments/web", MERGE, {"spec": {"replicas": "x"}}),
    ("PATCH", f"{APPS}/deployments/web", MERGE, {"spec": {"replicas": -3}}),
    ("PATCH", f"{APPS}/deployments/web", MERGE, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
    ("PATCH", f"{APPS}/deployments/web", MERGE, {"metadata": {"name": "other"}}),
    ("PATCH", f"{APPS}/deployments/web", MERGE, {"kind": "StatefulSet"}),
    ("PATCH", f"{APPS}/deployments/web", STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}),
    ("PATCH", f"{APPS}/deployments/web", STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "web", "$patch": "jump"}]}}}}),
    ("PATCH", f"{APPS}/deployments/web?dryRun=All", STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "more", "image": "i"}]}}}}),
    ("PATCH", f"{APPS}/deployments/web?dryRun=All&fieldValidation=Strict", STRATEGIC, {"spec": {"nothing": 1}}),
    ("PATCH", f"{BOATS}/none", STRATEGIC, {}),
    ("PATCH", f"{APPS}/statefulsets/cache", MERGE, {"spec": {"serviceName": "other"}}),
    ("PATCH", f"{APPS}/daemonsets/agent", MERGE, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
    ("PATCH", f"{SIDE}/services/web", MERGE, {"spec": {"clusterIP": "10.0.0.77"}}),
    ("PATCH", f"{SIDE}/secrets/hidden", MERGE, {"type": "other"}),
    ("PATCH", f"{SIDE}/secrets/hidden", MERGE, {"data": {"a": "not base64!"}}),
    ("PATCH", f"{SIDE}/pods/cache-0", MERGE, {"spec": {"nodeName": "other"}}),
    ("PATCH", f"{SIDE}/pods/cache-0", MERGE, {"spec": {"restartPolicy": "Never"}}),
    ("PATCH", f"{SIDE}/pods/cache-0", MERGE, {"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}}),
    ("PATCH", "/api/v1/nodes/NODE1", MERGE, {"spec": {"providerID": "other"}}),
    ("PATCH", "/api/v1/nodes/NODE1", MERGE, {"spec": {"taints": [{"key": "a", "effect": "Sometimes"}]}}),
    ("PATCH", "/api/v1/nodes/NODE1", MERGE, {"spec": {"taints": [{"key": "bad key!", "effect": "NoSchedule"}]}}),
    ("PATCH", "/api/v1/nodes/NODE1", MERGE, {"spec": {"unschedulable": "yes"}}),
    # Server-side apply.
    ("PATCH", f"{SIDE}/configmaps/applied", APPLY, a_map("applied", data={"a": "1"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, a_map("applied", data={"a": "1", "b": "1"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=two", APPLY, a_map("applied", data={"a": "2"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=two", APPLY, a_map("applied", data={"a": "1", "c": "2"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, a_map("applied", data={"a": "3", "b": "1"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one&force=true", APPLY, a_map("applied", data={"a": "3"})),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one&force=true", MERGE, {}),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, a_map("other")),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, {"metadata": {"name": "applied"}}),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, a_map("applied", nothing=1)),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one&fieldValidation=Strict", APPLY, a_map("applied", nothing=1)),
    ("PATCH", f"{SIDE}/configmaps/applied?fieldManager=one", APPLY, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "managedFields": [{"manager": "x"}]}}),
    ("PATCH", f"{APPS}/deployments/web?fieldManager=one&dryRun=All", APPLY, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 5, "template": {"spec": {"containers": [{"name": "web", "image": "other"}]}}}}),
    ("PATCH", f"{APPS}/deployments/new?fieldManager=one", APPLY, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "new"}, "spec": {"replicas": 5}}),
    # Custom resources.
    ("POST", BOATS, {}, boat("a", crew="many")),
    ("POST", BOATS, {}, boat("a", crew=0)),
    ("POST", BOATS, {}, boat("a", crew=10, name="TOO-LONG")),
    ("POST", BOATS, {}, boat("a")),
    ("POST", BOATS, {}, boat("a", crew=1, sails=["fore"])),
    ("POST", BOATS, {}, boat("a", crew=1, sails="main")),
    ("POST", f"{BOATS}?fieldValidation=Strict", {}, boat("a", crew=1, engine="no")),
    ("POST", f"{BOATS}?fieldValidation=Warn", {}, boat("a", crew=1, engine="no")),
    ("POST", BOATS, {}, boat("a", crew=1)),
    ("GET", f"{BOATS}/a"),
    ("PATCH", f"{BOATS}/a", MERGE, {"spec": {"crew": "x"}}),
    ("PATCH", f"{BOATS}/a", JSON_PATCH, [{"op": "replace", "path": "/spec/crew", "value": 20}]),
    ("PATCH", f"{BOATS}/a/status", MERGE, {"status": {"crew": 1}}),
    ("PATCH", f"{BOATS}/a?fieldManager=me", APPLY, boat("a", crew=2)),
    ("PATCH", f"{BOATS}/a?fieldManager=me&force=true", APPLY, boat("a", crew=2)),
    ("GET", f"{BOATS}/a/scale"),
    ("GET", BOATS, TABLE),
    "-n side get boats",
    "-n side get bt a -o yaml",
    "-n side describe boat a",
    "explain boats.spec",
    ("DELETE", f"{BOATS}/a"),
    # Lists: selectors, pages, versions.
    ("GET", f"{SIDE}/pods?labelSelector=app%20in%20(web&limit=1"),
    ("GET", f"{SIDE}/pods?labelSelector=!!app"),
    ("GET", f"{SIDE}/pods?labelSelector=app=web,app!=web"),
    ("GET", f"{SIDE}/pods?fieldSelector=spec.nothing=1"),
    ("GET", f"{SIDE}/pods?fieldSelector=nothing"),
    ("GET", f"{SIDE}/configmaps?fieldSelector=data.a=1"),
    ("GET", f"{SIDE}/configmaps?fieldSelector=metadata.name=plain"),
    ("GET", f"{SIDE}/pods?limit=-1&labelSelector=app=web"),
    ("GET", f"{SIDE}/pods?limit=x"),
    ("GET", f"{SIDE}/pods?continue=x"),
    ("GET", f"{SIDE}/pods?resourceVersion=x"),
    ("GET", f"{SIDE}/pods?resourceVersion=99999999999"),
    ("GET", f"{SIDE}/pods?resourceVersionMatch=Exact"),
    ("GET", f"{SIDE}/pods?resourceVersionMatch=Often&resourceVersion=1"),
    ("GET", f"{SIDE}/pods?resourceVersionMatch=Exact&resourceVersion=0"),
    ("GET", f"{SIDE}/pods?watch=true&resourceVersion=x"),
    ("GET", f"{SIDE}/pods?watch=true&resourceVersionMatch=Exact&resourceVersion=1"),
    ("GET", f"{SIDE}/pods?watch=true&sendInitialEvents=true"),
    ("GET", f"{SIDE}/pods?watch=maybe&timeoutSeconds=3&labelSelector=app=none"),
    ("GET", f"{SIDE}/pods?watch=true&timeoutSeconds=3&fieldSelector=metadata.name=none"),
    ("GET", f"{SIDE}/configmaps?watch=true&timeoutSeconds=3&fieldSelector=metadata.name=plain"),
    ("GET", f"{SIDE}/configmaps?watch=true&timeoutSeconds=3&fieldSelector=metadata.name=plain&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"),
    ("GET", f"{SIDE}/configmaps?watch=true&timeoutSeconds=3&fieldSelector=metadata.name=plain&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"),
    ("GET", f"{SIDE}/configmaps?watch=true&timeoutSeconds=3&fieldSelector=metadata.name=plain", TABLE),
    ("GET", f"{SIDE}/configmaps?fieldSelector=metadata.name=plain", {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}),
    ("GET", f"{SIDE}/configmaps/plain", {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}),
    ("GET", f"{SIDE}/configmaps/plain", {"Accept": "text/html"}),
    ("GET", f"{SIDE}/configmaps/plain?pretty=1", {"Accept": "application/yaml"}),
    ("GET", f"{SIDE}/configmaps", {"Accept": "application/yaml"}),
    ("GET", f"{SIDE}/configmaps/none", {"Accept": "application/yaml"}),
    ("GET", f"{SIDE}/configmaps?watch=true&timeoutSeconds=3", {"Accept": "application/yaml"}),
    ("GET", f"{SIDE}/configmaps/plain", {"Accept": "application/json;as=Nothing;v=v1;g=meta.k8s.io"}),
    # Tables.
    *[("GET", f"{prefix}/{kind}", TABLE) for prefix, kinds in (
        (SIDE, "pods services configmaps secrets serviceaccounts endpoints replicationcontrollers limitranges resourcequotas persistentvolumeclaims"),
        (APPS, "deployments replicasets statefulsets daemonsets"),
        (POLICY, "poddisruptionbudgets"),
        ("/apis/batch/v1/namespaces/side", "jobs cronjobs"),
        ("/apis/discovery.k8s.io/v1/namespaces/side", "endpointslices"),
        ("/apis/autoscaling/v2/namespaces/side", "horizontalpodautoscalers"),
        ("/apis/networking.k8s.io/v1/namespaces/side", "ingresses networkpolicies"),
        ("/apis/rbac.authorization.k8s.io/v1/namespaces/side", "roles rolebindings"),
        ("/apis/coordination.k8s.io/v1/namespaces/side", "leases"),
    ) for kind in kinds.split()],
    ("GET", "/api/v1/namespaces?fieldSelector=metadata.name=side", TABLE),
    ("GET", "/api/v1/nodes?fieldSelector=metadata.name=none", TABLE),
    ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.side.example.com", TABLE),
    ("GET", "/apis/storage.k8s.io/v1/storageclasses?fieldSelector=metadata.name=none", TABLE),
    ("GET", "/apis/storage.k8s.io/v1/csinodes?fieldSelector=metadata.name=none", TABLE),
    ("GET", "/apis/scheduling.k8s.io/v1/priorityclasses", TABLE),
    ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles?fieldSelector=metadata.name=none", TABLE),
    ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?fieldSelector=metadata.name=none", TABLE),
    ("GET", f"{SIDE}/events?limit=1", TABLE),
    # Scale, status, eviction.
    ("GET", f"{APPS}/deployments/web/scale"),
    ("GET", f"{APPS}/statefulsets/cache/scale"),
    ("PUT", f"{APPS}/deployments/web/scale", {}, {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": "side"}, "spec": {"replicas": -1}}),
    ("PUT", f"{APPS}/deployments/web/scale?dryRun=All", {}, {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": "side"}, "spec": {"replicas": 4}}),
    ("PATCH", f"{APPS}/deployments/web/scale?dryRun=All", MERGE, {"spec": {"replicas": 3}}),
    ("PATCH", f"{APPS}/deployments/web/scale", MERGE, {"spec": {"replicas": "x"}}),
    ("PUT", f"{APPS}/deployments/web/scale", {}, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}),
    ("GET", f"{APPS}/deployments/web/status"),
    ("PATCH", f"{APPS}/deployments/web/status?dryRun=All", MERGE, {"status": {"replicas": 9}, "spec": {"replicas": 9}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction?dryRun=All", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "cache-0", "namespace": "side"}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "other", "namespace": "side"}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "cache-0", "namespace": "side"}, "deleteOptions": {"dryRun": ["All"]}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "cache-0", "namespace": "side"}, "deleteOptions": {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction", {}, {"apiVersion": "policy/v2", "kind": "Eviction", "metadata": {"name": "cache-0"}}),
    ("POST", f"{SIDE}/pods/cache-0/eviction", {}, {}),
    ("POST", f"{SIDE}/pods/WEBPOD/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "WEBPOD", "namespace": "side"}}),
    ("POST", f"{SIDE}/pods/WEBPOD/eviction?dryRun=All", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "WEBPOD", "namespace": "side"}}),
    ("POST", f"{POLICY}/poddisruptionbudgets", {}, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "two"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}),
    ("POST", f"{SIDE}/pods/WEBPOD/eviction", {}, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "WEBPOD", "namespace": "side"}}),
    "-n side delete pdb two",
    "-n side get pdb",
    "-n side describe pdb web",
    # Commands.
    "-n side get all",
    "-n side get pods -o wide",
    "-n side get deploy,rs,sts,ds -o wide",
    "-n side get cm plain -o yaml",
    "-n side get deploy web -o json",
    "-n side get svc web -o yaml",
    "-n side get pod cache-0 -o json",
    "-n side get sts cache -o json",
    "-n side get ds agent -o json",
    "-n side get pdb web -o json",
    "-n side get cronjob tick -o json",
    "-n side get secret hidden -o json",
    "-n side get none",
    "-n side get pod none",
    "-n side describe deploy web",
    "-n side describe rs",
    "-n side describe sts cache",
    "-n side describe ds agent",
    "-n side describe pod cache-0",
    "-n side describe svc web",
    "-n side describe cm plain",
    "-n side describe secret hidden",
    "-n side describe cronjob tick",
    "describe ns side",
    "explain pod.spec.containers.resources",
    "explain deployment.spec.strategy --recursive",
    "explain nothing",
    "explain pod.spec.nothing",
    "-n side label cm plain a=b",
    "-n side label cm plain a=c",
    "-n side label cm plain a=c --overwrite",
    "-n side label cm plain a-",
    "-n side label cm plain 'a=bad value!'",
    "-n side annotate cm plain a=b",
    "-n side annotate cm plain a-",
    "-n side patch cm plain -p '{\"data\":{\"c\":\"3\"}}'",
    "-n side patch cm plain -p '{\"data\":{\"c\":\"3\"}}'",
    "-n side patch cm plain --type=json -p '[{\"op\":\"remove\",\"path\":\"/data/c\"}]'",
    "-n side patch cm plain --type=json -p '[{\"op\":\"remove\",\"path\":\"/data/c\"}]'",
    "-n side patch deploy web --subresource=scale --type=merge -p '{\"spec\":{\"replicas\":2}}'",
    ("kubectl", "apply --dry-run=server -f -", OBJECTS),
    ("kubectl", "apply -f -", OBJECTS),
    ("kubectl", "diff -f -", OBJECTS),
    ("kubectl", "apply --server-side -f -", OBJECTS.replace('a: "1", b', 'a: "9", b')),
    ("kubectl", "-n side create -f -", '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"y"},"dat":{}}'),
    ("kubectl", "-n side create -f -", '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"y"},"spec":{"replica":3}}'),
    "-n side create cm made --from-literal=a=b",
    "-n side create cm made --from-literal=a=b",
    "-n side create deployment made --image=registry.k8s.io/pause:3.10 --replicas=0",
    "-n side expose deployment made --port=80",
    "until -n side wait --for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=1 deployment/made",
    "-n side set image deployment/made pause=registry.k8s.io/pause:3.9",
    "until -n side wait --for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=2 deployment/made",
    "-n side set env deployment/made A=b",
    "until -n side wait --for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=3 deployment/made",
    "-n side set resources deployment/made --limits=cpu=1",
    "until -n side wait --for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=4 deployment/made",
    "-n side rollout history deployment/made",
    "-n side rollout pause deployment/made",
    "-n side rollout pause deployment/made",
    "-n side rollout restart deployment/made",
    "-n side rollout resume deployment/made",
    "-n side rollout undo deployment/made --to-revision=99",
    "-n side scale deployment/made --replicas=0 --current-replicas=5",
    "-n side autoscale deployment made --max=3 --cpu-percent=50",
    "-n side get hpa",
    "-n side delete deploy,svc,hpa,cm made",
    "-n side delete cm made",
    "-n side run loose --image=registry.k8s.io/pause:3.10 --restart=Never",
    "until -n side wait --for=condition=Ready pod/loose",
    "-n side wait --for=condition=Ready pod/loose --timeout=5s",
    "-n side wait --for=condition=Nothing pod/loose --timeout=1s",
    "-n side get pod loose",
    "-n side set image pod/loose loose=registry.k8s.io/pause:3.9",
    "-n side delete pod loose --now",
    "-n side scale sts/cache --replicas=1",
    "-n side create token default --duration=1s",
    "-n side create quota q --hard=pods=100",
    "-n side get quota",
    "-n side create job job --image=registry.k8s.io/pause:3.10 --from=cronjob/none",
    "-n side create sa robot",
    "-n side create role reader --verb=get --resource=pods",
    "-n side create rolebinding reader --role=reader --serviceaccount=side:robot",
    "-n side get role,rolebinding,sa",
    "-n side describe role reader",
    "taint node NODE1 side=x:NoSchedule",
    "taint node NODE1 side=x:NoSchedule",
    "taint node NODE1 side=x:Sometimes",
    "taint node NODE1 side-",
    "taint node NODE1 side-",
    "cordon NODE1",
    "cordon NODE1",
    "uncordon NODE1",
    "drain NODE1 --dry-run=server",
    "drain none",
    "auth can-i get pods",
    "auth can-i get nothing",
    "auth can-i --list --as=nobody",
    "auth can-i get pods --as=nobody",
    "-n side get pods --as=nobody",
    "api-versions",
    "-n side top pods",
    "top nodes",
    "-n side events --for deploy/web",
    "-n side get events --field-selector involvedObject.name=web,reason=ScalingReplicaSet",
    "-n side delete cm --all --dry-run=server",
    "-n side delete cm -l none=none",
    ("DELETE", f"{SIDE}/configmaps?labelSelector=none=none"),
    ("DELETE", f"{SIDE}/configmaps?dryRun=All&fieldSelector=metadata.name=plain"),
    ("DELETE", f"{SIDE}/configmaps/plain?propagationPolicy=Sometimes"),
    ("DELETE", f"{SIDE}/configmaps/plain?gracePeriodSeconds=x"),
    ("DELETE", f"{SIDE}/configmaps/plain", {}, {"apiVersion": "v1", "kind": "DeleteOptions", "orphanDependents": True, "propagationPolicy": "Orphan"}),
    ("DELETE", f"{SIDE}/configmaps/plain?dryRun=All"),
    ("DELETE", f"{APPS}/deployments/web?dryRun=All"),
    ("DELETE", f"{SIDE}/pods/cache-0?dryRun=All"),
    # Discovery of what both serve.
    ("GET", "/apis/apps/v1"),
    ("GET", "/apis/batch/v1"),
    ("GET", "/apis/policy/v1"),
    ("GET", "/apis/side.example.com/v1"),
    ("GET", "/apis/side.example.com"),
    ("GET", "/apis/apps"),
    ("GET", "/api"),
    ("GET", "/healthz"),
    ("GET", "/readyz?verbose=1"),
    ("GET", "/version"),
]

# Where the two differ: a pattern of the case, and why. Of these cases the code alone is compared.
ACCEPTED = [
    (r"priorityClassName", "the words of a refused priority class are those of the world file's errors too"),
    (r"\"cpu\": \"many\"", "the message names the field as well"),
    (r"deployments.*\"name\": \"(x|new)\"", "1.32 writes labels as Go does and does not repeat what is missing"),
    (r"statefulsets .*\"name\": \"x\"", "1.32 writes labels as Go does"),
    (r"minAvailable\": 1, \"maxUnavailable\": 1", "the server prints its internal names of fields"),
    (r"99999", "of a port that is none the target port is told as well"),
    (r"configmaps (\{|\[\])$", "the words of Go's JSON reader"),
    (r"fieldValidation=(Warn|Strict)", "warnings do not come with refusals, and come level by level"),
    (r"\"kind\": \"StatefulSet\"", "the object stands in the message, its members in another order"),
    (r"not base64!", "the object stands in the message, its members in another order"),
    (r"(image\": \"x\"|patch\": \"jump\")", "the words of Go for a map"),
    (r"pods/cache-0 .*(nodeName|restartPolicy)", "the server appends what differs, in its internal names"),
    (r"Sometimes\"}", "effects in another order, each told twice"),
    (r"TOO-LONG", "fields in another order"),
    (r"continue=x", "where the token stops being one"),
    (r"resourceVersionMatch=Exact&resourceVersion=1", "the first of two reasons is told"),
    (r"Accept.*(text/html|as=Nothing)", "forms that are served: no protobuf"),
    (r"application/yaml", "the same object, its YAML spelled in another way"),
    (r"/endpoints ", "the world is 1.32, which does not call endpoints deprecated; who writes them is not noted"),
    (r"endpointslices", "slices are derived and have no history of their own"),
    (r"/priorityclasses", "generations of what never changes"),
    (r"events\?limit=1", "which event is first"),
    (r"scale .*-1}", "the field stands in the message"),
    (r"deployments/web/status", "the world works states out itself"),
    (r"preconditions", "the plural where the server names the kind"),
    (r"poddisruptionbudgets .*\"two\"", "a budget begins with what was observed: nothing"),
    (r"--subresource=scale", "equal replicas are no change"),
    (r"get hpa", "no metrics in this cluster"),
    (r"get quota|resourcequotas|describe ns", "quotas are stored and bind nobody"),
    (r"describe (pod|pdb|boat)", "identities of containers, versions"),
    (r"explain ", "descriptions in words of our own"),
    (r"drain NODE1", "other pods are on the node"),
    (r"auth can-i --list", "public paths, in another order"),
    (r"api-versions", "groups that need their own controllers"),
    (r"events --for|get events", "sources of events"),
    (r"daemonsets$|deploy,rs,sts,ds", "the template generation of daemon sets"),
    (r"GET /apis/|GET /api$", "hashes of stored versions, addresses"),
    (r"readyz|/version", "the names of checks, the version"),
]
# Where the codes differ as well.
MEANT = [
    (r"watch=true&resourceVersion=x", "a wrong version is the client's fault, not the server's"),
    (r"create token", "no token is made: nobody could use it"),
]
