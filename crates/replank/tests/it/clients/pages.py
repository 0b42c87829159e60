"""Every waiter, every paginator and every refused operation of the service's model, with unmodified boto3. Clusters
with two of everything are read page by page, and read whole; a new version of boto3 that knows more makes this fail."""

import datetime
import json
import os

from botocore import xform_name
from botocore.exceptions import ClientError

from model_check import CALLED, WRONG, client, refused

CLUSTER = os.environ["EKS_CLUSTER_NAME"]
GROUP = os.environ["EKS_DEFAULT_MNG_NAME"]
EKS = client("eks")
MODEL = EKS.meta.service_model
ON = {"clusterName": CLUSTER}
ROLES = ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b"]
WAITED = set()


def wait(waited, **which):
    """Waits as the model says, only more often: the world runs faster than the real one."""
    waiter = EKS.get_waiter(waited)
    waiter.config.delay, waiter.config.max_attempts = 0.5, 1200
    waiter.wait(**which)
    WAITED.add(waited)


def timeless(item):
    """Without times, which go on from one answer to the next."""
    return {k: v for k, v in item.items() if not isinstance(v, datetime.datetime)} if isinstance(item, dict) else item


def paged(operation, **which):
    """The items of a list, page by page, one to a page; the same as in one page, in the same order."""
    paginator = EKS.get_paginator(operation)
    key = paginator._pagination_cfg["result_key"]
    found = []
    for page in paginator.paginate(PaginationConfig={"PageSize": 1}, **which):
        assert len(page[key]) <= 1, (operation, page)
        found += page[key]
    whole = getattr(EKS, operation)(**which)
    same = [timeless(it) for it in whole[key]] == [timeless(it) for it in found]
    assert same and "nextToken" not in whole, (operation, whole, found)
    assert len(found) == len({json.dumps(it, default=str, sort_keys=True) for it in found}), (operation, found)
    return found


def make():
    network = {"subnetIds": ["subnet-1", "subnet-2"]}
    EKS.create_cluster(name="c2", roleArn=ROLES[0], resourcesVpcConfig=network)
    first = EKS.describe_nodegroup(nodegroupName=GROUP, **ON)["nodegroup"]
    EKS.create_nodegroup(nodegroupName="second", nodeRole=ROLES[0], subnets=first["subnets"],
                         scalingConfig={"minSize": 1, "maxSize": 2, "desiredSize": 1}, **ON)
    for name in ["coredns", "kube-proxy"]:
        EKS.create_addon(addonName=name, **ON)
    for name in ["f1", "f2"]:
        # As of EKS, one profile at a time.
        EKS.create_fargate_profile(fargateProfileName=name, podExecutionRoleArn=ROLES[0],
                                   selectors=[{"namespace": name}], **ON)
        wait("fargate_profile_active", fargateProfileName=name, **ON)
    for role in ROLES:
        EKS.create_access_entry(principalArn=role, **ON)
        EKS.create_pod_identity_association(namespace="n", serviceAccount=role[-1], roleArn=role, **ON)
    policies = [it["arn"] for it in paged("list_access_policies")]
    for policy in policies[:2]:
        EKS.associate_access_policy(principalArn=ROLES[0], policyArn=policy, accessScope={"type": "cluster"}, **ON)
    wait("cluster_active", name="c2")
    wait("nodegroup_active", nodegroupName="second", **ON)
    for name in ["coredns", "kube-proxy"]:
        wait("addon_active", addonName=name, **ON)
        assert EKS.describe_addon(addonName=name, **ON)["addon"]["status"] == "ACTIVE"
    for token in ["a", "b"]:
        EKS.update_nodegroup_config(nodegroupName="second", labels={"addOrUpdateLabels": {"step": token}}, **ON)
        wait("nodegroup_active", nodegroupName="second", **ON)


