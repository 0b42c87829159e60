"""The unmodified Kubernetes client for Python against `replank up`, over a whole update of a node group."""

import base64
import os
import sys
import threading
import time

import botocore.session
from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import NotFoundError

CLUSTER = os.environ["EKS_CLUSTER_NAME"]
GROUP = os.environ["EKS_DEFAULT_MNG_NAME"]
EKS = botocore.session.get_session().create_client("eks")
PATIENCE = 600

config.load_kube_config()
CORE, APPS, POLICY = client.CoreV1Api(), client.AppsV1Api(), client.PolicyV1Api()
DEFINITIONS, CUSTOM = client.ApiextensionsV1Api(), client.CustomObjectsApi()


def refused(status, reason, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except ApiException as error:
        assert (error.status, error.reason) and error.status == status, error
        assert f'"reason":"{reason}"' in error.body.replace('": "', '":"'), error.body
        return error
    raise AssertionError(f"not refused: {status} {reason}")


def until(what, is_so):
    begun = time.time()
    while not is_so():
        assert time.time() - begun < PATIENCE, f"never: {what}"
        time.sleep(0.1)


def deployment(name, replicas, image="web:1"):
    labels = {"app": name}
    container = client.V1Container(name="web", image=image, resources=client.V1ResourceRequirements(
        requests={"cpu": "10m"}))
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels),
                                        spec=client.V1PodSpec(containers=[container]))
    return client.V1Deployment(
        api_version="apps/v1", kind="Deployment", metadata=client.V1ObjectMeta(name=name),
        spec=client.V1DeploymentSpec(replicas=replicas, template=template,
                                     selector=client.V1LabelSelector(match_labels=labels)))


def settled(name, replicas):
    def is_so():
        found = APPS.read_namespaced_deployment_status(name, "default")
        status = found.status
        return (status.observed_generation == found.metadata.generation
                and status.updated_replicas == status.available_replicas == status.replicas == replicas)
    until(f"{name} settles at {replicas}", is_so)


def reading():
    version = client.VersionApi().get_code()
    assert (version.major, version.minor) == ("1", "32"), version
    nodes = CORE.list_node()
    assert len(nodes.items) == 3
    node = nodes.items[0]
    assert node.metadata.creation_timestamp and node.status.node_info.kubelet_version.startswith("v1.32")
    ready = [it.status for it in node.status.conditions if it.type == "Ready"]
    assert ready == ["True"], ready
    whole = [it.metadata.name for it in CORE.list_pod_for_all_namespaces().items]
    paged, token = [], None
    while True:
        page = CORE.list_pod_for_all_namespaces(limit=5, _continue=token)
        paged += [it.metadata.name for it in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert paged == whole, (paged, whole)
    there = CORE.list_pod_for_all_namespaces(field_selector=f"spec.nodeName={node.metadata.name}").items
    assert there and all(it.spec.node_name == node.metadata.name for it in there)
    dns = CORE.list_namespaced_pod("kube-system", label_selector="k8s-app in (kube-dns)").items
    assert len(dns) == 2
    refused(404, "NotFound", CORE.read_node, "nobody")
    refused(400, "BadRequest", CORE.list_node, label_selector="a in (")
    names = {it.name for it in client.ApisApi().get_api_versions().groups}
    assert {"apps", "policy", "batch"} <= names, names
    assert client.CoordinationV1Api().list_namespaced_lease("kube-node-lease").items
    assert client.StorageV1Api().list_storage_class().items is not None
    assert client.AuthorizationV1Api().create_self_subject_access_review(client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=client.V1ResourceAttributes(
            verb="list", resource="nodes")))).status.allowed


def patched(call, *arguments, kind, body, **named):
    return call(*arguments, body, _content_type=kind, **named)


