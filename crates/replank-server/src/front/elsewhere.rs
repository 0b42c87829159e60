//! The error for services that are not served here, in the protocol of the request.

use serde_json::json;

use super::asked::{self, Service};
use crate::sts;
use crate::wire::{Reply, Request};
use crate::xml::escaped;

/// The response to a request that is signed for another service. Clients do not repeat requests after these errors.
pub(super) fn reply(request: &Request, service: &str) -> Reply {
    let said = said(service);
    if service == "s3" {
        let body = format!("<Error><Code>NotImplemented</Code><Message>{}</Message></Error>", escaped(&said));
        return Reply::xml(400, body);
    }
    if asked::is_query(request) {
        return sts::error(400, "InvalidAction", &said);
    }
    let code = "UnknownOperationException";
    let body = json!({ "__type": code, "message": said }).to_string();
    let content_type = match request.header("x-amz-target") {
        Some(_) => crate::ssm::CONTENT_TYPE,
        None => "application/json",
    };
    Reply { status: 400, content_type, error: Some(code.to_owned()), body }
}

/// The message; `service` is from the scope of a valid signature.
fn said(service: &str) -> String {
    let here = Service::ALL.map(what).join(", ");
    format!("The service {service} is not served by this endpoint. It serves {here}.")
}

/// A service of this endpoint, with what of it is served.
fn what(service: Service) -> &'static str {
    match service {
        Service::Eks => "eks",
        Service::Ssm => "ssm (public parameters)",
        Service::Sts => "sts (GetCallerIdentity)",
        Service::CloudFormation => "cloudformation",
        Service::Ec2 => "ec2 (launch templates, instances, images)",
        Service::AutoScaling => "autoscaling",
        Service::Replank => "replank",
    }
}
