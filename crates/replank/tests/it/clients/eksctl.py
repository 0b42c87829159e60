"""The requests of an unmodified eksctl on a cluster without stacks, and on a node group with one, replayed in its order and
its wire form: every member that it follows without asking whether it is there, is there."""

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


def cloudformation(action, status=200, **given):
    return query("cloudformation", "2010-05-15", action, status, **given)


STACK = f"eksctl-{C}-nodegroup-st"
TAGS = {"alpha.eksctl.io/cluster-name": C, "alpha.eksctl.io/nodegroup-name": "st", "alpha.eksctl.io/nodegroup-type": "managed",
        "alpha.eksctl.io/eksctl-version": "0.215.0", "eksctl.cluster.k8s.io/v1alpha1/cluster-name": C}


def tagged(tags):
    pairs = enumerate(tags, 1)
    return {f"Tags.member.{at}.{part}": text for at, (key, value) in pairs for part, text in [("Key", key), ("Value", value)]}


def stack_template(subnets):
    """As eksctl's builder of managed node groups writes it."""
    policy = lambda name: {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"}
    role = {"AssumeRolePolicyDocument": {"Statement": [{"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {
        "Service": [{"Fn::FindInMap": ["ServicePrincipalPartitionMap", {"Ref": "AWS::Partition"}, "EC2"]}]}}],
        "Version": "2012-10-17"}, "ManagedPolicyArns": [policy("AmazonEKSWorkerNodePolicy")], "Path": "/",
        "Tags": [{"Key": "Name", "Value": {"Fn::Sub": "${AWS::StackName}/NodeInstanceRole"}}]}
    data = {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Iops": 3000, "Throughput": 125, "VolumeSize": 80,
                                                                         "VolumeType": "gp3"}}],
            "MetadataOptions": {"HttpPutResponseHopLimit": 2, "HttpTokens": "required"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": f"{C}-st-Node"}]}]}
    names = {"alpha.eksctl.io/cluster-name": C, "alpha.eksctl.io/nodegroup-name": "st"}
    group = {"AmiType": "AL2023_x86_64_STANDARD", "ClusterName": C, "InstanceTypes": ["m5.large"], "Labels": names,
             "LaunchTemplate": {"Id": {"Ref": "LaunchTemplate"}}, "NodeRole": {"Fn::GetAtt": ["NodeInstanceRole", "Arn"]},
             "NodegroupName": "st", "ScalingConfig": {"DesiredSize": 1, "MaxSize": 3, "MinSize": 1}, "Subnets": subnets,
             "Tags": {**names, "alpha.eksctl.io/nodegroup-type": "managed"}}
    return {"AWSTemplateFormatVersion": "2010-09-09",
            "Description": "EKS Managed Nodes (SSH access: false) [created by eksctl]",
            "Mappings": {"ServicePrincipalPartitionMap": {"aws": {"EC2": "ec2.amazonaws.com", "EKS": "eks.amazonaws.com"}}},
            "Resources": {
                "LaunchTemplate": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {
                    "LaunchTemplateData": data, "LaunchTemplateName": {"Fn::Sub": "${AWS::StackName}"}}},
                "ManagedNodeGroup": {"Type": "AWS::EKS::Nodegroup", "Properties": group},
                "NodeInstanceRole": {"Type": "AWS::IAM::Role", "Properties": role}}}


def stack_at(which, status):
    begun = time.time()
    while True:
        found = cloudformation("DescribeStacks", StackName=which).find(".//Stacks/member")
        for member in ["StackName", "StackId", "StackStatus", "CreationTime"]:
            assert found.findtext(member), member
        if found.findtext("StackStatus") == status:
            return found
        assert time.time() - begun < 300, ET.tostring(found)
        time.sleep(0.1)


