//! What the service refuses before it does anything, over a real socket: requests that are signed for another service,
//! names of what is not there, values that cannot be. Nothing of it leaves anything behind.

use replank_server::model::Model;
use serde_json::{Value, json};

use crate::any_request::{encoded, everything};
use crate::served::Up;
use crate::tool::Scratch;
use crate::wire::{sent, signed, signed_for};

const ROLE: &str = "arn:aws:iam::111122223333:role/r";
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
const GET_PARAMETER: &[(&str, &str)] =
    &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AmazonSSM.GetParameter")];

/// A served world that stands still.
fn at_rest(scratch: &Scratch, flags: &str) -> Up {
    let up = Up::start(scratch.path(), &format!("--port 0 --kubernetes-port 0 {flags}"));
    up.says("world pause");
    up
}

/// Status, error and message of a request of EKS.
fn asked(up: &Up, (method, target): (&str, &str), body: &str) -> (u16, String, String) {
    let (status, error, said) = sent(up, &signed(up, method, target, body)).unwrap_or_default();
    let told: Value = serde_json::from_str(&said).unwrap_or_default();
    (status, error, told["message"].as_str().unwrap_or(&said).to_owned())
}

#[test]
fn a_signature_is_good_for_its_own_service_and_region() {
    let scratch = Scratch::new("rules-scope");
    let up = at_rest(&scratch, "");
    let here = up.told("AWS_REGION").to_owned();
    let before = everything(&up);
    let group = "/clusters/eks-workshop/node-groups/default";
    let caller = "Action=GetCallerIdentity&Version=2011-06-15";
    let requests = [
        ("eks", ("GET", "/clusters", ""), &[][..]),
        ("eks", ("DELETE", group, ""), &[]),
        ("eks", ("GET", "/clusters", ""), GET_PARAMETER),
        ("ssm", ("POST", "/", r#"{"Name":"/nothing"}"#), GET_PARAMETER),
        ("sts", ("POST", "/", caller), FORM),
        ("cloudformation", ("POST", "/", "Action=ListStacks&Version=2010-05-15"), FORM),
        ("ec2", ("POST", "/", "Action=DescribeLaunchTemplates&Version=2016-11-15"), FORM),
        ("autoscaling", ("POST", "/", "Action=DescribeAutoScalingGroups&Version=2011-01-01"), FORM),
        ("replank", ("GET", "/replank/v1/updates", ""), &[]),
    ];
    for (own, request, headers) in requests {
        let told = |scope| sent(&up, &signed_for(&up, scope, request, headers)).unwrap_or_default();
        for service in ["eks", "ssm", "sts", "cloudformation", "ec2", "autoscaling", "replank"] {
            if (service, request.0) == (own, "DELETE") {
                continue;
            }
            let found = told((service, &here));
            let is_refused = format!("{found:?}").contains(&format!("scoped to correct service: '{own}'."));
            assert_eq!(is_refused, service != own, "{request:?} signed for {service}: {found:?}");
            assert!(service == own || (400..500).contains(&found.0), "{request:?} {service}: {found:?}");
        }
        let elsewhere = told((own, "eu-south-2"));
        assert!(format!("{elsewhere:?}").contains("valid region"), "{request:?}: {elsewhere:?}");
    }
    for (service, target, body, headers) in [
        ("iam", "/", "Action=ListUsers&Version=2010-05-08", FORM),
        ("lambda", "/2015-03-31/functions", "", &[][..]),
    ] {
        let found = sent(&up, &signed_for(&up, (service, "us-east-1"), ("POST", target, body), headers));
        let found = found.unwrap_or_default();
        assert_eq!(found.0, 400, "{service}: {found:?}");
        let said = format!("The service {service} is not served by this endpoint. It serves eks, ssm");
        assert!(found.2.contains(&said), "{service}: {found:?}");
    }
    let volumes = "Action=DescribeVolumes&Version=2016-11-15";
    let found = sent(&up, &signed_for(&up, ("ec2", &here), ("POST", "/", volumes), FORM)).unwrap_or_default();
    assert!(found.2.contains("InvalidAction") && found.2.contains("DescribeLaunchTemplates"), "{found:?}");
    assert_eq!(everything(&up), before);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Every operation that names something in its path or its query, with whatever else is wrong with it.
#[test]
fn what_is_not_there_is_said_before_anything_else() {
    let scratch = Scratch::new("rules-existence");
    let up = at_rest(&scratch, "");
    let before = everything(&up);
    let arn = |resource: &str| format!("arn:aws:eks:{}:111122223333:{resource}", up.told("AWS_REGION"));
    let bodies =
        ["", "{}", "no JSON", "[]", r#"{"version":7,"tags":{"aws:x":""},"scalingConfig":{"minSize":-1}}"#];
    let mut count = 0;
    for (name, operation) in &Model::get().operations {
        let path = |cluster: &str| {
            let part = |part: &str| match part {
                "{name}" => cluster.to_owned(),
                "{resourceArn}" => encoded(&arn("nodegroup/eks-workshop/none/0")),
                part if part.starts_with('{') => "nothing".to_owned(),
                part => part.to_owned(),
            };
            operation.path.split('/').map(part).collect::<Vec<_>>().join("/")
        };
        let mut targets = vec![path("nowhere"), path("eks-workshop")];
        // Only what names something beside its cluster names something that is not there.
        targets.truncate(operation.path.matches('{').count());
        targets.extend(
            ["nodegroupName", "addonName"]
                .iter()
                .filter(|_| name == "ListUpdates")
                .map(|member| format!("{}?{member}=nothing&maxResults=500", path("eks-workshop"))),
        );
        for target in targets {
            for body in bodies {
                let found = asked(&up, (&operation.method, &target), body);
                let error = operation.errors.iter().find(|error| error.ends_with("NotFoundException"));
                let error = error.map_or("ResourceNotFoundException", String::as_str);
                assert_eq!((found.0, &*found.1), (404, error), "{name} {target} {body}: {found:?}");
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count}");
    assert_eq!(everything(&up), before);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A value laid over a good input, at a place in it.
fn with(good: &Value, place: &str, value: Value) -> String {
    let mut input = good.clone();
    let (at, name) = place.rsplit_once('/').unwrap_or_default();
    input.pointer_mut(at).expect("a place in it")[name] = value;
    input.to_string()
}

#[test]
fn values_that_cannot_be_are_refused_and_leave_nothing() {
    let scratch = Scratch::new("rules-values");
    let up = at_rest(&scratch, "");
    let before = everything(&up);
    let subnets = up.aws("eks describe-cluster --name CLUSTER", "cluster.resourcesVpcConfig.subnetIds");
    let subnets: Vec<&str> = subnets.split_whitespace().collect();
    let cluster = json!({
        "name": "c2", "roleArn": ROLE, "resourcesVpcConfig": { "subnetIds": ["subnet-1", "subnet-2"] },
        "kubernetesNetworkConfig": {}, "remoteNetworkConfig": {},
    });
    let group = json!({ "nodegroupName": "n", "nodeRole": ROLE, "subnets": subnets, "remoteAccess": {} });
    let profile = json!({ "fargateProfileName": "f", "podExecutionRoleArn": ROLE, "selectors": [{ "namespace": "n" }] });
    let network = json!({ "resourcesVpcConfig": {} });
    let key = |arn: &str| json!([{ "resources": ["secrets"], "provider": { "keyArn": arn } }]);
    let one = "/clusters/eks-workshop";
    let [groups, profiles, config] =
        ["node-groups", "fargate-profiles", "update-config"].map(|it| format!("{one}/{it}"));
    let access = json!({ "endpointPublicAccess": false });
    for (target, good, place, value) in [
        ("/clusters", &cluster, "/roleArn", json!("banana")),
        ("/clusters", &cluster, "/roleArn", json!(ROLE.replace("role", "user"))),
        ("/clusters", &cluster, "/resourcesVpcConfig/subnetIds", json!(["subnet-1", "subnet-1"])),
        ("/clusters", &cluster, "/resourcesVpcConfig/subnetIds", json!(["subnet-1", "banana"])),
        ("/clusters", &cluster, "/resourcesVpcConfig/securityGroupIds", json!(["banana"])),
        ("/clusters", &cluster, "/resourcesVpcConfig/publicAccessCidrs", json!(["10.0.0.0/8"])),
        ("/clusters", &cluster, "/resourcesVpcConfig/publicAccessCidrs", json!(["banana"])),
        ("/clusters", &cluster, "/resourcesVpcConfig/endpointPublicAccess", json!(false)),
        ("/clusters", &cluster, "/kubernetesNetworkConfig/serviceIpv4Cidr", json!("8.8.8.0/24")),
        ("/clusters", &cluster, "/remoteNetworkConfig/remoteNodeNetworks", json!([{ "cidrs": ["banana"] }])),
        ("/clusters", &cluster, "/encryptionConfig", key("arn:of:the:key")),
        ("/clusters", &cluster, "/version", json!("9.99")),
        (&groups, &group, "/nodeRole", json!("banana")),
        (&groups, &group, "/subnets", json!(["banana"])),
        (&groups, &group, "/subnets", json!(["subnet-0123456789abcdef0"])),
        (&groups, &group, "/remoteAccess/sourceSecurityGroups", json!(["banana"])),
        (&groups, &group, "/instanceTypes", json!(["m6g.large"])),
        (&groups, &group, "/instanceTypes", json!(["m5.large", "t4g.small"])),
        (&groups, &group, "/amiType", json!("AL2023_ARM_64_STANDARD")),
        (&profiles, &profile, "/podExecutionRoleArn", json!("banana")),
        (&profiles, &profile, "/subnets", json!(["banana"])),
        (&config, &network, "/resourcesVpcConfig", access),
        (&config, &network, "/resourcesVpcConfig/subnetIds", json!(["subnet-1", "banana"])),
        (&config, &network, "/resourcesVpcConfig/subnetIds", json!(["subnet-1"])),
        (&config, &network, "/resourcesVpcConfig/securityGroupIds", json!(["sg-1", "banana"])),
        (&config, &network, "/resourcesVpcConfig/publicAccessCidrs", json!(["192.0.2.0/24"])),
        (&config, &network, "/resourcesVpcConfig/publicAccessCidrs", json!(["::/0"])),
    ] {
        let body = with(good, place, value);
        let found = asked(&up, ("POST", target), &body);
        assert_eq!((found.0, &*found.1), (400, "InvalidParameterException"), "{target} {body}: {found:?}");
        assert_eq!(everything(&up), before, "{target} {body}");
    }
    let versions = "/addons/supported-versions?kubernetesVersion";
    assert_eq!(asked(&up, ("GET", &format!("{versions}=9.99")), "").1, "InvalidParameterException");
    assert_eq!(asked(&up, ("GET", &format!("{versions}=1.32")), "").0, 200);
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn lists_of_what_is_not_here_are_empty_and_quotas_are_set() {
    let scratch = Scratch::new("rules-quotas");
    let up = at_rest(&scratch, "--quota clusters=2 --quota nodegroups=1 --quota fargate-profiles=0");
    for (path, member) in [
        ("/clusters/eks-workshop/identity-provider-configs", "identityProviderConfigs"),
        ("/clusters/eks-workshop/capabilities", "capabilities"),
        ("/eks-anywhere-subscriptions", "subscriptions"),
    ] {
        let found = asked(&up, ("GET", path), "");
        let told: Value = serde_json::from_str(&found.2).unwrap_or_default();
        assert_eq!((found.0, told), (200, json!({ member: [] })), "{path}");
    }
    let subnets = up.aws("eks describe-cluster --name CLUSTER", "cluster.resourcesVpcConfig.subnetIds");
    let subnets: Vec<&str> = subnets.split_whitespace().collect();
    let cluster = |name: &str| json!({ "name": name, "roleArn": ROLE, "resourcesVpcConfig": { "subnetIds": ["subnet-1", "subnet-2"] } });
    let group = json!({ "nodegroupName": "n", "nodeRole": ROLE, "subnets": subnets });
    let profile = json!({ "fargateProfileName": "f", "podExecutionRoleArn": ROLE, "selectors": [{ "namespace": "n" }] });
    // What is not given beside something that is given is as EKS chooses it.
    let with_elastic = json!({ "elasticLoadBalancing": { "enabled": true } });
    let made =
        asked(&up, ("POST", "/clusters"), &with(&cluster("c2"), "/kubernetesNetworkConfig", with_elastic));
    let told: Value = serde_json::from_str(&made.2).unwrap_or_default();
    let chosen = json!({
        "serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4", "elasticLoadBalancing": { "enabled": true },
    });
    assert_eq!((made.0, &told["cluster"]["kubernetesNetworkConfig"]), (200, &chosen));
    for (target, body) in [
        ("/clusters", cluster("c3")),
        ("/clusters/eks-workshop/node-groups", group),
        ("/clusters/eks-workshop/fargate-profiles", profile),
    ] {
        let found = asked(&up, ("POST", target), &body.to_string());
        assert_eq!((found.0, &*found.1), (400, "ResourceLimitExceededException"), "{target}: {found:?}");
    }
    // The first group's scaling group is named as those of the others: after the group and its id.
    let group = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let arn = up.aws(group, "nodegroup.nodegroupArn");
    let scaling = up.aws(group, "nodegroup.resources.autoScalingGroups[0].name");
    let id = arn.rsplit('/').next().unwrap_or_default();
    assert_eq!((scaling, id.len()), (format!("eks-default-{id}"), 36));
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Parameters by version and by label, and what SSM calls the members of its errors.
#[test]
fn parameters_by_version_and_errors_as_ssm_spells_them() {
    let scratch = Scratch::new("rules-ssm");
    let up = at_rest(&scratch, "");
    let here = up.told("AWS_REGION");
    let call = |operation: &str, input: Value| {
        let target = format!("AmazonSSM.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &*target)];
        let request = ("POST", "/", &*input.to_string());
        let (status, _, said) =
            sent(&up, &signed_for(&up, ("ssm", here), request, &headers)).unwrap_or_default();
        (status, serde_json::from_str::<Value>(&said).unwrap_or_default())
    };
    let name = "/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended/image_id";
    let get = |name: &str| call("GetParameter", json!({ "Name": name }));
    let found = get(name).1["Parameter"].clone();
    let version = found["Version"].to_string();
    for (asked, selector) in [
        (format!("{name}:{version}"), json!(format!(":{version}"))),
        (format!("arn:aws:ssm:{here}::parameter{name}"), Value::Null),
        (format!("arn:aws:ssm:{here}::parameter{name}:{version}"), json!(format!(":{version}"))),
    ] {
        let (status, told) = get(&asked);
        let told = &told["Parameter"];
        assert_eq!((status, &told["Value"], &told["Name"]), (200, &found["Value"], &json!(name)), "{asked}");
        assert_eq!(told["Selector"], selector, "{asked}");
    }
    let page = call(
        "GetParametersByPath",
        json!({ "Path": "/aws/service/eks", "Recursive": true, "MaxResults": 1 }),
    )
    .1;
    let token = |path: &str| json!({ "Path": path, "Recursive": true, "NextToken": page["NextToken"] });
    assert_eq!(call("GetParametersByPath", token("/aws/service/eks")).0, 200);
    let filters = json!({ "Path": "/aws", "ParameterFilters": [{ "Key": "Type", "Values": ["String"] }] });
    for (operation, input, error, member) in [
        ("GetParameter", json!({ "Name": format!("{name}:99") }), "ParameterVersionNotFound", "message"),
        ("GetParameter", json!({ "Name": format!("{name}:mine") }), "ParameterVersionNotFound", "message"),
        ("GetParameter", json!({ "Name": "/nothing" }), "ParameterNotFound", "message"),
        ("GetParametersByPath", token("/aws/service/bottlerocket"), "InvalidNextToken", "Message"),
        ("GetParametersByPath", json!({ "Path": "/aws", "NextToken": "x" }), "InvalidNextToken", "Message"),
        ("GetParametersByPath", filters, "InvalidFilterKey", ""),
    ] {
        let (status, told) = call(operation, input.clone());
        let mut members: Vec<&str> =
            told.as_object().into_iter().flatten().map(|(name, _)| &**name).collect();
        members.retain(|name| *name != "__type");
        let wanted: Vec<&str> = Some(member).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(
            (status, &told["__type"], members),
            (400, &json!(error), wanted),
            "{operation} {input}: {told}"
        );
    }
    assert_eq!(up.end("-TERM"), Some(0));
}
