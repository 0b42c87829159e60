"""What is kept on record without acting yet, with unmodified boto3: Fargate profiles, access entries and their policies,
pod identity associations, add-ons with their versions, insights. Rules, refusals, tokens, tags, and what goes together."""

import json
import subprocess
import time

from eks import CLUSTER, EKS, group, quick, refused, run

ON = {"clusterName": CLUSTER}
ROLE = "arn:aws:iam::111122223333:role/path/of/r"
BAD, STATE, USED, GONE = (f"{it}Exception" for it in
                          ["InvalidParameter", "InvalidRequest", "ResourceInUse", "ResourceNotFound"])


def account():
    return EKS.describe_cluster(name=CLUSTER)["cluster"]["arn"].rsplit(":", 1)[0]


def tagged(arn, call, **arguments):
    """Tags of something that is made, by its ARN."""
    refused(BAD, "reserved for AWS", call, **{**arguments, "tags": {"aws:x": "y"}})
    EKS.tag_resource(resourceArn=arn, tags={"team": "a"})
    assert EKS.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "a"}
    EKS.untag_resource(resourceArn=arn, tagKeys=["team"])


def fargate():
    selectors = [{"namespace": "n?", "labels": {"a": "*"}}]
    new = dict(fargateProfileName="f", podExecutionRoleArn=ROLE, selectors=selectors, **ON)
    subnets = EKS.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]["subnetIds"]
    for text, wrong in [
        ("name must be", {"fargateProfileName": "-f"}),
        ("name must be", {"fargateProfileName": "f" * 101}),
        ("is no ARN of a role", {"podExecutionRoleArn": "r"}),
        ("is no ARN of a role", {"podExecutionRoleArn": ROLE.replace("role", "user")}),
        ("at least one selector", {"selectors": []}),
        ("at least one namespace", {"selectors": [{"labels": {"a": "b"}}]}),
        ("more than 5 Selectors", {"selectors": selectors * 6}),
        ("more than 5 Label pairs", {"selectors": [{"namespace": "n", "labels": {c: c for c in "abcdef"}}]}),
        ("'subnet-x' does not exist", {"subnets": ["subnet-x"]}),
    ]:
        response = refused(BAD, text, EKS.create_fargate_profile, **{**new, **wrong})
        assert response["clusterName"] == CLUSTER and response["fargateProfileName"], response
    made = EKS.create_fargate_profile(**new, clientRequestToken="f")["fargateProfile"]
    assert EKS.create_fargate_profile(**new, clientRequestToken="f")["fargateProfile"] == made
    refused(BAD, "token", EKS.create_fargate_profile, **{**new, "tags": {"a": "b"}}, clientRequestToken="f")
    assert made["status"] == "CREATING" and made["subnets"] == subnets and made["selectors"] == selectors, made
    assert made["fargateProfileArn"].startswith(f"{account()}:fargateprofile/{CLUSTER}/f/"), made
    tagged(made["fargateProfileArn"], EKS.create_fargate_profile, **new)
    for number in range(9):
        EKS.create_fargate_profile(**{**new, "fargateProfileName": f"f{number}", "subnets": subnets[:1]})
    refused("ResourceLimitExceededException", "10 Fargate profiles", EKS.create_fargate_profile,
            **{**new, "fargateProfileName": "more"})
    quick("fargate_profile_active", fargateProfileName="f", **ON)
    for name in EKS.list_fargate_profiles(**ON)["fargateProfileNames"]:
        assert EKS.delete_fargate_profile(fargateProfileName=name, **ON)["fargateProfile"]["status"] == "DELETING"
    quick("fargate_profile_deleted", fargateProfileName="f", **ON)