def pages():
    assert set(paged("list_clusters")) == {CLUSTER, "c2"}
    assert set(paged("list_nodegroups", **ON)) == {GROUP, "second"}
    assert set(paged("list_addons", **ON)) == {"coredns", "kube-proxy"}
    assert set(paged("list_fargate_profiles", **ON)) == {"f1", "f2"}
    assert EKS.describe_fargate_profile(fargateProfileName="f1", **ON)["fargateProfile"]["status"] == "ACTIVE"
    assert set(ROLES) <= set(paged("list_access_entries", **ON))
    assert len(paged("list_associated_access_policies", principalArn=ROLES[0], **ON)) == 2
    assert {it["serviceAccount"] for it in paged("list_pod_identity_associations", **ON)} == {"a", "b"}
    assert len(paged("list_updates", name=CLUSTER, nodegroupName="second")) == 2
    # All of them: how many are still supported depends on the day.
    assert len(paged("describe_cluster_versions", includeAll=True)) > 5
    assert len(paged("list_insights", **ON)) > 1
    for name in ["list_capabilities", "list_identity_provider_configs"]:
        assert paged(name, **ON) == [], name
    assert paged("list_certificate_authorities", clusterName=CLUSTER) == []
    assert paged("list_eks_anywhere_subscriptions") == []
    addons = EKS.get_paginator("describe_addon_versions").paginate(PaginationConfig={"PageSize": 1})
    names = [it["addonName"] for page in addons for it in page["addons"]]
    assert len(names) > 2 and len(set(names)) == len(names), names
    assert names == [it["addonName"] for it in EKS.describe_addon_versions()["addons"]]
    refused("InvalidParameterException", "nextToken", EKS.list_clusters, nextToken="made up")


def gone():
    for name in ["f1", "f2"]:
        EKS.delete_fargate_profile(fargateProfileName=name, **ON)
        wait("fargate_profile_deleted", fargateProfileName=name, **ON)
    for name in ["coredns", "kube-proxy"]:
        EKS.delete_addon(addonName=name, **ON)
        wait("addon_deleted", addonName=name, **ON)
    EKS.delete_nodegroup(nodegroupName="second", **ON)
    EKS.delete_cluster(name="c2")
    wait("cluster_deleted", name="c2")
    wait("nodegroup_deleted", nodegroupName="second", **ON)
    for role in ROLES:
        EKS.delete_access_entry(principalArn=role, **ON)
    for it in EKS.list_pod_identity_associations(**ON)["associations"]:
        EKS.delete_pod_identity_association(associationId=it["associationId"], **ON)


def sample(shape):
    """The least input that a shape takes."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)] * max(1, shape.metadata.get("min", 1))
    if kind == "map":
        return {}
    least = shape.metadata.get("min", 1)
    enum = getattr(shape, "enum", None)
    return {"string": enum[0] if enum else "x" * least, "boolean": True, "integer": least}[kind]


def the_rest():
    """Whatever the page of operations says is refused, is, by an error that the operation declares."""
    page = open(os.path.join(os.path.dirname(__file__), "../../../../../docs/reference/eks-operations.md")).read()
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| `")]
    said = {row[1].strip(" `"): row[3].strip() for row in rows}
    for name in MODEL.operation_names:
        assert name in said, f"{name} is not on the page of operations"
        if said[name] == "refused":
            operation = MODEL.operation_model(name)
            given = sample(operation.input_shape)
            on = {member: CLUSTER for member in given if member == "clusterName"}
            try:
                getattr(EKS, xform_name(name))(**{**given, **on})
                raise AssertionError(f"{name} is not refused")
            except ClientError as error:
                told = error.response
            # `model_check` holds it to what the operation declares, except where the service goes beside its model.
            assert 400 <= told["ResponseMetadata"]["HTTPStatusCode"] < 500, (name, told)
            assert any(it in told["Error"]["Message"] for it in ["not supported", "No ", "no "]), (name, told)
    left = [name for name in MODEL.operation_names
            if EKS.can_paginate(xform_name(name)) and name not in CALLED]
    assert not left, f"never paged: {left}"
    # Waits for updates that only refused operations begin.
    wanted = set(EKS.waiter_names) - {"certificate_authority_update_complete"}
    assert wanted == WAITED, wanted ^ WAITED


for step in [make, pages, gone, the_rest]:
    step()
    print(f"{step.__name__}: good", flush=True)
assert not WRONG, "\n".join(WRONG)
print(f"{len(CALLED)} operations called")
