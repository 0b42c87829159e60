"""Unmodified boto3 against `replank up`."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from model_check import CALLED, SESSION, WRONG, client, refused

CLUSTER = os.environ["EKS_CLUSTER_NAME"]
GROUP = os.environ["EKS_DEFAULT_MNG_NAME"]
EKS, SSM, STS = client("eks"), client("ssm"), client("sts")
PATIENCE = 300


def group():
    return EKS.describe_nodegroup(clusterName=CLUSTER, nodegroupName=GROUP)["nodegroup"]


def active():
    begun = time.time()
    while time.time() - begun < PATIENCE:
        found = group()
        if found["status"] == "ACTIVE":
            return found
        time.sleep(0.2)
    raise AssertionError(found["status"])


@contextlib.contextmanager
def standstill():
    """The world stands still: what is under way when it is looked at stays so, however long a look takes."""
    assert control("world", "POST", b'{"paused":true}')[0] == 200
    yield
    assert control("world", "POST", b'{"paused":false}')[0] == 200


def reading():
    assert EKS.list_clusters()["clusters"] == [CLUSTER]
    cluster = EKS.describe_cluster(name=CLUSTER)["cluster"]
    assert cluster["status"] == "ACTIVE" and cluster["certificateAuthority"]["data"] and cluster["endpoint"]
    assert EKS.list_nodegroups(clusterName=CLUSTER)["nodegroups"] == [GROUP]
    versions = EKS.describe_cluster_versions()["clusterVersions"]
    assert cluster["version"] in [it["clusterVersion"] for it in versions]
    assert len(EKS.describe_cluster_versions(defaultOnly=True)["clusterVersions"]) == 1
    assert STS.get_caller_identity()["Account"] == cluster["arn"].split(":")[4]
    refused("ResourceNotFoundException", "No cluster found for name: x.", EKS.describe_cluster, name="x")
    response = refused("ResourceNotFoundException", "No node group found for name: x.",
                       EKS.describe_nodegroup, clusterName=CLUSTER, nodegroupName="x")
    assert response["clusterName"] == CLUSTER and response["nodegroupName"] == "x", response
    refused("InvalidParameterException", "less than or equal to 100", EKS.list_clusters, maxResults=500)


def parameters():
    path = f"/aws/service/eks/optimized-ami/{group()['version']}/amazon-linux-2023/x86_64/standard/recommended"
    one = SSM.get_parameter(Name=f"{path}/image_id")["Parameter"]
    assert one["Value"].startswith("ami-") and one["Type"] == "String"
    several = SSM.get_parameters(Names=[f"{path}/release_version", "/nothing"])
    assert len(several["Parameters"]) == 1 and several["InvalidParameters"] == ["/nothing"]
    refused("ParameterNotFound", "", SSM.get_parameter, Name="/nothing")
    pages = SSM.get_paginator("get_parameters_by_path").paginate(
        Path="/aws/service/eks/optimized-ami/1.31", Recursive=True, PaginationConfig={"PageSize": 3})
    names = [it["Name"] for page in pages for it in page["Parameters"]]
    assert len(names) > 10 and len(set(names)) == len(names)


def configuration():
    first = dict(clusterName=CLUSTER, nodegroupName=GROUP, clientRequestToken="config-1",
                 scalingConfig={"minSize": 2, "desiredSize": 4},
                 labels={"addOrUpdateLabels": {"team": "a"}},
                 updateConfig={"maxUnavailablePercentage": 50})
    update = EKS.update_nodegroup_config(**first)["update"]
    params = {it["type"]: it["value"] for it in update["params"]}
    assert params["MinSize"] == "2" and json.loads(params["LabelsToAdd"]) == {"team": "a"}, params
    again = EKS.update_nodegroup_config(**first)["update"]
    assert again["id"] == update["id"]
    found = active()
    refused("InvalidParameterException", "token", EKS.update_nodegroup_config,
            **{**first, "scalingConfig": {"minSize": 1}})
    assert found["scalingConfig"] == {"minSize": 2, "maxSize": 6, "desiredSize": 4}, found
    assert found["labels"]["team"] == "a" and found["updateConfig"]["maxUnavailablePercentage"] == 50
    assert "maxUnavailable" not in found["updateConfig"]
    done = EKS.describe_update(name=CLUSTER, nodegroupName=GROUP, updateId=update["id"])["update"]
    assert done["status"] == "Successful", done
    refused("ResourceNotFoundException", "No update found", EKS.describe_update, name=CLUSTER, updateId=update["id"])
    for wrong, text in [
        ({"scalingConfig": {"minSize": 5, "desiredSize": 3}}, "can't be greater than desired"),
        ({"scalingConfig": {"desiredSize": 9}}, "can't be greater than max size"),
        ({"updateConfig": {"maxUnavailable": 101}}, "100"),
        ({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 1}}, "both"),
        ({"labels": {"addOrUpdateLabels": {"eks.amazonaws.com/x": "y"}}}, "reserved prefixes"),
        ({"labels": {"removeLabels": ["eks.amazonaws.com/nodegroup"]}}, "reserved prefixes"),
        ({"labels": {"addOrUpdateLabels": {"k" * 64: "y"}}}, "less than or equal to 63"),
        ({"labels": {"addOrUpdateLabels": {"k": "a b"}}}, "Label value 'a b' of k is invalid"),
        ({"taints": {"addOrUpdateTaints": [{"key": "a b", "effect": "NO_SCHEDULE"}]}}, "Taint key 'a b' is invalid"),
        ({"taints": {"addOrUpdateTaints": [{"key": "a", "effect": "x"}]}}, "enum value set"),
        ({"taints": {"addOrUpdateTaints": [{"value": "a", "effect": "NO_SCHEDULE"}]}},
         "taints.addOrUpdateTaints[0].key must be given"),
        ({"nodeRepairConfig": {"maxUnhealthyNodeThresholdCount": 1, "maxUnhealthyNodeThresholdPercentage": 1}},
         "cannot both be given"),
        ({}, "nothing is given"),
    ]:
        refused("InvalidParameterException", text, EKS.update_nodegroup_config,
                clusterName=CLUSTER, nodegroupName=GROUP, **wrong)
    EKS.update_nodegroup_config(clusterName=CLUSTER, nodegroupName=GROUP,
                                taints={"addOrUpdateTaints": [{"key": "t", "value": "v", "effect": "PREFER_NO_SCHEDULE"}]})
    assert active()["taints"] == [{"key": "t", "value": "v", "effect": "PREFER_NO_SCHEDULE"}]
    EKS.update_nodegroup_config(clusterName=CLUSTER, nodegroupName=GROUP, scalingConfig={"desiredSize": 3},
                                taints={"removeTaints": [{"key": "t", "effect": "PREFER_NO_SCHEDULE"}]})
    assert "taints" not in active()


def control(path, method="GET", body=b""):
    request = AWSRequest(method=method, url=os.environ["AWS_ENDPOINT_URL"] + "/replank/v1/" + path, data=body)
    SigV4Auth(SESSION.get_credentials(), "replank", os.environ["AWS_REGION"]).add_auth(request)
    status, _, answer = raw("/replank/v1/" + path, method, body or None, request.headers.items())
    return status, json.loads(answer)


def held(update):
    """Pauses an update under way, looks at it, and lets it go on."""
    begun = time.time()
    while (status := control(f"updates/{update}/pause", "POST")[0]) != 200:
        assert time.time() - begun < PATIENCE, status
        time.sleep(0.1)
    status, answer = control(f"updates/{update}/pause", "POST")
    assert status == 409 and "is paused already" in answer["message"], answer
    status, answer = control(f"updates/{update}")
    assert status == 200 and answer["report"]["update"] == update, answer
    assert control(f"updates/{update}/resume", "POST")[0] == 200
    assert update in [it["update"] for it in control("updates")[1]["updates"]]
    texts = [it["text"] for it in control(f"updates/{update}/history")[1]["events"]]
    assert any("pause" in text for text in texts), texts
    assert control("updates/x/pause", "POST")[0] == 404
    assert control("openapi.json")[1]["info"]["version"] == "v1"


def version():
    before = active()
    for wrong, text in [
        ({"version": "1.99"}, "1.99"),
        ({"version": "x"}, "unsupported Kubernetes version"),
        ({"releaseVersion": "1.30.0-20240101"}, "is not valid for kubernetes version"),
        ({"launchTemplate": {"name": "x", "version": "1"}}, "launch template"),
        ({"version": "1.25"}, "rolled back"),
    ]:
        refused("InvalidParameterException", text, EKS.update_nodegroup_version,
                clusterName=CLUSTER, nodegroupName=GROUP, **wrong)
    call = dict(clusterName=CLUSTER, nodegroupName=GROUP, clientRequestToken="version-1")
    with standstill():
        update = EKS.update_nodegroup_version(**call)["update"]
        assert update["status"] == "InProgress" and update["errors"] == []
        assert [it["type"] for it in update["params"]] == ["Version", "ReleaseVersion"]
        assert EKS.update_nodegroup_version(**call)["update"]["id"] == update["id"]
        assert group()["status"] == "UPDATING"
        refused("ResourceInUseException", "update in progress", EKS.update_nodegroup_version,
                clusterName=CLUSTER, nodegroupName=GROUP)
        refused("ResourceInUseException", "update in progress", EKS.update_nodegroup_config,
                clusterName=CLUSTER, nodegroupName=GROUP, scalingConfig={"desiredSize": 3})
        held(update["id"])
    quick("nodegroup_active", clusterName=CLUSTER, nodegroupName=GROUP)
    done = EKS.describe_update(name=CLUSTER, nodegroupName=GROUP, updateId=update["id"])["update"]
    assert done["status"] == "Successful", done
    after = group()
    assert after["releaseVersion"] != before["releaseVersion"], after
    assert after["scalingConfig"] == before["scalingConfig"]
    ids = EKS.list_updates(name=CLUSTER, nodegroupName=GROUP)["updateIds"]
    pages = EKS.get_paginator("list_updates").paginate(
        name=CLUSTER, nodegroupName=GROUP, PaginationConfig={"PageSize": 1})
    assert [it for page in pages for it in page["updateIds"]] == ids and ids[0] == update["id"]


def stored():
    arn = group()["nodegroupArn"]
    EKS.tag_resource(resourceArn=arn, tags={"a b": "c"})
    assert EKS.list_tags_for_resource(resourceArn=arn)["tags"]["a b"] == "c"
    EKS.untag_resource(resourceArn=arn, tagKeys=["a b"])
    assert "a b" not in EKS.list_tags_for_resource(resourceArn=arn)["tags"]
    refused("NotFoundException", "", EKS.tag_resource, resourceArn=arn + "x", tags={"a": "b"})
    refused("BadRequestException", "ARN is invalid", EKS.list_tags_for_resource, resourceArn="x")

    on = {"clusterName": CLUSTER}
    role = "arn:aws:iam::111122223333:role/r"
    EKS.create_addon(addonName="coredns", **on)
    EKS.get_waiter("addon_active").wait(addonName="coredns", **on)
    refused("ResourceInUseException", "already exists", EKS.create_addon, addonName="coredns", **on)
    refused("InvalidParameterException", "not supported", EKS.create_addon, addonName="none", **on)
    refused("InvalidParameterException", "version specified", EKS.update_addon, addonName="coredns", addonVersion="v0", **on)
    update = EKS.update_addon(addonName="coredns", configurationValues="{}", **on)["update"]
    EKS.describe_update(name=CLUSTER, addonName="coredns", updateId=update["id"])
    versions = EKS.describe_addon_versions(addonName="coredns", kubernetesVersion="1.32")["addons"][0]["addonVersions"]
    EKS.describe_addon_configuration(addonName="coredns", addonVersion=versions[0]["addonVersion"])
    assert EKS.list_addons(**on)["addons"] == ["coredns"]
    EKS.list_insights(**on)
    insights = EKS.list_insights(filter={"statuses": ["PASSING"]}, **on)["insights"]
    EKS.describe_insight(id=insights[0]["id"], **on)
    EKS.start_insights_refresh(**on)
    EKS.describe_insights_refresh(**on)
    EKS.delete_addon(addonName="coredns", **on)

    profile = dict(fargateProfileName="f", **on)
    selectors = [{"namespace": "n", "labels": {"a": "b"}}]
    EKS.create_fargate_profile(podExecutionRoleArn=role, selectors=selectors, **profile)
    EKS.get_waiter("fargate_profile_active").wait(**profile)
    assert EKS.list_fargate_profiles(**on)["fargateProfileNames"] == ["f"]
    EKS.delete_fargate_profile(**profile)
    refused("InvalidParameterException", "at least one selector", EKS.create_fargate_profile,
            podExecutionRoleArn=role, **profile)

    entry = dict(principalArn=role, **on)
    EKS.create_access_entry(kubernetesGroups=["g"], **entry)
    refused("ResourceInUseException", "already in use", EKS.create_access_entry, **entry)
    EKS.update_access_entry(username="u", **entry)
    assert EKS.describe_access_entry(**entry)["accessEntry"]["username"] == "u"
    assert EKS.list_access_entries(**on)["accessEntries"] == [role]
    policy = EKS.list_access_policies()["accessPolicies"][0]["arn"]
    EKS.associate_access_policy(policyArn=policy, accessScope={"type": "cluster"}, **entry)
    assert EKS.list_associated_access_policies(**entry)["associatedAccessPolicies"][0]["policyArn"] == policy
    EKS.describe_access_entry(**entry)
    EKS.disassociate_access_policy(policyArn=policy, **entry)
    EKS.delete_access_entry(**entry)

    made = EKS.create_pod_identity_association(namespace="n", serviceAccount="s", roleArn=role, **on)["association"]
    which = dict(associationId=made["associationId"], **on)
    assert len(EKS.list_pod_identity_associations(**on)["associations"]) == 1
    EKS.update_pod_identity_association(roleArn=role + "2", **which)
    assert EKS.describe_pod_identity_association(**which)["association"]["roleArn"] == role + "2"
    EKS.delete_pod_identity_association(**which)


def quick(what, **which):
    waiter = EKS.get_waiter(what)
    waiter.config.delay, waiter.config.max_attempts = 0.2, 5 * PATIENCE
    waiter.wait(**which)


def own_cluster(subnets, role):
    """A cluster that was made has an API of its own, takes node groups and updates them."""
    found = EKS.describe_cluster(name="c2")["cluster"]
    assert found["endpoint"] != EKS.describe_cluster(name=CLUSTER)["cluster"]["endpoint"], found
    config = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"kubeconfig-{os.getpid()}")
    subprocess.run(["aws", "eks", "update-kubeconfig", "--name", "c2", "--kubeconfig", config], check=True,
                   capture_output=True)

    def kubectl(*arguments):
        run = subprocess.run(["kubectl", "--kubeconfig", config, *arguments], check=True, capture_output=True)
        return run.stdout.decode().split()

    assert kubectl("get", "nodes", "-o", "name") == []
    assert "deployment.apps/coredns" in kubectl("get", "deployments", "-A", "-o", "name")
    EKS.create_nodegroup(clusterName="c2", nodegroupName="n", subnets=subnets, nodeRole=role,
                         releaseVersion="1.31.7-20250403",
                         scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 2})
    quick("nodegroup_active", clusterName="c2", nodegroupName="n")
    before = kubectl("get", "nodes", "-o", "name")
    assert len(before) == 2, before
    response = refused("ResourceInUseException", "Cluster has nodegroups attached", EKS.delete_cluster, name="c2")
    assert response["nodegroupName"] == "n", response
    EKS.update_nodegroup_version(clusterName="c2", nodegroupName="n")
    quick("nodegroup_active", clusterName="c2", nodegroupName="n")
    begun = time.time()
    while len(after := kubectl("get", "nodes", "-o", "name")) != 2:
        # The instance that leaves last may outlive the update a little.
        assert time.time() - begun < PATIENCE, after
    assert not set(before) & set(after), (before, after)
    os.remove(config)


def clusters():
    config = {"subnetIds": ["subnet-1", "subnet-2"]}
    new = dict(name="c2", roleArn="arn:aws:iam::111122223333:role/r", resourcesVpcConfig=config, version="1.31")
    with standstill():
        made = EKS.create_cluster(**new)["cluster"]
        assert made["status"] == "CREATING" and "endpoint" not in made, made
        refused("ResourceInUseException", "update in progress", EKS.delete_cluster, name="c2")
        refused("InvalidRequestException", "is not in ACTIVE status", EKS.create_nodegroup, clusterName="c2",
                nodegroupName="n", subnets=config["subnetIds"], nodeRole=new["roleArn"])
    quick("cluster_active", name="c2")
    own_cluster(config["subnetIds"], new["roleArn"])
    refused("ResourceInUseException", "already exists", EKS.create_cluster, **new)
    refused("InvalidParameterException", "regular expression", EKS.create_cluster, **{**new, "name": "-"})
    assert EKS.list_clusters(maxResults=1)["nextToken"]
    assert EKS.can_paginate("list_clusters")
    refused("InvalidParameterException", "Unsupported Kubernetes minor version update from 1.31 to 1.33",
            EKS.update_cluster_version, name="c2", version="1.33")
    update = EKS.update_cluster_version(name="c2", version="1.32")["update"]
    assert [it["type"] for it in update["params"]] == ["Version", "PlatformVersion"]
    moving = EKS.describe_cluster(name="c2")["cluster"]
    assert (moving["version"], moving["status"]) == ("1.31", "UPDATING"), moving
    refused("InvalidRequestException", "is not in ACTIVE status", EKS.update_cluster_version, name="c2", version="1.32")
    quick("cluster_active", name="c2")
    assert EKS.describe_update(name="c2", updateId=update["id"])["update"]["status"] == "Successful"
    assert EKS.describe_cluster(name="c2")["cluster"]["version"] == "1.32"
    back = dict(clusterName="c2", nodegroupName="n", version="1.31")
    EKS.update_nodegroup_version(clusterName="c2", nodegroupName="n", version="1.32")
    quick("nodegroup_active", clusterName="c2", nodegroupName="n")
    refused("InvalidRequestException", "Nodegroups n must be updated to match cluster version 1.31",
            EKS.update_cluster_version, name="c2", version="1.31")
    EKS.update_nodegroup_version(**back)
    quick("nodegroup_active", clusterName="c2", nodegroupName="n")
    rollback = EKS.update_cluster_version(name="c2", version="1.31")["update"]
    assert rollback["type"] == "VersionRollback", rollback
    quick("cluster_active", name="c2")
    for update, code, text in [("x", 404, "No update found"), (update["id"], 400, "only a VersionRollback"),
                               (rollback["id"], 400, "cannot be cancelled any more")]:
        path = f"/clusters/c2/updates/{update}/cancel-update"
        request = AWSRequest(method="POST", url=os.environ["AWS_ENDPOINT_URL"] + path, data=b"{}")
        SigV4Auth(SESSION.get_credentials(), "eks", os.environ["AWS_REGION"]).add_auth(request)
        status, _, answer = raw(path, "POST", b"{}", request.headers.items())
        assert status == code and text in json.loads(answer)["message"], (status, answer)
    refused("InvalidParameterException", "Unsupported Kubernetes minor version update from 1.31 to 1.30",
            EKS.update_cluster_version, name="c2", version="1.30")
    EKS.update_cluster_version(name="c2", version="1.32")
    quick("cluster_active", name="c2")
    EKS.update_cluster_config(name="c2", logging={"clusterLogging": [{"types": ["api"], "enabled": True}]})
    refused("InvalidParameterException", "Only one type", EKS.update_cluster_config, name="c2",
            deletionProtection=True, upgradePolicy={"supportType": "STANDARD"})
    EKS.delete_nodegroup(clusterName="c2", nodegroupName="n")
    quick("nodegroup_deleted", clusterName="c2", nodegroupName="n")
    assert EKS.delete_cluster(name="c2")["cluster"]["status"] == "DELETING"
    quick("cluster_deleted", name="c2")
    assert EKS.list_clusters()["clusters"] == [CLUSTER]
    refused("ResourceInUseException", "in progress", EKS.update_cluster_version, name=CLUSTER, version="1.33") \
        if group()["status"] == "UPDATING" else None


def raw(path, method="GET", body=None, headers=()):
    url = os.environ["AWS_ENDPOINT_URL"] + path
    request = urllib.request.Request(url, method=method, data=body, headers=dict(headers))
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def signatures():
    status, headers, body = raw("/clusters")
    assert status == 403 and headers["x-amzn-errortype"] == "MissingAuthenticationTokenException", (status, headers)
    assert json.loads(body)["message"] == "Missing Authentication Token"
    other = botocore.session.get_session()
    wrong = other.create_client("eks", aws_secret_access_key="wrong",
                                aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    refused("InvalidSignatureException", "does not match", wrong.list_clusters)
    nobody = other.create_client("eks", aws_secret_access_key="wrong", aws_access_key_id="AKIANOBODY")
    refused("UnrecognizedClientException", "security token", nobody.list_clusters)
    sts = other.create_client("sts", aws_secret_access_key="wrong", aws_access_key_id="AKIANOBODY")
    refused("InvalidClientTokenId", "security token", sts.get_caller_identity)
    elsewhere = other.create_client("eks", region_name="eu-west-1")
    refused("InvalidSignatureException", "valid region", elsewhere.list_clusters)
    status, headers, _ = raw("/clusters", "POST", b"x" * (2 << 20))
    assert status == 413, status


def eksctl():
    cloudformation = client("cloudformation")
    assert cloudformation.list_stacks()["StackSummaries"] == []
    refused("ValidationError", "does not exist", cloudformation.describe_stacks, StackName="eksctl-x-cluster")
    ec2 = client("ec2")
    refused("InvalidLaunchTemplateId.NotFound", "does not exist", ec2.describe_launch_template_versions,
            LaunchTemplateId="lt-0")


def groups():
    subnets = group()["subnets"]
    new = dict(clusterName=CLUSTER, nodegroupName="second", subnets=subnets[:2], labels={"tier": "second"},
               nodeRole="arn:aws:iam::111122223333:role/n", instanceTypes=["m5.large"],
               scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2})
    for wrong, text in [
        ({"nodegroupName": "-x"}, "name must be"),
        ({"subnets": ["subnet-x"]}, "does not exist"),
        ({"version": "1.99"}, "must be that of its cluster"),
        ({"scalingConfig": {"minSize": 1}}, "must all be given"),
        ({"amiType": "none"}, "enum value set"),
        ({"updateConfig": {"maxUnavailable": 101}}, "100"),
        ({"amiType": "CUSTOM"}, "needs a launch template"),
        ({"capacityType": "CAPACITY_BLOCK"}, "needs a launch template"),
        ({"taints": [{"key": "a"}]}, "taints[0].effect must be given"),
        ({"instanceTypes": ["m5.large"] * 21}, "at most 20 instance types"),
    ]:
        refused("InvalidParameterException", text, EKS.create_nodegroup, **{**new, **wrong})
    which = dict(clusterName=CLUSTER, nodegroupName="second")
    with standstill():
        made = EKS.create_nodegroup(**new)["nodegroup"]
        assert made["status"] == "CREATING" and "resources" not in made
        refused("ResourceInUseException", "already exists", EKS.create_nodegroup, **new)
        refused("ResourceInUseException", "in progress", EKS.delete_nodegroup, **which)
    quick("nodegroup_active", **which)
    found = EKS.describe_nodegroup(**which)["nodegroup"]
    assert found["resources"]["autoScalingGroups"][0]["name"].startswith("eks-second-"), found
    assert found["releaseVersion"] and found["updateConfig"]["maxUnavailable"] == 1
    assert EKS.delete_nodegroup(**which)["nodegroup"]["status"] == "DELETING"
    quick("nodegroup_deleted", **which)
    assert EKS.list_nodegroups(clusterName=CLUSTER)["nodegroups"] == [GROUP]


def run(steps):
    for step in [it for it in steps if len(sys.argv) < 2 or it.__name__ in sys.argv[1:]]:
        began = time.time()
        step()
        print(f"{step.__name__}: good, {time.time() - began:.1f} s", flush=True)
    assert not WRONG, "\n".join(WRONG)
    print(f"{len(CALLED)} operations called")


if __name__ == "__main__":
    run([reading, parameters, signatures, eksctl, stored, clusters, configuration, groups, version])
