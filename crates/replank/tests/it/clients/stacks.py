"""Stacks of node groups with the unmodified `aws`: deployed, updated, refused, failed and deleted."""

import json
import os
import subprocess
import sys
import time

import botocore.session
from botocore.exceptions import ClientError

C, N = os.environ["EKS_CLUSTER_NAME"], os.environ["EKS_DEFAULT_MNG_NAME"]
SESSION = botocore.session.get_session()
CFN, EKS = SESSION.create_client("cloudformation"), SESSION.create_client("eks")
HERE = sys.argv[1]
DEPLOYED = None


def aws(*words, code=0):
    ran = subprocess.run(["aws", *words, "--output", "json"], capture_output=True, text=True)
    assert ran.returncode == code, (words, ran.returncode, ran.stdout, ran.stderr)
    return ran.stdout + ran.stderr


def refused(code, said, call, **given):
    try:
        call(**given)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code and said in found["Message"], found
        return
    raise AssertionError((code, said))


def group(name=None):
    return EKS.describe_nodegroup(clusterName=C, nodegroupName=name or "blue")["nodegroup"]


def events(stack):
    pages = CFN.get_paginator("describe_stack_events").paginate(StackName=stack)
    found = [event for page in pages for event in page["StackEvents"]]
    return [(it["LogicalResourceId"], it["ResourceStatus"], it.get("ResourceStatusReason", "")) for it in reversed(found)]


def until(stack, *statuses):
    begun = time.time()
    while True:
        found = CFN.describe_stacks(StackName=stack)["Stacks"][0]
        if found["StackStatus"] in statuses:
            return found
        assert time.time() - begun < 240, (found, events(stack))
        time.sleep(0.1)