def entries():
    entry = dict(principalArn=ROLE, **ON)
    for text, wrong in [
        ("principalArn parameter format", {"principalArn": "r"}),
        ("principalArn parameter format", {"principalArn": "arn:aws:sts::111122223333:assumed-role/r/s"}),
        ("system:masters is invalid, it cannot start with system:", {"kubernetesGroups": ["system:masters"]}),
        ("cannot start with eks:", {"username": "eks:x"}),
        ("type POOR is invalid", {"type": "POOR"}),
        ("username cannot be given", {"type": "EC2_LINUX", "username": "u"}),
        ("kubernetesGroups cannot be given", {"type": "FARGATE_LINUX", "kubernetesGroups": ["g"]}),
        ("must be that of a role", {"type": "EC2", "principalArn": "arn:aws:iam::111122223333:user/u"}),
    ]:
        refused(BAD, text, EKS.create_access_entry, **{**entry, **wrong})
    made = EKS.create_access_entry(**entry)["accessEntry"]
    assert made["username"] == "arn:aws:sts::111122223333:assumed-role/r/{{SessionName}}", made
    assert made["accessEntryArn"].startswith(f"{account()}:access-entry/{CLUSTER}/role/111122223333/r/"), made
    assert made["type"] == "STANDARD" and made["kubernetesGroups"] == [], made
    tagged(made["accessEntryArn"], EKS.create_access_entry, **entry)
    refused(BAD, "cannot start with system:", EKS.update_access_entry, username="system:x", **entry)
    changed = EKS.update_access_entry(kubernetesGroups=["a", "b"], **entry)["accessEntry"]
    assert changed["kubernetesGroups"] == ["a", "b"] and changed["username"] == made["username"], changed
    node = EKS.create_access_entry(principalArn=ROLE + "2", type="EC2_LINUX", **ON)["accessEntry"]
    assert node["username"] == "system:node:{{EC2PrivateDNSName}}" and node["kubernetesGroups"] == ["system:nodes"]
    refused(BAD, "username cannot be given", EKS.update_access_entry, principalArn=ROLE + "2", username="u", **ON)

    view = next(it["arn"] for it in EKS.list_access_policies()["accessPolicies"] if it["name"] == "AmazonEKSViewPolicy")
    within = dict(policyArn=view, accessScope={"type": "namespace", "namespaces": ["a"]}, **entry)
    for text, wrong in [
        ("policyArn", {"policyArn": view + "x"}),
        ("accessScope.type must be given", {"accessScope": {}}),
        ("namespaces must be given", {"accessScope": {"type": "namespace"}}),
        ("namespaces cannot be given", {"accessScope": {"type": "cluster", "namespaces": ["a"]}}),
    ]:
        refused(BAD, text, EKS.associate_access_policy, **{**within, **wrong})
    refused(STATE, "type EC2_LINUX", EKS.associate_access_policy, **{**within, "principalArn": ROLE + "2"})
    refused(GONE, "could not be found", EKS.associate_access_policy, **{**within, "principalArn": ROLE + "3"})
    first = EKS.associate_access_policy(**within)["associatedAccessPolicy"]
    again = EKS.associate_access_policy(**{**within, "accessScope": {"type": "cluster"}})["associatedAccessPolicy"]
    assert again["associatedAt"] == first["associatedAt"] and again["accessScope"]["type"] == "cluster", again
    assert EKS.list_access_entries(associatedPolicyArn=view, **ON)["accessEntries"] == [ROLE]
    EKS.disassociate_access_policy(policyArn=view, **entry)
    refused(GONE, "policyArn could not be found", EKS.disassociate_access_policy, policyArn=view, **entry)
    for principal in [ROLE, ROLE + "2"]:
        EKS.delete_access_entry(principalArn=principal, **ON)
    refused(GONE, "could not be found", EKS.delete_access_entry, **entry)


def identities():
    new = dict(namespace="n", serviceAccount="s.a", roleArn=ROLE, **ON)
    for text, wrong in [
        ("namespace 'N' is invalid", {"namespace": "N"}),
        ("serviceAccount '-' is invalid", {"serviceAccount": "-"}),
        ("roleArn: 'r' is no ARN", {"roleArn": "r"}),
        ("targetRoleArn: 'r' is no ARN", {"targetRoleArn": "r"}),
    ]:
        refused(BAD, text, EKS.create_pod_identity_association, **{**new, **wrong})
    made = EKS.create_pod_identity_association(**new)["association"]
    assert made["associationArn"] == f"{account()}:podidentityassociation/{CLUSTER}/{made['associationId']}", made
    assert "externalId" not in made and "ownerArn" not in made, made
    tagged(made["associationArn"], EKS.create_pod_identity_association, **{**new, "serviceAccount": "t"})
    refused(USED, made["associationId"], EKS.create_pod_identity_association, **new)
    which = dict(associationId=made["associationId"], **ON)
    refused(BAD, "is no ARN", EKS.update_pod_identity_association, roleArn="r", **which)
    changed = EKS.update_pod_identity_association(targetRoleArn=ROLE, disableSessionTags=True, **which)["association"]
    assert changed["externalId"] and changed["disableSessionTags"] is True, changed
    assert EKS.list_pod_identity_associations(namespace="other", **ON)["associations"] == []
    EKS.delete_pod_identity_association(**which)
    refused(GONE, "Unable to find", EKS.describe_pod_identity_association, **which)


