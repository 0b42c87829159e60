"""Auto Scaling and EC2 with unmodified boto3 and aws: the groups of managed node groups, and one that the user keeps,
`workers`, of which no node group is known. Every answer is held to the model."""

import datetime
import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from model_check import CALLED, WRONG, client, refused

CLUSTER = os.environ["EKS_CLUSTER_NAME"]
AS, EC2, EKS, SSM = client("autoscaling"), client("ec2"), client("eks"), client("ssm")
ENDPOINT, REGION = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
KEYS = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
PATIENCE = 300
GROUP = "workers"


def send(service, path, body, kind):
    """Status and text of a signed request; `body` is None for a GET."""
    method = "GET" if body is None else "POST"
    request = AWSRequest(method, ENDPOINT + path, data=body or b"", headers={"Content-Type": kind})
    SigV4Auth(KEYS, service, REGION).add_auth(request)
    sent = urllib.request.Request(request.url, body, dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def query(service, given):
    return send(service, "/", urllib.parse.urlencode(given).encode(), "application/x-www-form-urlencoded; charset=utf-8")


def act(do, **given):
    """Something happens to the world."""
    body = json.dumps({"do": do, **given}).encode()
    status, said = send("replank", "/replank/v1/world/acts", body, "application/json")
    assert status == 200, said


def now():
    """The time in the world, in seconds."""
    status, said = send("replank", "/replank/v1/world", None, "application/json")
    at = json.loads(said)["now"]
    return datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


def until(what, good):
    begun = time.time()
    while not good(found := what()):
        assert time.time() - begun < PATIENCE, found
        time.sleep(0.1)
    return found


def group(name=GROUP):
    [found] = AS.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found


def sizes(name=GROUP):
    found = group(name)
    return found["MinSize"], found["DesiredCapacity"], found["MaxSize"]


def settled(count, name=GROUP):
    def is_so(found):
        states = [it["LifecycleState"] for it in found["Instances"]]
        return states == ["InService"] * count
    return until(lambda: group(name), is_so)


def nodes():
    printed = subprocess.run(["kubectl", "get", "nodes", "-o", "json"], capture_output=True, check=True).stdout
    return {it["spec"]["providerID"].split("/")[-1]: it for it in json.loads(printed)["items"]}


def reading():
    groups = {it["AutoScalingGroupName"]: it for it in AS.describe_auto_scaling_groups()["AutoScalingGroups"]}
    assert len(groups) == 2, list(groups)
    [managed] = [name for name in groups if name.startswith("eks-default-")]
    policy = groups[managed]["MixedInstancesPolicy"]["LaunchTemplate"]
    assert policy["LaunchTemplateSpecification"]["Version"] == "1" and policy["Overrides"], policy
    # A client that repeats the policy may: it changes the version alone.
    of = {"LaunchTemplateId": policy["LaunchTemplateSpecification"]["LaunchTemplateId"], "Version": "1"}
    kept = {**groups[managed]["MixedInstancesPolicy"],
            "LaunchTemplate": {**policy, "LaunchTemplateSpecification": of}}
    AS.update_auto_scaling_group(AutoScalingGroupName=managed, MixedInstancesPolicy=kept)
    other = {"LaunchTemplate": {**kept["LaunchTemplate"], "Overrides": [{"InstanceType": "m5.xlarge"}]}}
    refused("ValidationError", "Overrides other than m5.large", AS.update_auto_scaling_group,
            AutoScalingGroupName=managed, MixedInstancesPolicy=other)
    tags = {it["Key"]: it["Value"] for it in groups[managed]["Tags"]}
    assert tags["eks:nodegroup-name"] == "default" and tags[f"kubernetes.io/cluster/{CLUSTER}"] == "owned", tags
    own = groups[GROUP]
    assert "MixedInstancesPolicy" not in own and own["LaunchTemplate"]["LaunchTemplateName"] == "golden", own
    tags = {it["Key"]: it["Value"] for it in own["Tags"]}
    assert tags == {f"kubernetes.io/cluster/{CLUSTER}": "owned", "team": "a"}, tags
    assert len(own["AvailabilityZones"]) == len(own["VPCZoneIdentifier"].split(",")) == 3, own
    assert EKS.list_nodegroups(clusterName=CLUSTER)["nodegroups"] == ["default"]
    # Nodes and instances are the same: by provider id, by name, by zone.
    there = nodes()
    machines = EC2.describe_instances(Filters=[
        {"Name": "tag:aws:autoscaling:groupName", "Values": [GROUP]},
        {"Name": "instance-state-name", "Values": ["running"]}])
    machines = [it for one in machines["Reservations"] for it in one["Instances"]]
    assert {it["InstanceId"] for it in machines} == {it["InstanceId"] for it in own["Instances"]}, machines
    for it in machines:
        node = there[it["InstanceId"]]
        zone = it["Placement"]["AvailabilityZone"]
        assert node["spec"]["providerID"] == f"aws:///{zone}/{it['InstanceId']}", node["spec"]
        assert node["metadata"]["name"] == it["PrivateDnsName"], it
        labels = node["metadata"]["labels"]
        assert labels["role"] == "worker" and "eks.amazonaws.com/nodegroup" not in labels, labels
        assert node["spec"]["taints"][0]["key"] == "dedicated", node["spec"]
        tags = {tag["Key"]: tag["Value"] for tag in it["Tags"]}
        assert tags["team"] == "a" and tags["aws:ec2launchtemplate:version"] == "1", tags
        shown = AS.describe_auto_scaling_instances(InstanceIds=[it["InstanceId"]])["AutoScalingInstances"]
        assert shown[0]["HealthStatus"] == "HEALTHY" and shown[0]["AutoScalingGroupName"] == GROUP, shown
    filtered = AS.describe_auto_scaling_groups(Filters=[{"Name": "tag:team", "Values": ["a"]}])
    assert [it["AutoScalingGroupName"] for it in filtered["AutoScalingGroups"]] == [GROUP]
    pages = AS.get_paginator("describe_auto_scaling_groups").paginate(PaginationConfig={"PageSize": 1})
    assert len([it for page in pages for it in page["AutoScalingGroups"]]) == 2
    assert AS.describe_auto_scaling_groups(AutoScalingGroupNames=["x"])["AutoScalingGroups"] == []
    refused("InvalidInstanceID.NotFound", "i-0 and", EC2.describe_instances, InstanceIds=["i-0 and"])
    refused("InvalidInstanceID.NotFound", "'i-0, i-1'", EC2.describe_instances, InstanceIds=["i-0", "i-1"])
    refused("ValidationError", "Filter type x", AS.describe_auto_scaling_groups, Filters=[{"Name": "x", "Values": []}])
    return managed


def bounds():
    assert sizes() == (1, 3, 6), sizes()
    said = "Desired capacity:7 must be between the specified min size:1 and max size:6"
    refused("ValidationError", said, AS.update_auto_scaling_group, AutoScalingGroupName=GROUP, DesiredCapacity=7)
    refused("ValidationError", "Max bound, 0", AS.update_auto_scaling_group, AutoScalingGroupName=GROUP, MaxSize=0)
    refused("ValidationError", "value 7 is above max value 6", AS.set_desired_capacity,
            AutoScalingGroupName=GROUP, DesiredCapacity=7)
    refused("ValidationError", "no such group: x", AS.set_desired_capacity,
            AutoScalingGroupName="x", DesiredCapacity=7)
    refused("ValidationError", "MaxInstanceLifetime is not supported", AS.update_auto_scaling_group,
            AutoScalingGroupName=GROUP, MaxInstanceLifetime=86400)
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateName": "golden"}}}
    refused("ValidationError", "not one of EKS is not supported", AS.update_auto_scaling_group,
            AutoScalingGroupName=GROUP, MixedInstancesPolicy=policy)
    assert sizes() == (1, 3, 6), sizes()
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=3, MaxSize=8, DesiredCapacity=4)
    assert sizes() == (3, 4, 8), sizes()
    settled(4)
    found = AS.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
    assert "changing the desired capacity from 3 to 4" in found[0]["Cause"], found[0]
    assert found[0]["StatusCode"] == "Successful" and found[0]["EndTime"] >= found[0]["StartTime"], found[0]
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=3)
    assert sizes() == (3, 3, 3), "a lower maximum lowers the desired size"
    settled(3)
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=2, MaxSize=6)
    AS.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    assert sizes() == (2, 4, 6), sizes()
    settled(4)


