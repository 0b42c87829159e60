"""Node groups on launch templates of the user's own, with unmodified boto3: custom images, the rules of what goes
beside a template, updates from version to version, and what the health of a group says of it."""

import base64
import json
import subprocess
import time

from eks import CLUSTER, EKS, GROUP, PATIENCE, SSM, client, control, group, quick, refused, run, standstill

EC2 = client("ec2")
OWN = dict(clusterName=CLUSTER, nodegroupName="own")
JOINS = base64.b64encode(b"#!/bin/bash\n/etc/eks/bootstrap.sh c\n").decode()


def image(minor):
    name = f"/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/x86_64/standard/recommended/image_id"
    return SSM.get_parameter(Name=name)["Parameter"]["Value"]


def own():
    return EKS.describe_nodegroup(**OWN)["nodegroup"]


def until(good, what):
    begun = time.time()
    while not good(found := what()):
        assert time.time() - begun < PATIENCE, found
        time.sleep(0.1)
    return found


def at_rest(found):
    return found["status"] in ("ACTIVE", "DEGRADED", "CREATE_FAILED")


def finished(update):
    which = dict(name=CLUSTER, nodegroupName="own", updateId=update["id"])
    return until(lambda it: it["status"] != "InProgress", lambda: EKS.describe_update(**which)["update"])


def nodes():
    chosen = ["kubectl", "get", "nodes", "-l", "eks.amazonaws.com/nodegroup=own", "-o", "json"]
    items = json.loads(subprocess.run(chosen, capture_output=True, check=True).stdout)["items"]
    return {it["metadata"]["name"]: it["metadata"]["labels"] for it in items}


def codes(found):
    return {it["code"] for it in found["health"]["issues"]}


def version(data, source=None):
    given = dict(LaunchTemplateName="mine", LaunchTemplateData=data, ClientToken=json.dumps(data))
    made = EC2.create_launch_template_version(**given, **({"SourceVersion": source} if source else {}))
    assert EC2.create_launch_template_version(**given)["LaunchTemplateVersion"] == made["LaunchTemplateVersion"]
    return str(made["LaunchTemplateVersion"]["VersionNumber"])