def values(on):
    """Configuration values are held to the add-on's schema, and end up in its pods; hand edits are conflicts."""
    schema = json.loads(EKS.describe_addon_configuration(
        addonName="vpc-cni", addonVersion=EKS.describe_addon(**on)["addon"]["addonVersion"])["configurationSchema"])
    assert "env" in schema["properties"] and schema["additionalProperties"] is False, schema
    for text, wrong in [
        ("is not in valid format", "{"),
        ("[$.envs: is not defined in the schema", "envs: {}"),
        ("[$.env.A: array found, string or boolean or integer expected]", '{"env": {"A": []}}'),
    ]:
        refused(BAD, text, EKS.update_addon, configurationValues=wrong, **on)
        refused(BAD, text, EKS.create_addon, **{**on, "addonName": "vpc-cni"}, configurationValues=wrong)
    daemons = ["kubectl", "get", "daemonset", "aws-node", "-n", "kube-system", "-o", "json"]
    def pod():
        shown = json.loads(subprocess.run(daemons, check=True, capture_output=True).stdout)
        return shown["spec"]["template"]["spec"]
    def env():
        return {it["name"]: it.get("value") for it in pod()["containers"][0].get("env", [])}
    def update(status="Successful", **arguments):
        begun = EKS.update_addon(**arguments, **on)["update"]
        assert begun["status"] == "InProgress", begun
        while True:
            told = EKS.describe_update(name=CLUSTER, addonName="vpc-cni", updateId=begun["id"])["update"]
            if told["status"] != "InProgress":
                assert told["status"] == status, told
                return told["errors"]
            time.sleep(0.1)
    update(configurationValues="env:\n  WARM_IP_TARGET: 5\n")
    assert env() == {"WARM_IP_TARGET": "5"}, env()
    subprocess.run(["kubectl", "set", "env", "daemonset/aws-node", "-c", "aws-node", "-n", "kube-system",
                    "WARM_IP_TARGET=9", "MINE=1"], check=True, capture_output=True)
    wanted = '{"env": {"WARM_IP_TARGET": "6"}}'
    [error] = update("Failed", configurationValues=wanted, resolveConflicts="NONE")
    assert error["errorCode"] == "ConfigurationConflict", error
    path = '.spec.template.spec.containers[name="aws-node"].env[name="WARM_IP_TARGET"].value'
    assert error["errorMessage"].endswith(f"resolve conflicts mode. Conflicts: DaemonSet.apps aws-node - {path}"), error
    addon = EKS.describe_addon(**on)["addon"]
    assert addon["status"] == "UPDATE_FAILED" and "5" in addon["configurationValues"], addon
    assert addon["health"]["issues"][0]["code"] == "ConfigurationConflict", addon
    assert env() == {"WARM_IP_TARGET": "9", "MINE": "1"}, env()
    update(configurationValues=wanted, resolveConflicts="PRESERVE")
    assert env() == {"WARM_IP_TARGET": "9", "MINE": "1"}, env()
    update(configurationValues=wanted, resolveConflicts="OVERWRITE")
    assert env() == {"WARM_IP_TARGET": "6", "MINE": "1"}, env()
    assert EKS.describe_addon(**on)["addon"]["status"] == "ACTIVE"
    update(configurationValues="{}")
    assert env() == {"MINE": "1"}, env()