def versions():
    before = group()["LaunchTemplate"]
    which = dict(LaunchTemplateId=before["LaunchTemplateId"])
    [old] = EC2.describe_launch_template_versions(**which, Versions=["1"])["LaunchTemplateVersions"]
    name = "/aws/service/eks/optimized-ami/1.31/amazon-linux-2023/x86_64/standard/recommended/image_id"
    newest = SSM.get_parameter(Name=name)["Parameter"]["Value"]
    new = dict(LaunchTemplateData={"ImageId": newest}, SourceVersion="1", ClientToken="t", **which)
    made = EC2.create_launch_template_version(**new)["LaunchTemplateVersion"]
    assert EC2.create_launch_template_version(**new)["LaunchTemplateVersion"] == made
    [made] = EC2.describe_launch_template_versions(**which, Versions=["2"])["LaunchTemplateVersions"]
    assert made["LaunchTemplateData"] == {**old["LaunchTemplateData"], "ImageId": newest}, made
    launched = dict(AutoScalingGroupName=GROUP, LaunchTemplate={**which, "Version": "2"})
    AS.update_auto_scaling_group(**launched)
    assert group()["LaunchTemplate"]["Version"] == "2"
    standing = {it["InstanceId"]: it["LaunchTemplate"]["Version"] for it in group()["Instances"]}
    assert set(standing.values()) == {"1"}, standing
    for text, template in [("Could not find the specified version 9", {**which, "Version": "9"}),
                           ("lt-0, does not exist", {"LaunchTemplateId": "lt-0"})]:
        refused("ValidationError", text, AS.update_auto_scaling_group, AutoScalingGroupName=GROUP,
                LaunchTemplate=template)
    bad = EC2.create_launch_template(LaunchTemplateName="untyped", LaunchTemplateData={"ImageId": newest})
    refused("ValidationError", "fully-formed launch template. The request must contain the parameter InstanceType",
            AS.update_auto_scaling_group, AutoScalingGroupName=GROUP,
            LaunchTemplate={"LaunchTemplateId": bad["LaunchTemplate"]["LaunchTemplateId"]})
    AS.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=5)
    found = settled(5)
    fresh = [it for it in found["Instances"] if it["InstanceId"] not in standing]
    assert [(it["LaunchTemplate"]["Version"], it["ImageId"]) for it in fresh] == [("2", newest)], fresh
    node = until(lambda: nodes().get(fresh[0]["InstanceId"]), lambda it: it is not None)
    assert node["metadata"]["labels"]["role"] == "worker", node["metadata"]
    return standing, fresh[0]["InstanceId"]