def of_ec2():
    data = {"ImageId": image("1.31"), "InstanceType": "m5.large", "UserData": JOINS,
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}]}
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "a"}]}]
    made = EC2.create_launch_template(LaunchTemplateName="mine", LaunchTemplateData=data, TagSpecifications=tags)
    made = made["LaunchTemplate"]
    assert made["LatestVersionNumber"] == 1 and made["Tags"] == [{"Key": "team", "Value": "a"}], made
    found = EC2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"], Versions=["$Latest"])
    assert found["LaunchTemplateVersions"][0]["LaunchTemplateData"] == data, found
    assert version({"KeyName": "k"}, "1") == "2"
    latest = EC2.describe_launch_template_versions(LaunchTemplateName="mine", Versions=["2"])
    latest = latest["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert latest["KeyName"] == "k" and latest["ImageId"] == data["ImageId"], latest
    changed = EC2.modify_launch_template(LaunchTemplateName="mine", DefaultVersion="2")["LaunchTemplate"]
    assert changed["DefaultVersionNumber"] == 2
    gone = EC2.delete_launch_template_versions(LaunchTemplateName="mine", Versions=["1", "2", "9"])
    assert [it["VersionNumber"] for it in gone["SuccessfullyDeletedLaunchTemplateVersions"]] == [1], gone
    assert len(gone["UnsuccessfullyDeletedLaunchTemplateVersions"]) == 2, gone
    team = [{"Name": "tag:team", "Values": ["?"]}]
    names = [it["LaunchTemplateName"] for it in EC2.describe_launch_templates(Filters=team)["LaunchTemplates"]]
    assert names == ["mine"], names
    pages = EC2.get_paginator("describe_launch_templates").paginate(PaginationConfig={"PageSize": 1})
    names = [it["LaunchTemplateName"] for page in pages for it in page["LaunchTemplates"]]
    assert len(names) == 2 and any(name.startswith("eks-") for name in names), names
    for code, text, call, arguments in [
        ("InvalidLaunchTemplateName.AlreadyExistsException", "already in use", EC2.create_launch_template,
         dict(LaunchTemplateName="mine", LaunchTemplateData=data)),
        ("InvalidLaunchTemplateName.MalformedException", "between 3 and 128", EC2.create_launch_template,
         dict(LaunchTemplateName="a b c", LaunchTemplateData=data)),
        ("InvalidUserData.Malformed", "BASE64", EC2.create_launch_template,
         dict(LaunchTemplateName="other", LaunchTemplateData={"UserData": "?"})),
        ("MissingParameter", "LaunchTemplateData", EC2.create_launch_template,
         dict(LaunchTemplateName="other", LaunchTemplateData={})),
        ("InvalidLaunchTemplateName.NotFoundException", "nothing", EC2.describe_launch_template_versions,
         dict(LaunchTemplateName="nothing")),
        ("InvalidLaunchTemplateId.VersionNotFound", "version 9", EC2.describe_launch_template_versions,
         dict(LaunchTemplateName="mine", Versions=["9"])),
        ("InvalidParameterCombination", "not both", EC2.describe_launch_template_versions,
         dict(LaunchTemplateName="mine", LaunchTemplateId="lt-1")),
        ("DryRunOperation", "DryRun", EC2.describe_launch_templates, dict(DryRun=True)),
    ]:
        refused(code, text, call, **arguments)


def made_with_a_template():
    default = group()
    new = dict(**OWN, subnets=default["subnets"], nodeRole=default["nodeRole"],
               launchTemplate={"name": "mine", "version": "$Latest"},
               scalingConfig={"minSize": 1, "maxSize": 6, "desiredSize": 3})
    bad, wrong = "InvalidParameterException", "InvalidRequestException"
    plain = EC2.create_launch_template(LaunchTemplateName="plain", LaunchTemplateData={"KeyName": "k"})
    plain = {"id": plain["LaunchTemplate"]["LaunchTemplateId"]}
    EC2.create_launch_template(LaunchTemplateName="spot", LaunchTemplateData={
        "InstanceMarketOptions": {"MarketType": "spot"}})
    for code, text, given in [
        (bad, "Either provide launch template ID or", {"launchTemplate": {"id": "lt-1", "name": "mine"}}),
        (bad, "Either provide launch template ID or", {"launchTemplate": {"version": "1"}}),
        (wrong, "does not exist", {"launchTemplate": {"id": "lt-1"}}),
        (wrong, "Could not find the specified version", {"launchTemplate": {"name": "mine", "version": "9"}}),
        (wrong, "must not specify Spot", {"launchTemplate": {"name": "spot"}}),
        (bad, "Disk size must be specified within", {"diskSize": 20}),
        (bad, "Remote access configuration cannot", {"remoteAccess": {"ec2SshKey": "k"}}),
        (bad, "Cannot specify instance types in", {"instanceTypes": ["m5.large"]}),
        (bad, "AMI Type other than CUSTOM", {"amiType": "AL2_x86_64"}),
        (bad, "a kubernetes version to use", {"version": default["version"]}),
        (bad, "a release version to use", {"releaseVersion": default["releaseVersion"]}),
        (bad, "needs an image id", {"launchTemplate": plain, "amiType": "CUSTOM"}),
    ]:
        refused(code, text, EKS.create_nodegroup, **{**new, **given})
    made = EKS.create_nodegroup(**new)["nodegroup"]
    assert made["amiType"] == "CUSTOM" and made["launchTemplate"]["version"] == "2", made
    found = until(at_rest, own)
    assert found["status"] == "ACTIVE" and found["releaseVersion"] == image("1.31"), found
    assert not {"diskSize", "instanceTypes", "remoteAccess"} & found.keys(), found
    assert found["version"] == EKS.describe_cluster(name=CLUSTER)["cluster"]["version"], found
    labels = list(nodes().values())
    assert len(labels) == 3
    for label in labels:
        assert label["eks.amazonaws.com/sourceLaunchTemplateVersion"] == "2", label
        assert label["eks.amazonaws.com/sourceLaunchTemplateId"] == found["launchTemplate"]["id"], label
        assert label["eks.amazonaws.com/nodegroup-image"] == image("1.31"), label


def from_version_to_version():
    bad = "InvalidParameterException"
    new = version({"ImageId": image("1.32")}, "2")
    without = version({"InstanceType": "m5.large"})
    for code, text, given in [
        (bad, "must specify a launch template version", {}),
        (bad, "a kubernetes version to use", {"version": "1.32", "launchTemplate": {"name": "mine"}}),
        (bad, "a release version to use", {"releaseVersion": "1", "launchTemplate": {"name": "mine"}}),
        (bad, "cannot change the launch template", {"launchTemplate": {"name": "plain"}}),
        (bad, "create a new node group", {"launchTemplate": {"name": "mine", "version": without}}),
    ]:
        refused(code, text, EKS.update_nodegroup_version, **OWN, **given)
    refused(bad, "not created with one", EKS.update_nodegroup_version, clusterName=CLUSTER, nodegroupName=GROUP,
            launchTemplate={"name": "mine"})
    before = nodes()
    update = EKS.update_nodegroup_version(**OWN, launchTemplate={"name": "mine", "version": new})["update"]
    params = {it["type"]: it["value"] for it in update["params"]}
    assert params == {"LaunchTemplateName": "mine", "LaunchTemplateVersion": new}, params
    assert finished(update)["status"] == "Successful", finished(update)
    found = until(at_rest, own)
    assert found["launchTemplate"]["version"] == new and found["releaseVersion"] == image("1.32"), found
    assert found["version"] == EKS.describe_cluster(name=CLUSTER)["cluster"]["version"], found
    after = until(lambda it: len(it) == 3, nodes)
    assert not before.keys() & after.keys()
    assert {it["eks.amazonaws.com/sourceLaunchTemplateVersion"] for it in after.values()} == {new}


def nothing_to_replace():
    """Labels and taints reach nodes that live, so they are no reason to replace one."""
    before = nodes()
    EKS.update_nodegroup_config(**OWN, labels={"addOrUpdateLabels": {"team": "a"}}, taints={
        "addOrUpdateTaints": [{"key": "t", "value": "v", "effect": "PREFER_NO_SCHEDULE"}]})
    until(at_rest, own)
    update = EKS.update_nodegroup_version(**OWN, launchTemplate={"name": "mine", "version": "3"})["update"]
    assert finished(update)["status"] == "Successful"
    after = nodes()
    assert after.keys() == before.keys() and {it["team"] for it in after.values()} == {"a"}, (before, after)
    new = version({"KeyName": "other"}, "3")
    update = EKS.update_nodegroup_version(**OWN, launchTemplate={"name": "mine", "version": new})["update"]
    assert finished(update)["status"] == "Successful"
    after = until(lambda it: len(it) == 3, nodes)
    assert not after.keys() & before.keys() and {it["team"] for it in after.values()} == {"a"}, after


def a_little_later():
    return control("world", "POST", b'{"advanceSeconds":20}')[0] == 200


def health():
    gone = version({"ImageId": "ami-0123456789abcdef0"}, "3")
    with standstill():
        # The health tells it until the update fails, a quarter of an hour of the world.
        update = EKS.update_nodegroup_version(**OWN, launchTemplate={"name": "mine", "version": gone})["update"]
        until(lambda it: "AmiIdNotFound" in codes(it) or not a_little_later(), own)
    failed = finished(update)
    assert failed["status"] == "Failed" and "does not exist" in failed["errors"][0]["errorMessage"], failed
    found = until(lambda it: it["status"] == "ACTIVE" and not codes(it), own)
    assert found["launchTemplate"]["version"] == "5", found
    alone = version({"UserData": base64.b64encode(b"#!/bin/bash\n").decode()}, "3")
    update = EKS.update_nodegroup_version(**OWN, launchTemplate={"name": "mine", "version": alone})["update"]
    assert finished(update)["errors"][0]["errorCode"] == "NodeCreationFailure"
    EC2.delete_launch_template(LaunchTemplateName="mine")
    found = until(lambda it: "SourceEc2LaunchTemplateNotFound" in codes(it), own)
    assert found["status"] == "DEGRADED", found
    EKS.delete_nodegroup(**OWN)
    quick("nodegroup_deleted", **OWN)
    made = EC2.describe_launch_templates(Filters=[{"Name": "launch-template-name", "Values": ["eks-*"]}])
    [made] = made["LaunchTemplates"]
    refused("UnsupportedOperation", "change the node group instead", EC2.create_launch_template_version,
            LaunchTemplateId=made["LaunchTemplateId"], LaunchTemplateData={"KeyName": "k"})
    EC2.delete_launch_template(LaunchTemplateId=made["LaunchTemplateId"])
    found = until(lambda it: "Ec2LaunchTemplateNotFound" in codes(it), group)
    assert found["status"] == "DEGRADED", found


run([of_ec2, made_with_a_template, from_version_to_version, nothing_to_replace, health])