def patches():
    APPS.create_namespaced_deployment("default", deployment("web", 2))
    settled("web", 2)
    scale = APPS.read_namespaced_deployment_scale("web", "default")
    assert (scale.spec.replicas, scale.status.replicas) == (2, 2)
    patch = APPS.patch_namespaced_deployment
    found = patched(patch, "web", "default", kind="application/strategic-merge-patch+json", body={
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}})
    container, = found.spec.template.spec.containers
    assert container.image == "web:2" and container.resources.requests == {"cpu": "10m"}, container
    found = patched(patch, "web", "default", kind="application/merge-patch+json", body={
        "metadata": {"labels": {"a": "1", "b": "2"}}})
    assert found.metadata.labels == {"a": "1", "b": "2"}
    found = patched(patch, "web", "default", kind="application/json-patch+json", body=[
        {"op": "test", "path": "/metadata/labels/a", "value": "1"},
        {"op": "remove", "path": "/metadata/labels/b"}])
    assert found.metadata.labels == {"a": "1"}
    refused(422, "Invalid", patched, patch, "web", "default", kind="application/json-patch+json", body=[
        {"op": "remove", "path": "/metadata/labels/none"}])
    settled("web", 2)

    wanted = client.ApiClient().sanitize_for_serialization(deployment("web", 1, "web:3"))
    apply = dict(kind="application/apply-patch+yaml", body=wanted, field_manager="mine")
    refused(409, "Conflict", patched, patch, "web", "default", **apply)
    found = patched(patch, "web", "default", force=True, **apply)
    assert found.spec.replicas == 1
    assert "mine" in [it.manager for it in found.metadata.managed_fields]
    dry = patched(patch, "web", "default", kind="application/merge-patch+json", dry_run="All",
                  body={"spec": {"replicas": 9}})
    assert dry.spec.replicas == 9
    assert APPS.read_namespaced_deployment("web", "default").spec.replicas == 1
    settled("web", 1)
    APPS.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 2}})
    settled("web", 2)
    stale = APPS.read_namespaced_deployment("web", "default")
    APPS.patch_namespaced_deployment("web", "default", {"metadata": {"annotations": {"note": "x"}}})
    refused(409, "Conflict", APPS.replace_namespaced_deployment, "web", "default", stale)
    refused(422, "Invalid", APPS.patch_namespaced_deployment, "web", "default", {"spec": {"replicas": -1}})


def evictions():
    labels = client.V1LabelSelector(match_labels={"app": "web"})
    budget = client.V1PodDisruptionBudget(metadata=client.V1ObjectMeta(name="web"),
                                          spec=client.V1PodDisruptionBudgetSpec(min_available=2, selector=labels))
    POLICY.create_namespaced_pod_disruption_budget("default", budget)

    def status():
        return POLICY.read_namespaced_pod_disruption_budget_status("web", "default").status

    until("the budget counts", lambda: status().current_healthy == 2)
    pod = CORE.list_namespaced_pod("default", label_selector="app=web").items[0]
    name = pod.metadata.name
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=name, namespace="default"))
    error = refused(429, "TooManyRequests", CORE.create_namespaced_pod_eviction, name, "default", eviction)
    assert "Cannot evict pod as it would violate the pod's disruption budget." in error.body, error.body
    assert CORE.read_namespaced_pod(name, "default").metadata.uid == pod.metadata.uid
    POLICY.patch_namespaced_pod_disruption_budget("web", "default", {"spec": {"minAvailable": 1}})
    until("the budget allows", lambda: status().disruptions_allowed == 1)
    CORE.create_namespaced_pod_eviction(name, "default", eviction)
    until("the pod is gone", lambda: name not in [
        it.metadata.name for it in CORE.list_namespaced_pod("default").items])
    settled("web", 2)
    POLICY.delete_namespaced_pod_disruption_budget("web", "default")


def rollout():
    """Follows a Deployment as it is rolled out, by a watch that begins at a list."""
    listed = APPS.list_namespaced_deployment("default")
    APPS.patch_namespaced_deployment("web", "default", {
        "spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}})
    watcher, seen = watch.Watch(), []
    for event in watcher.stream(APPS.list_namespaced_deployment, "default",
                                resource_version=listed.metadata.resource_version, timeout_seconds=PATIENCE):
        status, metadata = event["object"].status, event["object"].metadata
        seen.append((event["type"], metadata.generation, status.observed_generation, status.updated_replicas))
        if metadata.generation == status.observed_generation and status.updated_replicas == 2 \
                and status.available_replicas == status.replicas == 2 and len(seen) > 1:
            watcher.stop()
    assert {it[0] for it in seen} == {"MODIFIED"}, seen
    revisions = [it.metadata.annotations["deployment.kubernetes.io/revision"]
                 for it in APPS.list_namespaced_replica_set("default").items]
    assert len(set(revisions)) == len(revisions) >= 3, revisions
    # Told that version 1 is long past (410), the client lists anew by itself.
    old = watch.Watch().stream(APPS.list_namespaced_deployment, "default", resource_version="1", timeout_seconds=60)
    assert next(old)["object"].metadata.name == "web"
    APPS.delete_namespaced_deployment("web", "default", propagation_policy="Foreground")
    until("pods go with it", lambda: not CORE.list_namespaced_pod("default", label_selector="app=web").items)


def kept():
    data = {"k": base64.b64encode(b"v").decode()}
    CORE.create_namespaced_secret("default", client.V1Secret(metadata=client.V1ObjectMeta(name="s"), data=data))
    assert CORE.read_namespaced_secret("s", "default").data == data
    CORE.create_namespaced_config_map("default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="m"),
                                                                    data={"a": "b"}))
    refused(409, "AlreadyExists", CORE.create_namespaced_config_map, "default",
            client.V1ConfigMap(metadata=client.V1ObjectMeta(name="m")))
    made = CORE.read_namespaced_config_map("m", "default")
    refused(409, "Conflict", CORE.delete_namespaced_config_map, "m", "default",
            body=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="other")))
    CORE.delete_namespaced_config_map("m", "default", body=client.V1DeleteOptions(
        preconditions=client.V1Preconditions(uid=made.metadata.uid)))
    CORE.delete_collection_namespaced_secret("default", field_selector="metadata.name=s")
    refused(404, "NotFound", CORE.read_namespaced_secret, "s", "default")