def template(**more):
    subnets = group(N)["subnets"]
    nodes = {"ClusterName": C, "NodegroupName": "blue", "NodeRole": {"Fn::GetAtt": ["Role", "Arn"]}, "Subnets": subnets,
             "LaunchTemplate": {"Id": {"Ref": "Template"}, "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}},
             "ScalingConfig": {"MinSize": 1, "DesiredSize": {"Ref": "Size"}, "MaxSize": 4}, **more}
    return json.dumps({
        "Parameters": {"Size": {"Type": "Number", "Default": 1}},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
            "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80}}]}}},
            "Nodes": {"Type": "AWS::EKS::Nodegroup", "Properties": nodes},
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Nodes", "Arn"]}, "Export": {"Name": "nodes-arn"}}},
    })


def written(text):
    path = os.path.join(HERE, "nodes.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


DEPLOY = ["cloudformation", "deploy", "--stack-name", "nodes", "--capabilities", "CAPABILITY_IAM", "--tags", "team=web",
          "--template-file"]


def change(text, *, to="UPDATE_COMPLETE", size="2"):
    """A change set, looked at and executed, to its end; what it said it would change."""
    name = f"change-{time.time_ns()}"
    given = {"StackName": "nodes", "ChangeSetName": name, "Capabilities": ["CAPABILITY_IAM"], "TemplateBody": text}
    CFN.create_change_set(**given, Parameters=[{"ParameterKey": "Size", "ParameterValue": size}])
    found = CFN.describe_change_set(StackName="nodes", ChangeSetName=name)
    assert found["Status"] == "CREATE_COMPLETE" and found["ExecutionStatus"] == "AVAILABLE", found
    CFN.execute_change_set(StackName="nodes", ChangeSetName=name)
    until("nodes", to)
    return [it["ResourceChange"]["LogicalResourceId"] for it in found["Changes"]]


def created():
    """`deploy` looks again after 30 seconds only; it is waited for at the end."""
    global DEPLOYED
    DEPLOYED = subprocess.Popen(["aws", *DEPLOY, written(template())], stdout=subprocess.PIPE, text=True)
    begun = time.time()
    while not any(it["StackName"] == "nodes" for it in CFN.list_stacks()["StackSummaries"]):
        assert time.time() - begun < 60
        time.sleep(0.1)
    stack = until("nodes", "CREATE_COMPLETE")
    assert stack["Outputs"][0]["OutputValue"] == group()["nodegroupArn"] and group()["status"] == "ACTIVE"
    assert group()["tags"]["team"] == "web" and group()["scalingConfig"]["desiredSize"] == 1
    resources = CFN.list_stack_resources(StackName="nodes")["StackResourceSummaries"]
    assert {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in resources}["Nodes"] == f"{C}/blue"
    time.sleep(1)  # `deploy` names its change sets by the second
    same = aws(*DEPLOY, written(template()), "--no-fail-on-empty-changeset")
    assert "No changes to deploy. Stack nodes is up to date" in same, same
    refused("ValidationError", "No updates are to be performed.", CFN.update_stack, StackName="nodes",
            UsePreviousTemplate=True, Capabilities=["CAPABILITY_IAM"])
    refused("AlreadyExistsException", "Stack [nodes] already exists", CFN.create_stack, StackName="nodes",
            TemplateBody=template(), Capabilities=["CAPABILITY_IAM"])


def resized():
    """Settings and the launch template of a group in one update; the nodes are replaced for the template."""
    text = template(Labels={"tier": "web"}).replace('"VolumeSize": 80', '"VolumeSize": 90')
    assert change(text) == ["Template", "Nodes"]
    found = group()
    assert found["labels"]["tier"] == "web" and found["scalingConfig"]["desiredSize"] == 2, found
    assert found["launchTemplate"]["version"] == "2", found
    kinds = [EKS.describe_update(name=C, nodegroupName="blue", updateId=one)["update"]["type"]
             for one in EKS.list_updates(name=C, nodegroupName="blue")["updateIds"]]
    assert sorted(kinds) == ["ConfigUpdate", "VersionUpdate"], kinds


def failures():
    return [why for name, status, why in events("nodes") if (name, status) == ("Nodes", "UPDATE_FAILED")]


def gone_back():
    """A release that is not there is declined, and so is a version beside another change."""
    body = template(Labels={"tier": "web"}, ReleaseVersion="1.2.3-20200101").replace('"VolumeSize": 80', '"VolumeSize": 90')
    change(body, to="UPDATE_ROLLBACK_COMPLETE")
    said = failures()[-1]
    assert said.startswith('Resource handler returned message: "') and "(Service: Eks, Status Code: 400" in said, said
    change(body.replace('"MaxSize": 4', '"MaxSize": 5'), to="UPDATE_ROLLBACK_COMPLETE")
    assert "Version and ReleaseVersion updates cannot be combined with other updates" in failures()[-1], failures()
    assert group()["status"] == "ACTIVE" and group()["scalingConfig"]["maxSize"] == 4
    assert CFN.get_template(StackName="nodes")["TemplateBody"]["Resources"]["Nodes"]["Properties"].get("ReleaseVersion") is None


def bad():
    for body, said in [
        ("Resources: {A: {Type: 'AWS::EKS::Nodegroop'}}", "Unrecognized resource types: [AWS::EKS::Nodegroop]"),
        ("Resources: {A: {Type: 'AWS::EKS::Nodegroup', Properties: {ClusterName: !Ref X}}}",
         "Unresolved resource dependencies [X] in the Resources block of the template"),
        ("Resources: [", "YAML not well-formed."),
    ]:
        refused("ValidationError", said, CFN.create_stack, StackName="bad", TemplateBody=body)
        refused("ValidationError", said, CFN.validate_template, TemplateBody=body)
    refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]", CFN.create_stack,
            StackName="bad", TemplateBody=template())
    refused("ValidationError", "Stack with id bad does not exist", CFN.describe_stacks, StackName="bad")
    refused("ChangeSetNotFound", "ChangeSet [none] does not exist", CFN.describe_change_set, StackName="nodes",
            ChangeSetName="none")
    wrong = "Resources: {A: {Type: 'AWS::EKS::Nodegroup', Properties: {ClusterName: c, Size: 1}}}"
    CFN.create_stack(StackName="bad", TemplateBody=wrong)
    until("bad", "ROLLBACK_COMPLETE")
    assert any("#: required key [NodeRole] not found" in why for _, _, why in events("bad")), events("bad")
    summary = CFN.get_template_summary(TemplateBody=template())
    assert summary["Capabilities"] == ["CAPABILITY_IAM"] and summary["Parameters"][0]["DefaultValue"] == "1"
    assert [it["StackName"] for it in CFN.list_stacks(StackStatusFilter=["ROLLBACK_COMPLETE"])["StackSummaries"]] == ["bad"]


def deleted():
    assert "Successfully created/updated stack - nodes" in DEPLOYED.communicate(timeout=120)[0]
    refused("ValidationError", "The RetainResources parameter", CFN.delete_stack, StackName="nodes", RetainResources=["Role"])
    CFN.update_termination_protection(StackName="nodes", EnableTerminationProtection=True)
    refused("ValidationError", "TerminationProtection is enabled", CFN.delete_stack, StackName="nodes")
    CFN.update_termination_protection(StackName="nodes", EnableTerminationProtection=False)
    which = CFN.describe_stacks(StackName="nodes")["Stacks"][0]["StackId"]
    aws("cloudformation", "delete-stack", "--stack-name", "nodes")
    until(which, "DELETE_COMPLETE")
    aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", which)
    assert EKS.list_nodegroups(clusterName=C)["nodegroups"] == [N]
    CFN.delete_stack(StackName="none")


for step in [created, resized, gone_back, bad, deleted]:
    began = time.time()
    step()
    print(f"{step.__name__}: good, {time.time() - began:.1f} s", flush=True)
print("every stack as wanted")