def terminating(standing):
    gone = sorted(standing)
    done = AS.terminate_instance_in_auto_scaling_group(InstanceId=gone[0], ShouldDecrementDesiredCapacity=True)
    assert gone[0] in done["Activity"]["Description"] and done["Activity"]["StatusCode"] == "InProgress", done
    assert "shrinking the capacity from 5 to 4" in done["Activity"]["Cause"], done
    assert sizes() == (2, 4, 6), sizes()
    settled(4)
    done = AS.terminate_instance_in_auto_scaling_group(InstanceId=gone[1], ShouldDecrementDesiredCapacity=False)
    found = settled(4)
    assert gone[1] not in [it["InstanceId"] for it in found["Instances"]], found
    until(nodes, lambda there: gone[0] not in there and gone[1] not in there)
    said = "Instance Id not found - No managed instance found for instance ID"
    for wrong in ["i-0123456789", gone[0]]:
        refused("ValidationError", said, AS.terminate_instance_in_auto_scaling_group, InstanceId=wrong,
                ShouldDecrementDesiredCapacity=True)
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=4)
    refused("ValidationError", "Currently, desiredSize equals minSize (4).",
            AS.terminate_instance_in_auto_scaling_group, InstanceId=gone[2], ShouldDecrementDesiredCapacity=True)
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=2)
    seen = EC2.describe_instances(InstanceIds=[gone[0]])["Reservations"][0]["Instances"][0]
    assert seen["State"]["Name"] == "terminated" and not seen["PrivateDnsName"], seen