def addons():
    """Associations that come and go with their add-on."""
    on = dict(addonName="vpc-cni", **ON)
    wanted = [{"serviceAccount": "aws-node", "roleArn": ROLE}]
    refused(BAD, "is no ARN", EKS.create_addon, serviceAccountRoleArn="r", **on)
    refused(BAD, "is no ARN", EKS.create_addon, podIdentityAssociations=[{**wanted[0], "roleArn": "r"}], **on)
    made = EKS.create_addon(podIdentityAssociations=wanted, clientRequestToken="a", **on)["addon"]
    again = EKS.create_addon(podIdentityAssociations=wanted, clientRequestToken="a", **on)["addon"]
    assert made == again and made["status"] == "CREATING", (made, again)
    quick("addon_active", **on)
    [one] = EKS.list_pod_identity_associations(serviceAccount="aws-node", **ON)["associations"]
    assert one["ownerArn"] == made["addonArn"] and made["podIdentityAssociations"] == [one["associationArn"]], one
    assert one["namespace"] == "kube-system", one
    refused(USED, "Association already exists", EKS.create_addon, addonName="coredns", podIdentityAssociations=wanted, **ON)
    assert EKS.list_addons(**ON)["addons"] == ["vpc-cni"]
    update = EKS.update_addon(resolveConflicts="OVERWRITE", podIdentityAssociations=wanted, **on)["update"]
    params = {it["type"]: it["value"] for it in update["params"]}
    assert params["ResolveConflicts"] == "OVERWRITE" and json.loads(params["PodIdentityAssociations"]) == wanted, params
    quick("addon_active", **on)
    EKS.update_addon(configurationValues="{}", **on)
    assert len(EKS.describe_addon(**on)["addon"]["podIdentityAssociations"]) == 1
    quick("addon_active", **on)
    EKS.update_addon(podIdentityAssociations=[], **on)
    assert EKS.list_pod_identity_associations(**ON)["associations"] == []
    quick("addon_active", **on)
    EKS.update_addon(podIdentityAssociations=wanted, **on)
    quick("addon_active", **on)
    values(on)
    tagged(made["addonArn"], EKS.create_addon, addonName="coredns", **ON)
    EKS.delete_addon(**on)
    quick("addon_deleted", **on)
    assert EKS.list_pod_identity_associations(**ON)["associations"] == []
    refused(GONE, "No addon", EKS.update_addon, **on)


def found():
    return {it["name"]: it["insightStatus"]["status"] for it in EKS.list_insights(**ON)["insights"]}


def insights():
    names = found()
    for name in ["Kubelet version skew", "EKS add-on version compatibility", "Cluster health issues",
                 "Amazon Linux 2 compatibility"]:
        assert names[name] == "PASSING", names
    # It is nobody's add-on, and runs all the same.
    assert names["kube-proxy version skew"] == "PASSING", names
    EKS.create_nodegroup(nodegroupName="old", amiType="AL2_x86_64", subnets=group()["subnets"][:1], nodeRole=ROLE,
                         scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1}, **ON)
    # There are none of the next version.
    assert found()["Amazon Linux 2 compatibility"] == "ERROR"
    [one] = [it for it in EKS.list_insights(filter={"statuses": ["ERROR"]}, **ON)["insights"]]
    told = EKS.describe_insight(id=one["id"], **ON)["insight"]
    assert "/old/" in told["resources"][0]["arn"] and told["kubernetesVersion"] == "1.33", told
    quick("nodegroup_active", nodegroupName="old", **ON)
    EKS.delete_nodegroup(nodegroupName="old", **ON)
    quick("nodegroup_deleted", nodegroupName="old", **ON)


def modes():
    """A cluster that authenticates by its config map alone takes no access entries."""
    EKS.create_cluster(name="map", roleArn=ROLE, accessConfig={"authenticationMode": "CONFIG_MAP"},
                       resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]})
    quick("cluster_active", name="map")
    assert EKS.describe_cluster(name="map")["cluster"]["accessConfig"]["authenticationMode"] == "CONFIG_MAP"
    refused(STATE, "authentication mode", EKS.create_access_entry, principalArn=ROLE, clusterName="map")
    for text, wrong in [
        ("authenticationMode must be given", {"accessConfig": {}}),
        ("supportType must be given", {"upgradePolicy": {}}),
        ("endpoint access cannot be false", {"resourcesVpcConfig": {"endpointPublicAccess": False}}),
        ("at least two different AZs", {"resourcesVpcConfig": {"subnetIds": ["subnet-1"]}}),
    ]:
        refused(BAD, text, EKS.update_cluster_config, name="map", **wrong)
    EKS.update_cluster_config(name="map", accessConfig={"authenticationMode": "API"})
    refused(BAD, "mode update from API to CONFIG_MAP", EKS.update_cluster_config, name="map",
            accessConfig={"authenticationMode": "CONFIG_MAP"})
    EKS.create_access_entry(principalArn=ROLE, clusterName="map")
    EKS.delete_cluster(name="map")
    quick("cluster_deleted", name="map")


run([fargate, entries, identities, addons, insights, modes])
