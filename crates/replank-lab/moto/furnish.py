"""Makes what an operator has before an update: a VPC with a subnet in each zone, a security group, what instances are
launched from, and an Auto Scaling group of it. Speaks boto3, unmodified, to the endpoint in the environment.

Usage: furnish.py WANTED, a JSON object (`Group` in src/aws/group.rs); prints what it made as one.
"""
import base64
import json
import sys

import boto3

wanted = json.loads(sys.argv[1])
ec2, scaling = boto3.client("ec2"), boto3.client("autoscaling")
name, cluster = wanted["name"], wanted["cluster"]
owned = {"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}


def tagged(kind, label):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": label}, owned]}]


# Groups of one cluster share its network.
mine = [{"Name": f"tag:{owned['Key']}", "Values": ["owned"]}]
found = ec2.describe_vpcs(Filters=mine)["Vpcs"]
if found:
    vpc = found[0]["VpcId"]
    security = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
else:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", cluster))["Vpc"]["VpcId"]
    security = ec2.create_security_group(
        GroupName=f"{cluster}-nodes", Description="nodes", VpcId=vpc,
        TagSpecifications=tagged("security-group", f"{cluster}-nodes"))["GroupId"]
there = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets(Filters=mine)["Subnets"]}
for zone in wanted["zones"]:
    if zone not in there:
        # Every subnet has 256 addresses, by the letter of its zone, so that no two nodes have one name.
        block = f"10.0.{ord(zone[-1]) - ord('a') + 1}.0/24"
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone,
                                 TagSpecifications=tagged("subnet", f"{cluster}-{zone}"))
        there[zone] = made["Subnet"]["SubnetId"]
subnets = [there[zone] for zone in wanted["zones"]]

user_data = f"MIME-Version: 1.0\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster: {{name: {cluster}}}\n"
devices = [{"DeviceName": "/dev/xvda",
            "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "DeleteOnTermination": True}}]
launch, template = {}, None
if wanted["launches"] == "configuration":
    scaling.create_launch_configuration(
        LaunchConfigurationName=name, ImageId=wanted["image"], InstanceType=wanted["instance_type"],
        SecurityGroups=[security], UserData=user_data, BlockDeviceMappings=devices)
    launch["LaunchConfigurationName"] = name
else:
    data = {
        "ImageId": wanted["image"], "InstanceType": wanted["instance_type"],
        "SecurityGroupIds": [security], "BlockDeviceMappings": devices,
        "UserData": base64.b64encode(user_data.encode()).decode(),
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "shop"}]}],
    }
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    spec = {"LaunchTemplateId": template, "Version": wanted["version"]}
    if wanted["launches"] == "mixed":
        types = [{"InstanceType": kind} for kind in wanted["overrides"]]
        launch["MixedInstancesPolicy"] = {
            "LaunchTemplate": {"LaunchTemplateSpecification": spec, "Overrides": types},
            "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 100}}
    else:
        launch["LaunchTemplate"] = spec

tags = [owned, {"Key": "Name", "Value": f"{cluster}-{name}"},
        {"Key": "k8s.io/cluster-autoscaler/enabled", "Value": "true"},
        {"Key": f"k8s.io/cluster-autoscaler/{cluster}", "Value": "owned"}]
scaling.create_auto_scaling_group(
    AutoScalingGroupName=name, MinSize=wanted["min"], MaxSize=wanted["max"], DesiredCapacity=wanted["desired"],
    VPCZoneIdentifier=",".join(subnets), **launch,
    Tags=[{**tag, "PropagateAtLaunch": True, "ResourceId": name, "ResourceType": "auto-scaling-group"} for tag in tags])
print(json.dumps({"vpc": vpc, "subnets": subnets, "security_group": security, "template": template}))