def by_the_command():
    """`aws` prints what boto3 sees."""
    def aws(*arguments):
        return subprocess.run(["aws", *arguments], capture_output=True, check=True, text=True).stdout
    shown = json.loads(aws("autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", GROUP))
    victim = shown["AutoScalingGroups"][0]["Instances"][-1]["InstanceId"]
    said = json.loads(aws("autoscaling", "terminate-instance-in-auto-scaling-group", "--instance-id", victim,
                          "--should-decrement-desired-capacity"))
    assert victim in said["Activity"]["Description"], said
    aws("autoscaling", "set-desired-capacity", "--auto-scaling-group-name", GROUP, "--desired-capacity", "4")
    assert json.loads(aws("autoscaling", "describe-scaling-activities", "--auto-scaling-group-name", GROUP))
    settled(4)


def launching():
    """`LaunchInstances`: in a zone, at once, once for a token; what the zone does not give is an error in the answer."""
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=9)
    zone = group()["AvailabilityZones"][1]
    new = dict(AutoScalingGroupName=GROUP, RequestedCapacity=2, ClientToken="one", AvailabilityZones=[zone])
    made = AS.launch_instances(**new)
    assert made["Instances"][0]["AvailabilityZone"] == zone and not made["Errors"], made
    ids = made["Instances"][0]["InstanceIds"]
    assert len(ids) == 2 and AS.launch_instances(**new)["Instances"] == made["Instances"]
    refused("IdempotentParameterMismatch", "", AS.launch_instances, **{**new, "RequestedCapacity": 1})
    assert sizes() == (2, 6, 9), sizes()
    found = settled(6)
    assert set(ids) <= {it["InstanceId"] for it in found["Instances"]}, found
    act("zone-capacity", zone=zone, instances=1)
    made = AS.launch_instances(**{**new, "ClientToken": "two"})
    assert len(made["Instances"][0]["InstanceIds"]) == 1, made
    assert made["Errors"][0]["ErrorCode"] == "InsufficientInstanceCapacity", made
    assert zone in made["Errors"][0]["ErrorMessage"], made
    act("zone-capacity", zone=zone, instances=None)
    assert sizes() == (2, 7, 9), sizes()
    [failed] = [it for it in AS.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
                if it["StatusCode"] == "Failed"]
    assert "do not have sufficient m5.large capacity" in failed["StatusMessage"], failed
    for text, wrong in [("exactly one of AvailabilityZones", {"AvailabilityZones": []}),
                        ("between the specified min size:2 and max size:9", {"RequestedCapacity": 3}),
                        ("has no us-west-2x", {"AvailabilityZones": ["us-west-2x"]})]:
        refused("ValidationError", text, AS.launch_instances, **{**new, "ClientToken": text[:60], **wrong})
    settled(7)
    return ids


def several(ids):
    """More than one at a time, as botocore 1.44 and later can ask; all of them or none."""
    def ask(ids, decrement):
        given = {"Action": "TerminateInstanceInAutoScalingGroup", "Version": "2011-01-01",
                 "AutoScalingGroupName": GROUP, "ShouldDecrementDesiredCapacity": decrement}
        given.update({f"InstanceIds.member.{at}": it for at, it in enumerate(ids, 1)})
        return query("autoscaling", given)
    before = sizes()
    status, said = ask([*ids, "i-0"], "true")
    assert status == 400 and "No managed instance found for instance ID: i-0" in said, said
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=6)
    status, said = ask(ids, "true")
    assert status == 400 and "<Code>ValidationError</Code>" in said, said
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=2)
    assert sizes() == before and len(group()["Instances"]) == 7, "nothing was done"
    status, said = ask(ids, "true")
    assert status == 200 and said.count("<ActivityId>") == 2 and "<Activities><member>" in said, said
    assert sizes()[1] == 5, sizes()
    settled(5)