def custom():
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "planks": {"type": "integer"}, "name": {"type": "string"}}}}}
    DEFINITIONS.create_custom_resource_definition({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
                 "names": {"plural": "boats", "singular": "boat", "kind": "Boat"},
                 "versions": [{"name": "v1", "served": True, "storage": True,
                               "schema": {"openAPIV3Schema": schema}}]}})

    def established():
        found = DEFINITIONS.read_custom_resource_definition("boats.example.com").status
        return any(it.type == "Established" and it.status == "True" for it in found.conditions or [])

    until("the kind is there", established)
    at = ("example.com", "v1", "default", "boats")
    boat = {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "argo"}, "spec": {"planks": 50}}
    CUSTOM.create_namespaced_custom_object(*at, boat)
    assert CUSTOM.get_namespaced_custom_object(*at, "argo")["spec"] == {"planks": 50}
    CUSTOM.patch_namespaced_custom_object(*at, "argo", {"spec": {"name": "Argo"}})
    found = CUSTOM.list_namespaced_custom_object(*at)
    assert [it["kind"] for it in found["items"]] == ["Boat"], found
    assert [it["spec"] for it in found["items"]] == [{"planks": 50, "name": "Argo"}], found
    try:
        CUSTOM.create_namespaced_custom_object(*at, {**boat, "metadata": {"name": "x"}, "spec": {"planks": "many"}})
        raise AssertionError("a text is no number")
    except ApiException as error:
        assert error.status in (400, 422) and "spec.planks" in error.body, error

    kinds = dynamic.DynamicClient(client.ApiClient())
    boats = kinds.resources.get(api_version="example.com/v1", kind="Boat")
    assert boats.get(name="argo", namespace="default").spec.planks == 50
    boats.server_side_apply(namespace="default", name="argo", field_manager="mine", force_conflicts=True, body={
        **boat, "spec": {"planks": 49}})
    for event in boats.watch(namespace="default", timeout=5):
        assert event["object"].spec.planks == 49, event
        break
    boats.delete(name="argo", namespace="default")
    try:
        boats.get(name="argo", namespace="default")
        raise AssertionError("it is still there")
    except NotFoundError:
        pass
    nodes = kinds.resources.get(api_version="v1", kind="Node")
    assert len(nodes.get().items) == 3


def update():
    """A whole update, seen by a list and a watch of nodes and by the events that are written on the way."""
    before = CORE.list_node()
    old = {it.metadata.name for it in before.items}
    seen, cordoned, gone, failed = set(), set(), set(), []

    def follow():
        try:
            stream = watch.Watch().stream(CORE.list_node, timeout_seconds=PATIENCE,
                                          resource_version=before.metadata.resource_version)
            for event in stream:
                name = event["object"].metadata.name
                seen.add(name)
                if event["object"].spec.unschedulable:
                    cordoned.add(name)
                if event["type"] == "DELETED":
                    gone.add(name)
                if old <= gone:
                    return
        except Exception as error:  # told to the test's own thread
            failed.append(error)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    EKS.update_nodegroup_version(clusterName=CLUSTER, nodegroupName=GROUP)
    waiter = EKS.get_waiter("nodegroup_active")
    waiter.config.delay, waiter.config.max_attempts = 0.5, 2 * PATIENCE
    waiter.wait(clusterName=CLUSTER, nodegroupName=GROUP)
    thread.join(PATIENCE)
    assert not failed and not thread.is_alive(), failed
    assert gone >= old and cordoned >= old, (old, gone, cordoned)
    # The last surplus instance may still be going.
    until("3 nodes again", lambda: len(CORE.list_node().items) == 3)
    new = {it.metadata.name for it in CORE.list_node().items}
    assert not new & old and new <= seen, (new, old, seen)
    reasons = {it.reason for it in CORE.list_event_for_all_namespaces(limit=5000).items}
    assert {"Scheduled", "Killing", "RegisteredNode", "RemovingNode"} <= reasons, reasons


STEPS = [reading, patches, evictions, rollout, kept, custom, update]
for step in [it for it in STEPS if len(sys.argv) < 2 or it.__name__ in sys.argv[1:]]:
    began = time.time()
    step()
    print(f"{step.__name__}: good, {time.time() - began:.1f} s", flush=True)
print("all good")
