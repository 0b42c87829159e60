//! Types that nothing here follows: they are kept and shown, with ids and attributes such as the service would give.

use replank_core::draw::stable_hash;
use serde_json::{Map, Value};

use super::property::text;
use super::{Act, Begun, Job, Outcome};
use crate::made::Made;
use crate::port::Api;

/// How the physical ids of a type look.
#[derive(Clone, Copy, Debug)]
enum Id {
    /// A prefix and 17 hexadecimal digits (EC2).
    Digits(&'static str),
    /// A name: the value of this property, or one made up.
    Name(&'static str),
    /// The same, as the ARN of this resource of a service.
    Arn(&'static str, &'static str),
    /// A public address (`AWS::EC2::EIP`).
    Address,
}

/// The types that eksctl's templates carry beside those of EKS, and what else stands beside node groups.
const KINDS: &[(&str, Id)] = &[
    ("AWS::CloudFormation::WaitConditionHandle", Id::Name("")),
    ("AWS::EC2::EIP", Id::Address),
    ("AWS::EC2::EgressOnlyInternetGateway", Id::Digits("eigw")),
    ("AWS::EC2::InternetGateway", Id::Digits("igw")),
    ("AWS::EC2::NatGateway", Id::Digits("nat")),
    ("AWS::EC2::PlacementGroup", Id::Name("GroupName")),
    ("AWS::EC2::Route", Id::Name("")),
    ("AWS::EC2::RouteTable", Id::Digits("rtb")),
    ("AWS::EC2::SecurityGroup", Id::Digits("sg")),
    ("AWS::EC2::SecurityGroupEgress", Id::Digits("sgr")),
    ("AWS::EC2::SecurityGroupIngress", Id::Digits("sgr")),
    ("AWS::EC2::Subnet", Id::Digits("subnet")),
    ("AWS::EC2::SubnetRouteTableAssociation", Id::Digits("rtbassoc")),
    ("AWS::EC2::VPC", Id::Digits("vpc")),
    ("AWS::EC2::VPCCidrBlock", Id::Digits("vpc-cidr-assoc")),
    ("AWS::EC2::VPCEndpoint", Id::Digits("vpce")),
    ("AWS::EC2::VPCGatewayAttachment", Id::Name("")),
    ("AWS::Events::Rule", Id::Name("Name")),
    ("AWS::IAM::InstanceProfile", Id::Name("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Id::Arn("iam", "policy")),
    ("AWS::IAM::OIDCProvider", Id::Arn("iam", "oidc-provider")),
    ("AWS::IAM::Policy", Id::Name("")),
    ("AWS::IAM::Role", Id::Name("RoleName")),
    ("AWS::SQS::Queue", Id::Name("QueueName")),
    ("AWS::SQS::QueuePolicy", Id::Name("")),
    ("AWS::SSM::Parameter", Id::Name("Name")),
];

/// The types.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// Whether a type is kept.
pub(super) fn is_kept(kind: &str) -> bool {
    kinds().any(|it| it == kind)
}

/// A name as CloudFormation makes one up: `<stack>-<logical id>-<letters>`, the same for the same request.
pub(super) fn made_up(job: &Job<'_>) -> String {
    let letters = letters(&job.token, 12, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    let (stack, logical) = (job.stack, job.logical);
    // Names of node groups, the shortest that are made up, have at most 63 letters.
    let room = 63 - 2 - letters.len();
    let logical: String = logical.chars().take(room - room / 2).collect();
    let stack: String = stack.chars().take(room - logical.len()).collect();
    format!("{stack}-{logical}-{letters}")
}

/// Keeps a resource; all is done at once.
pub(super) fn begin<P: Api>(api: &P, job: &Job<'_>) -> Begun {
    if job.act == Act::Delete {
        return Begun::Done(Box::default());
    }
    let account = &api.identity().account;
    let id = KINDS.iter().find(|(kind, _)| *kind == job.kind).map(|(_, id)| *id);
    let own = |member: &str| text(&job.new[member]).filter(|_| !member.is_empty());
    let physical = match (job.physical, id) {
        (Some(known), _) => known.to_owned(),
        (None, Some(Id::Digits(prefix))) => {
            format!("{prefix}-{}", letters(&job.token, 17, b"0123456789abcdef"))
        }
        (None, Some(Id::Name(member))) => own(member).unwrap_or_else(|| made_up(job)),
        (None, Some(Id::Arn(service, what))) => {
            let name = own("ManagedPolicyName").or_else(|| own("Url")).unwrap_or_else(|| made_up(job));
            format!("arn:aws:{service}::{account}:{what}/{}", name.trim_start_matches("https://"))
        }
        (None, Some(Id::Address)) => {
            let hash = stable_hash(job.token.bytes());
            format!("203.0.113.{}", hash % 254 + 1)
        }
        (None, None) => made_up(job),
    };
    let attributes = attributes(api, job, &physical);
    Begun::Done(Box::new(Outcome { made: Made { reference: physical.clone(), attributes }, physical }))
}

fn attributes<P: Api>(api: &P, job: &Job<'_>, physical: &str) -> Map<String, Value> {
    let (account, region) = (&api.identity().account, &api.identity().region);
    let path = text(&job.new["Path"]).unwrap_or_else(|| "/".into());
    let iam = |what: &str| format!("arn:aws:iam::{account}:{what}{path}{physical}");
    let digits = |prefix: &str| {
        format!("{prefix}-{}", letters(&format!("{prefix} {physical}"), 17, b"0123456789abcdef"))
    };
    let own = |member: &str| text(&job.new[member]).unwrap_or_default();
    let found: Vec<(&str, String)> = match job.kind {
        "AWS::IAM::Role" => {
            vec![("Arn", iam("role")), ("RoleId", letters(physical, 21, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
        }
        "AWS::IAM::InstanceProfile" => vec![("Arn", iam("instance-profile"))],
        "AWS::IAM::ManagedPolicy" => vec![("PolicyArn", physical.into()), ("PolicyId", physical.into())],
        "AWS::IAM::OIDCProvider" => vec![("Arn", physical.into())],
        "AWS::EC2::EIP" => vec![("AllocationId", digits("eipalloc")), ("PublicIp", physical.into())],
        "AWS::EC2::SecurityGroup" => {
            vec![("GroupId", physical.into()), ("Id", physical.into()), ("VpcId", own("VpcId"))]
        }
        "AWS::EC2::Subnet" => vec![
            ("SubnetId", physical.into()),
            ("AvailabilityZone", own("AvailabilityZone")),
            ("CidrBlock", own("CidrBlock")),
            ("VpcId", own("VpcId")),
        ],
        "AWS::EC2::VPC" => vec![
            ("VpcId", physical.into()),
            ("CidrBlock", own("CidrBlock")),
            ("DefaultSecurityGroup", digits("sg")),
            ("DefaultNetworkAcl", digits("acl")),
        ],
        "AWS::EC2::NatGateway" => vec![("NatGatewayId", physical.into())],
        "AWS::EC2::InternetGateway" => vec![("InternetGatewayId", physical.into())],
        "AWS::EC2::RouteTable" => vec![("RouteTableId", physical.into())],
        "AWS::SQS::Queue" => vec![
            ("Arn", format!("arn:aws:sqs:{region}:{account}:{physical}")),
            ("QueueName", physical.into()),
        ],
        "AWS::Events::Rule" => vec![("Arn", format!("arn:aws:events:{region}:{account}:rule/{physical}"))],
        "AWS::SSM::Parameter" => vec![("Type", own("Type")), ("Value", own("Value"))],
        _ => Vec::new(),
    };
    let mut found: Map<String, Value> =
        found.into_iter().map(|(name, it)| (name.to_owned(), it.into())).collect();
    if job.kind == "AWS::EC2::VPC" {
        found.insert("CidrBlockAssociations".into(), Value::Array(Vec::new()));
        found.insert("Ipv6CidrBlocks".into(), Value::Array(Vec::new()));
    }
    found
}

/// Letters that a text decides.
fn letters(text: &str, count: usize, from: &[u8]) -> String {
    let letter = |at: usize| {
        let hash = stable_hash(format!("{text} {at}").bytes());
        char::from(from[(hash % from.len() as u64) as usize])
    };
    (0..count).map(letter).collect()
}
