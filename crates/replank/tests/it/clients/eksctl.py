"""The requests of an unmodified eksctl on a cluster without stacks, replayed in its order and its wire form: every
member that it follows without asking whether it is there, is there."""

import base64
import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import botocore.session
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest

URL = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]
C, N = os.environ["EKS_CLUSTER_NAME"], os.environ["EKS_DEFAULT_MNG_NAME"]
KEYS = botocore.session.get_session().get_credentials()
AGENT = 'aws-sdk-go-v2/1.41.1 ua/2.1 os/linux lang/go#1.26 eksctl/{"version":"0.225.0"}'


def sent(service, method, path, body=b"", kind=None):
    headers = {"User-Agent": AGENT, **({"Content-Type": kind} if kind else {})}
    request = AWSRequest(method=method, url=URL + path, data=body, headers=headers)
    SigV4Auth(KEYS, service, REGION).add_auth(request)
    wire = urllib.request.Request(URL + path, method=method, data=body or None, headers=dict(request.headers.items()))
    try:
        with urllib.request.urlopen(wire) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def eks(method, path, body=None, status=200):
    data = json.dumps(body).encode() if body is not None else b""
    code, headers, answer = sent("eks", method, path, data, "application/json" if data else None)
    assert code == status, (path, code, answer)
    return json.loads(answer) if status == 200 else headers["x-amzn-errortype"]


def query(service, version, action, status=200, **given):
    body = urllib.parse.urlencode({"Action": action, "Version": version, **given}).encode()
    code, _, answer = sent(service, "POST", "/", body, "application/x-www-form-urlencoded")
    assert code == status, (action, code, answer)
    tree = ET.fromstring(answer)
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
    return tree


def stacks():
    return query("cloudformation", "2010-05-15", "ListStacks", **{"StackStatusFilter.member.1": "CREATE_COMPLETE"})


def no_stack(name):
    missing = query("cloudformation", "2010-05-15", "DescribeStacks", 400, StackName=name)
    assert missing.findtext(".//Code") == "ValidationError"


def template(which, **given):
    found = query("ec2", "2016-11-15", "DescribeLaunchTemplateVersions", LaunchTemplateId=which, **given)
    items = found.findall(".//launchTemplateVersionSet/item")
    assert all(it.find("launchTemplateData") is not None and it.findtext("versionNumber") for it in items)
    return items


