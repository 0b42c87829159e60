//! `CloudFormation`, as far as an unmodified `eksctl` asks before it works on a cluster that it did not create.

use crate::wire::{Reply, Request};
use crate::{sts, uri};

/// Answers a request: there are no stacks.
pub(crate) fn cloudformation(request: &Request) -> Reply {
    let given = parameters(request);
    match value(&given, "Action") {
        "ListStacks" => Reply::xml(
            200,
            format!(
                "<ListStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <ListStacksResult><StackSummaries/></ListStacksResult><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></ListStacksResponse>",
                replank_service::uuid()
            ),
        ),
        "DescribeStacks" if value(&given, "StackName").is_empty() => Reply::xml(
            200,
            format!(
                "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <DescribeStacksResult><Stacks/></DescribeStacksResult><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></DescribeStacksResponse>",
                replank_service::uuid()
            ),
        ),
        "DescribeStacks" => {
            let name = value(&given, "StackName");
            sts::error(400, "ValidationError", &format!("Stack with id {name} does not exist"))
        }
        action => {
            let said =
                format!("Could not find operation {action}. Served here are ListStacks and DescribeStacks.");
            sts::error(400, "InvalidAction", &said)
        }
    }
}

fn parameters(request: &Request) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    uri::parameters(&request.query).chain(uri::form(&body)).collect()
}

fn value<'a>(given: &'a [(String, String)], name: &str) -> &'a str {
    given.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}
