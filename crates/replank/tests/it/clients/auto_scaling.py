"""Auto Scaling and EC2 with unmodified boto3 and aws: the groups of managed node groups, and one that the user keeps,
`workers`, of which no node group is known. Every answer is held to the model."""

import json
import os
import subprocess
import time

from model_check import CALLED, WRONG, client, refused

CLUSTER = os.environ["EKS_CLUSTER_NAME"]
AS, EC2, EKS, SSM = client("autoscaling"), client("ec2"), client("eks"), client("ssm")
PATIENCE = 300
GROUP = "workers"


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


def main():
    managed = reading()
    bounds()
    standing, _ = versions()
    terminating(standing)
    by_the_command()
    assert sizes(managed)[1] == 3, "the group of the managed node group is untouched"
    assert not WRONG, "\n".join(WRONG)
    print(f"{len(CALLED)} operations called")


if __name__ == "__main__":
    main()
