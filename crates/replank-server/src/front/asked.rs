//! Which service a request is for, judged by path, target header and version of the query protocol, not by its
//! signature.

use crate::uri;
use crate::wire::Request;

/// The services of this endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Eks,
    /// SSM's parameter store.
    Ssm,
    Sts,
    CloudFormation,
    Ec2,
    /// EC2 Auto Scaling.
    AutoScaling,
    /// Our own API.
    Replank,
}

impl Service {
    pub(super) const ALL: [Self; 7] =
        [Self::Eks, Self::Ssm, Self::Sts, Self::CloudFormation, Self::Ec2, Self::AutoScaling, Self::Replank];

    /// Its name in the scope of a signature.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::CloudFormation => "cloudformation",
            Self::Ec2 => "ec2",
            Self::AutoScaling => "autoscaling",
            Self::Replank => "replank",
        }
    }

    /// The service of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The service that a request is for; `None` where nothing tells.
    pub(super) fn asked(request: &Request) -> Option<Self> {
        match &*request.path {
            "" | "/" => {}
            path if path.starts_with("/replank/") => return Some(Self::Replank),
            _ => return Some(Self::Eks),
        }
        if let Some(target) = request.header("x-amz-target") {
            return target.starts_with("AmazonSSM.").then_some(Self::Ssm);
        }
        match &*version(request)? {
            "2011-06-15" => Some(Self::Sts),
            "2010-05-15" => Some(Self::CloudFormation),
            "2016-11-15" => Some(Self::Ec2),
            "2011-01-01" => Some(Self::AutoScaling),
            _ => None,
        }
    }
}

/// Whether a request speaks one of the query protocols.
pub(super) fn is_query(request: &Request) -> bool {
    let kind = request.header("content-type").unwrap_or("");
    kind.starts_with("application/x-www-form-urlencoded") || request.query.contains("Action=")
}

/// The version of the query protocol that a request names.
fn version(request: &Request) -> Option<String> {
    let body = String::from_utf8_lossy(&request.body);
    let mut given = uri::parameters(&request.query).chain(uri::form(&body));
    given.find(|(name, _)| name == "Version").map(|(_, version)| version)
}