def create_with_a_stack():
    """`create nodegroup`, then `get`, `scale`, which look for the stack first."""
    network = prelude()["resourcesVpcConfig"]
    stacks()
    subnets = eks("GET", f"/clusters/{C}/node-groups/{N}")["nodegroup"]["subnets"]
    # The network of a cluster without a stack is named in the file, and looked up.
    vpc = query("ec2", "2016-11-15", "DescribeVpcs", **{"VpcId.1": network["vpcId"]})
    assert vpc.findtext(".//vpcSet/item/cidrBlock") == "10.0.0.0/16"
    for at, subnet in enumerate(subnets):
        found = query("ec2", "2016-11-15", "DescribeSubnets", **{"SubnetId.1": subnet}).find(".//subnetSet/item")
        assert found.findtext("vpcId") == network["vpcId"] and found.findtext("availabilityZone"), at
        assert found.findtext("cidrBlock") == f"10.0.{32 * at}.0/19", found.findtext("cidrBlock")
    no_stack(STACK)
    made = cloudformation("CreateStack", StackName=STACK, TemplateBody=json.dumps(stack_template(subnets)),
                          **{"Capabilities.member.1": "CAPABILITY_IAM"}, **tagged(TAGS.items()))
    which = made.findtext(".//StackId")
    found = stack_at(which, "CREATE_COMPLETE")
    tags = {it.findtext("Key"): it.findtext("Value") for it in found.findall("Tags/member")}
    assert tags == TAGS and found.findtext("Capabilities/member") == "CAPABILITY_IAM", tags
    summaries = stacks().findall(".//StackSummaries/member")
    assert [it.findtext("StackName") for it in summaries] == [STACK] and summaries[0].findtext("StackId") == which
    group = eks("GET", f"/clusters/{C}/node-groups/st")["nodegroup"]
    assert group["status"] == "ACTIVE" and group["nodeRole"].split("/")[-1].startswith(STACK[:20]), group
    [item] = template(group["launchTemplate"]["id"], **{"LaunchTemplateVersion.1": group["launchTemplate"]["version"]})
    assert item.find("launchTemplateData/imageId") is None
    resources = cloudformation("DescribeStackResources", StackName=STACK).findall(".//StackResources/member")
    assert {it.findtext("LogicalResourceId") for it in resources} == {"LaunchTemplate", "ManagedNodeGroup", "NodeInstanceRole"}
    eks("POST", f"/clusters/{C}/node-groups/st/update-config", {"scalingConfig": {"desiredSize": 2}, "clientRequestToken": "st"})
    while eks("GET", f"/clusters/{C}/node-groups/st")["nodegroup"]["status"] == "UPDATING":
        time.sleep(0.1)


def update_round(body):
    """A change set, as eksctl makes every update of a stack: the tags of the stack and three shared ones, so keys repeat."""
    name = f"eksctl-update-nodegroup-{time.time_ns()}"
    tags = [*TAGS.items(), ("alpha.eksctl.io/cluster-name", C), ("alpha.eksctl.io/eksctl-version", "0.231.0")]
    cloudformation("CreateChangeSet", StackName=STACK, ChangeSetName=name, ChangeSetType="UPDATE", Description="updating",
                   TemplateBody=json.dumps(body), **{"Capabilities.member.1": "CAPABILITY_IAM"}, **tagged(tags))
    set_ = cloudformation("DescribeChangeSet", StackName=STACK, ChangeSetName=name)
    if set_.findtext(".//DescribeChangeSetResult/Status") == "FAILED":
        assert "The submitted information didn't contain changes" in set_.findtext(".//StatusReason")
        return False
    cloudformation("ExecuteChangeSet", StackName=STACK, ChangeSetName=name)
    stack_at(STACK, "UPDATE_COMPLETE")
    return True


def upgrade_with_a_stack():
    """`upgrade nodegroup --kubernetes-version 1.33`: the template's edits, one round after the other."""
    begun = time.time()
    while eks("GET", f"/clusters/{C}")["cluster"]["status"] != "ACTIVE":
        assert time.time() - begun < 120
        time.sleep(0.1)
    body = json.loads(cloudformation("GetTemplate", StackName=STACK).findtext(".//TemplateBody"))
    assert update_round(body), "a newer version of eksctl in the tags"
    assert not update_round(body), "nothing is left to do"
    properties = body["Resources"]["ManagedNodeGroup"]["Properties"]
    properties["ForceUpdateEnabled"] = False
    assert update_round(body)
    path = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/release_version"
    data = json.dumps({"Name": path}).encode()
    headers = {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest(method="POST", url=URL + "/", data=data, headers=headers)
    SigV4Auth(KEYS, "ssm", REGION).add_auth(request)
    wire = urllib.request.Request(URL + "/", method="POST", data=data, headers=dict(request.headers.items()))
    release = json.loads(urllib.request.urlopen(wire).read())["Parameter"]["Value"]
    properties["ReleaseVersion"] = release
    assert update_round(body)
    group = eks("GET", f"/clusters/{C}/node-groups/st")["nodegroup"]
    assert (group["version"], group["releaseVersion"], group["status"]) == ("1.33", release, "ACTIVE"), group


def delete_with_a_stack():
    found = cloudformation("DescribeStacks", StackName=STACK).find(".//Stacks/member")
    assert found.findtext("EnableTerminationProtection") == "false"
    which = found.findtext("StackId")
    cloudformation("DeleteStack", StackName=which)
    stack_at(which, "DELETE_COMPLETE")
    assert eks("GET", f"/clusters/{C}/node-groups/st", status=404) == "ResourceNotFoundException"


for step in [get, upgrade, with_a_template, drain, create_with_a_stack, scale_and_delete, upgrade_with_a_stack,
             delete_with_a_stack]:
    began = time.time()
    step()
    print(f"{step.__name__}: good, {time.time() - began:.1f} s", flush=True)
print("every request answered")