def switches():
    """Protection from scale-in and suspended processes act."""
    ids = [it["InstanceId"] for it in group()["Instances"]]
    keep = ids[:4]
    AS.set_instance_protection(AutoScalingGroupName=GROUP, InstanceIds=keep, ProtectedFromScaleIn=True)
    refused("ValidationError", "No managed instance", AS.set_instance_protection, AutoScalingGroupName=GROUP,
            InstanceIds=["i-0"], ProtectedFromScaleIn=True)
    AS.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2)
    found = settled(4)
    assert sorted(it["InstanceId"] for it in found["Instances"]) == sorted(keep), found
    assert all(it["ProtectedFromScaleIn"] for it in found["Instances"]), found
    AS.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    AS.set_instance_protection(AutoScalingGroupName=GROUP, InstanceIds=keep, ProtectedFromScaleIn=False)
    AS.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "AZRebalance"])
    shown = {it["ProcessName"]: it["SuspensionReason"] for it in group()["SuspendedProcesses"]}
    assert set(shown) == {"Launch", "AZRebalance"} and shown["Launch"].startswith("User suspended at 20"), shown
    AS.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=5)
    before = now()
    until(now, lambda at: at - before > 120)
    assert len(group()["Instances"]) == 4, "nothing is launched while it may not be"
    refused("ValidationError", "is not a valid process type", AS.suspend_processes, AutoScalingGroupName=GROUP,
            ScalingProcesses=["Fly"])
    AS.resume_processes(AutoScalingGroupName=GROUP)
    assert not group()["SuspendedProcesses"]
    settled(5)
    AS.update_auto_scaling_group(AutoScalingGroupName=GROUP, NewInstancesProtectedFromScaleIn=True)
    assert group()["NewInstancesProtectedFromScaleIn"]


def tagging():
    one = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group"}
    AS.create_or_update_tags(Tags=[{**one, "Key": "run", "Value": "<1>", "PropagateAtLaunch": False}])
    shown = AS.describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": [GROUP]},
                                      {"Name": "key", "Values": ["run"]}])["Tags"]
    assert shown == [{**one, "Key": "run", "Value": "<1>", "PropagateAtLaunch": False}], shown
    AS.delete_tags(Tags=[{**one, "Key": "run"}])
    assert not [it for it in group()["Tags"] if it["Key"] == "run"]
    refused("ValidationError", "reserved", AS.create_or_update_tags,
            Tags=[{**one, "Key": "aws:x", "Value": "", "PropagateAtLaunch": True}])