def prelude():
    """What every command begins with."""
    who = query("sts", "2011-06-15", "GetCallerIdentity")
    assert who.findtext(".//Arn") and who.findtext(".//Account")
    cluster = eks("GET", f"/clusters/{C}")["cluster"]
    assert cluster["status"] == "ACTIVE" and cluster["arn"] and cluster["endpoint"] and "connectorConfig" not in cluster
    assert base64.b64decode(cluster["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE")
    assert cluster["resourcesVpcConfig"]["vpcId"] and cluster["createdAt"] and cluster["name"] == C
    versions = [it["clusterVersion"] for it in eks("GET", "/cluster-versions")["clusterVersions"]]
    assert cluster["version"] in versions and "1.34" in versions
    return cluster


def get():
    prelude()
    assert C in eks("GET", "/clusters?include=all&maxResults=100")["clusters"]
    assert stacks().find(".//StackSummaries") is not None
    groups = eks("GET", f"/clusters/{C}/node-groups")["nodegroups"]
    assert N in groups
    for name in groups:
        no_stack(f"eksctl-{C}-nodegroup-{name}")
        group = eks("GET", f"/clusters/{C}/node-groups/{name}")["nodegroup"]
        assert {"minSize", "maxSize", "desiredSize"} == group["scalingConfig"].keys()
        for member in ["nodegroupName", "clusterName", "createdAt", "nodeRole", "status", "amiType", "releaseVersion"]:
            assert group[member], (name, member)
        assert group["resources"]["autoScalingGroups"][0]["name"]
    assert eks("GET", f"/clusters/{C}/node-groups/none", status=404) == "ResourceNotFoundException"
    assert eks("GET", f"/clusters/{C}/addons/vpc-cni", status=404) == "ResourceNotFoundException"
    asked = f"/addons/supported-versions?addonName=kube-proxy&kubernetesVersion={prelude()['version']}"
    assert all(it["addonVersion"] for it in eks("GET", asked)["addons"][0]["addonVersions"])


def finished(update):
    begun = time.time()
    while time.time() - begun < 300:
        found = eks("GET", f"/clusters/{C}/updates/{update}?nodegroupName={N}")["update"]
        if found["status"] != "InProgress":
            return found["status"]
        time.sleep(0.1)
    raise AssertionError(found)


def upgrade():
    version = prelude()["version"]
    stacks()
    group = eks("GET", f"/clusters/{C}/node-groups/{N}")["nodegroup"]
    assert group["status"] == "ACTIVE" and "launchTemplate" not in group
    body = {"clientRequestToken": "eksctl-1", "force": False, "version": version}
    update = eks("POST", f"/clusters/{C}/node-groups/{N}/update-version", body)["update"]
    assert finished(update["id"]) == "Successful"


def with_a_template():
    """`get nodegroup` and `upgrade nodegroup --launch-template-version` of a group with a template of the user's."""
    made = query("ec2", "2016-11-15", "CreateLaunchTemplate", LaunchTemplateName="of-eksctl",
                 **{"LaunchTemplateData.InstanceType": "m5.large"})
    which = made.findtext(".//launchTemplateId")
    default = eks("GET", f"/clusters/{C}/node-groups/{N}")["nodegroup"]
    body = {"nodegroupName": "lt", "subnets": default["subnets"], "nodeRole": default["nodeRole"],
            "launchTemplate": {"id": which}, "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 2}}
    eks("POST", f"/clusters/{C}/node-groups", body)
    lt = f"/clusters/{C}/node-groups/lt"
    while eks("GET", lt)["nodegroup"]["status"] == "CREATING":
        time.sleep(0.1)
    group = eks("GET", lt)["nodegroup"]
    assert group["launchTemplate"]["version"] == "1" and group["version"], group
    [item] = template(which, **{"LaunchTemplateVersion.1": "1"})
    assert item.findtext("launchTemplateData/instanceType") == "m5.large"
    assert item.find("launchTemplateData/imageId") is None
    query("ec2", "2016-11-15", "CreateLaunchTemplateVersion", LaunchTemplateId=which,
          **{"LaunchTemplateData.InstanceType": "m5.xlarge"})
    assert len(template(which)) == 2
    body = {"launchTemplate": {"id": which, "version": "2"}, "version": group["version"], "clientRequestToken": "lt"}
    update = eks("POST", lt + "/update-version", body)["update"]["id"]
    assert [it["type"] for it in eks("GET", f"/clusters/{C}/updates/{update}?nodegroupName=lt")["update"]["params"]] == [
        "LaunchTemplateName", "LaunchTemplateVersion", "Version", "ReleaseVersion"]
    while eks("GET", lt)["nodegroup"]["status"] == "UPDATING":
        time.sleep(0.1)
    assert eks("GET", lt)["nodegroup"]["launchTemplate"]["version"] == "2"


def token():
    """A bearer token as eksctl makes it: a presigned call of STS with the name of the cluster signed in."""
    address = URL + "/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=address, headers={"x-k8s-aws-id": C})
    SigV4QueryAuth(KEYS, "sts", REGION, expires=60).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def kubernetes(cluster, method, path, body=None, kind="application/json"):
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificateAuthority"]["data"]).decode())
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": kind, "User-Agent": AGENT}
    data = json.dumps(body).encode() if body is not None else None
    wire = urllib.request.Request(cluster["endpoint"] + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(wire, context=trust) as answer:
        return json.loads(answer.read())


def evict(cluster, path, eviction):
    """As eksctl does: again while a budget is in the way, done when the pod is gone."""
    begun = time.time()
    while True:
        try:
            return kubernetes(cluster, "POST", path, eviction)
        except urllib.error.HTTPError as error:
            assert error.code in (404, 429) and time.time() - begun < 300, (path, error.code, error.read())
            if error.code == 404:
                return None
            time.sleep(0.1)


def drain():
    cluster = prelude()
    no_stack(f"eksctl-{C}-nodegroup-lt")
    version = kubernetes(cluster, "GET", "/version")
    assert version["major"] and version["minor"] and version["gitVersion"]
    for path in ["/api", "/apis", "/api/v1"]:
        kubernetes(cluster, "GET", path)
    selector = urllib.parse.quote("eks.amazonaws.com/nodegroup=lt")
    begun = time.time()
    while len(nodes := kubernetes(cluster, "GET", f"/api/v1/nodes?labelSelector={selector}")["items"]) != 1:
        # The instance that leaves last may outlive the update a little.
        assert time.time() - begun < 300, nodes
    name = nodes[0]["metadata"]["name"]
    patch = {"spec": {"unschedulable": True}}
    kubernetes(cluster, "PATCH", f"/api/v1/nodes/{name}", patch, "application/strategic-merge-patch+json")
    chosen = urllib.parse.quote(f"spec.nodeName={name}")
    for pod in kubernetes(cluster, "GET", f"/api/v1/pods?fieldSelector={chosen}")["items"]:
        meta = pod["metadata"]
        owner = meta["ownerReferences"][0]
        if owner["kind"] == "DaemonSet":
            kubernetes(cluster, "GET", f"/apis/apps/v1/namespaces/{meta['namespace']}/daemonsets/{owner['name']}")
            continue
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction",
                    "metadata": {"name": meta["name"], "namespace": meta["namespace"]}}
        evict(cluster, f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/eviction", eviction)


def scale_and_delete():
    prelude()
    stacks()
    body = {"scalingConfig": {"desiredSize": 2}, "clientRequestToken": "scale"}
    eks("POST", f"/clusters/{C}/node-groups/lt/update-config", body)
    while eks("GET", f"/clusters/{C}/node-groups/lt")["nodegroup"]["status"] == "UPDATING":
        time.sleep(0.1)
    eks("DELETE", f"/clusters/{C}/node-groups/lt")
    body = {"version": "1.33", "clientRequestToken": "control-plane"}
    update = eks("POST", f"/clusters/{C}/updates", body)["update"]
    assert update["id"] and eks("GET", f"/clusters/{C}/updates/{update['id']}")["update"]["status"]


for step in [get, upgrade, with_a_template, drain, scale_and_delete]:
    began = time.time()
    step()
    print(f"{step.__name__}: good, {time.time() - began:.1f} s", flush=True)
print("every request answered")