def made_and_deleted():
    """A group on a template of the user's own, which follows its newest version."""
    zones = group()["AvailabilityZones"][:2]
    source = {"LaunchTemplateName": "golden", "Version": "$Latest"}
    tags = [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned", "PropagateAtLaunch": True}]
    new = dict(AutoScalingGroupName="more", MinSize=0, MaxSize=3, DesiredCapacity=1, AvailabilityZones=zones,
               LaunchTemplate=source, Tags=tags)
    refused("ValidationError", "give one tag", AS.create_auto_scaling_group, **{**new, "Tags": []})
    refused("ValidationError", "a cluster that is not here", AS.create_auto_scaling_group,
            **{**new, "Tags": [{"Key": "kubernetes.io/cluster/x", "Value": "owned"}]})
    refused("ValidationError", "TerminationPolicies is not supported", AS.create_auto_scaling_group, **new,
            TerminationPolicies=["OldestInstance"])
    AS.create_auto_scaling_group(**new)
    refused("AlreadyExists", "already exists - more", AS.create_auto_scaling_group, **new)
    [one] = settled(1, "more")["Instances"]
    assert one["LaunchTemplate"]["Version"] == "2" and group("more")["LaunchTemplate"]["Version"] == "$Latest"
    node = until(lambda: nodes().get(one["InstanceId"]), lambda it: it is not None)
    assert node["metadata"]["labels"]["role"] == "worker", node["metadata"]
    EC2.create_launch_template_version(LaunchTemplateName="golden", SourceVersion="2",
                                       LaunchTemplateData={"InstanceType": "m5.xlarge"})
    AS.set_desired_capacity(AutoScalingGroupName="more", DesiredCapacity=2)
    kinds = sorted(it["InstanceType"] for it in settled(2, "more")["Instances"])
    assert kinds == ["m5.large", "m5.xlarge"], kinds
    refused("ResourceInUse", "while there are instances", AS.delete_auto_scaling_group, AutoScalingGroupName="more")
    AS.delete_auto_scaling_group(AutoScalingGroupName="more", ForceDelete=True)
    until(lambda: AS.describe_auto_scaling_groups(AutoScalingGroupNames=["more"])["AutoScalingGroups"],
          lambda found: not found)


def hooks():
    """Instances wait for hooks on their way in and out, until somebody or their time ends it."""
    of = dict(AutoScalingGroupName=GROUP)
    AS.put_lifecycle_hook(**of, LifecycleHookName="join", DefaultResult="ABANDON",
                          LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING")
    AS.put_lifecycle_hook(**of, LifecycleHookName="leave", DefaultResult="CONTINUE",
                          LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout=7200)
    shown = {it["LifecycleHookName"]: it for it in AS.describe_lifecycle_hooks(**of)["LifecycleHooks"]}
    assert shown["join"]["HeartbeatTimeout"] == 3600 and shown["leave"]["GlobalTimeout"] == 172800, shown
    refused("ValidationError", "give 30 to 7200", AS.put_lifecycle_hook, **of, LifecycleHookName="join",
            HeartbeatTimeout=5)

    def waiting(state):
        found = until(group, lambda it: state in [one["LifecycleState"] for one in it["Instances"]])
        return [one["InstanceId"] for one in found["Instances"] if one["LifecycleState"] == state]

    count = len(group()["Instances"])
    AS.set_desired_capacity(**of, DesiredCapacity=count + 1)
    [one] = waiting("Pending:Wait")
    action = dict(**of, LifecycleHookName="join", InstanceId=one)
    AS.record_lifecycle_action_heartbeat(**action)
    AS.complete_lifecycle_action(**action, LifecycleActionResult="CONTINUE")
    settled(count + 1)
    said = f"No active Lifecycle Action found with instance ID {one}"
    refused("ValidationError", said, AS.complete_lifecycle_action, **action, LifecycleActionResult="CONTINUE")
    until(lambda: nodes().get(one), lambda it: it is not None)
    AS.terminate_instance_in_auto_scaling_group(InstanceId=one, ShouldDecrementDesiredCapacity=True)
    assert waiting("Terminating:Wait") == [one]
    machine = EC2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]
    ready = [it["status"] for it in nodes()[one]["status"]["conditions"] if it["type"] == "Ready"]
    assert machine["State"]["Name"] == "running" and ready == ["True"], "it waits with its node"
    AS.complete_lifecycle_action(**{**action, "LifecycleHookName": "leave"}, LifecycleActionResult="CONTINUE")
    settled(count)
    # Nobody completes it: its time is over.
    AS.put_lifecycle_hook(**of, LifecycleHookName="leave", HeartbeatTimeout=30)
    [last, *_] = [it["InstanceId"] for it in group()["Instances"]]
    AS.terminate_instance_in_auto_scaling_group(InstanceId=last, ShouldDecrementDesiredCapacity=True)
    settled(count - 1)
    # One that is abandoned is terminated, and another is launched.
    AS.set_desired_capacity(**of, DesiredCapacity=count)
    [one] = waiting("Pending:Wait")
    AS.complete_lifecycle_action(**{**action, "InstanceId": one}, LifecycleActionResult="ABANDON")
    until(lambda: waiting("Pending:Wait"), lambda ids: ids != [one])
    AS.delete_lifecycle_hook(**of, LifecycleHookName="join")
    AS.delete_lifecycle_hook(**of, LifecycleHookName="leave")
    refused("ValidationError", "No Lifecycle Hook found with name leave", AS.delete_lifecycle_hook, **of,
            LifecycleHookName="leave")
    settled(count)


def machines():
    """What EC2 tells of images, types, zones and subnets."""
    image = group()["Instances"][0]["ImageId"]
    [shown] = EC2.describe_images(ImageIds=[image])["Images"]
    assert shown["Architecture"] == "x86_64" and shown["CreationDate"] and shown["Public"], shown
    family = {"Name": "name", "Values": [shown["Name"].rsplit("-", 1)[0] + "-*"]}
    several = EC2.describe_images(Owners=["amazon"], Filters=[family])["Images"]
    assert image in [it["ImageId"] for it in several] and len(several) > 1, several
    refused("InvalidAMIID.NotFound", "The image id '[ami-0]' does not exist", EC2.describe_images, ImageIds=["ami-0"])
    if "PublicSsmParameterName" in EC2.meta.service_model.shape_for("Image").members:
        for it in several:
            name = it["PublicSsmParameterName"]
            assert SSM.get_parameter(Name=name)["Parameter"]["Value"] == it["ImageId"], it
    zones = EC2.describe_availability_zones()["AvailabilityZones"]
    assert [it["ZoneName"] for it in zones] == group()["AvailabilityZones"], zones
    assert zones[0]["ZoneId"] == group()["AvailabilityZoneIds"][0], zones
    mine = group()["VPCZoneIdentifier"].split(",")
    subnets = EC2.describe_subnets(SubnetIds=mine)["Subnets"]
    assert {it["AvailabilityZone"] for it in subnets} == set(group()["AvailabilityZones"]), subnets
    act("zone-addresses", zone=zones[0]["ZoneName"], free=4)
    subnets = EC2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": [zones[0]["ZoneName"]]}])
    assert [it["AvailableIpAddressCount"] for it in subnets["Subnets"]] == [4], subnets
    act("zone-addresses", zone=zones[0]["ZoneName"], free=None)
    refused("InvalidSubnetID.NotFound", "subnet-0", EC2.describe_subnets, SubnetIds=["subnet-0"])
    [kind] = EC2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"]
    assert kind["VCpuInfo"]["DefaultVCpus"] == 2 and kind["MemoryInfo"]["SizeInMiB"] == 8192, kind
    refused("InvalidInstanceType", "[m5.tiny]", EC2.describe_instance_types, InstanceTypes=["m5.tiny"])
    offers = EC2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m5.large"]}])
    assert len(offers["InstanceTypeOfferings"]) == len(zones), offers
    for paginator in ["describe_images", "describe_instance_types", "describe_instances"]:
        size = 5
        pages = EC2.get_paginator(paginator).paginate(PaginationConfig={"PageSize": size, "MaxItems": 12})
        assert list(pages), paginator
    console = EC2.get_console_output(InstanceId=group()["Instances"][0]["InstanceId"])
    assert "login:" in console["Output"], console


def nothing_of():
    """What no group here has."""
    for call, name in [(AS.describe_warm_pool, "Instances"), (AS.describe_policies, "ScalingPolicies"),
                       (AS.describe_scheduled_actions, "ScheduledUpdateGroupActions"),
                       (AS.describe_instance_refreshes, "InstanceRefreshes")]:
        assert call(AutoScalingGroupName=GROUP)[name] == [], name
        refused("ValidationError", "no such group: x", call, AutoScalingGroupName="x")
    assert AS.describe_launch_configurations()["LaunchConfigurations"] == []
    assert AS.describe_account_limits()["NumberOfAutoScalingGroups"] == 2
    refused("InvalidAction", "Served here are CompleteLifecycleAction", AS.start_instance_refresh,
            AutoScalingGroupName=GROUP)


def main():
    managed = reading()
    bounds()
    standing, _ = versions()
    terminating(standing)
    by_the_command()
    several(launching())
    switches()
    tagging()
    made_and_deleted()
    hooks()
    machines()
    nothing_of()
    assert sizes(managed)[1] == 3, "the group of the managed node group is untouched"
    assert not WRONG, "\n".join(WRONG)
    print(f"{len(CALLED)} operations called")


if __name__ == "__main__":
    main()
