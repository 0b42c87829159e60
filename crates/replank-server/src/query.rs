//! The query protocols (`CloudFormation`, EC2): what an unmodified `eksctl` asks before it works on a cluster that was
//! not made by it.

use replank_engine::ports::account::Account;

use crate::app::{self, App};
use crate::sts;
use crate::uri;
use crate::wire::{Reply, Request};

/// Answers a request to `CloudFormation`: no stacks are known here.
pub(crate) fn cloudformation(request: &Request) -> Reply {
    let given = parameters(request);
    match value(&given, "Action") {
        "ListStacks" => Reply::xml(
            200,
            format!(
                "<ListStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <ListStacksResult><StackSummaries/></ListStacksResult><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></ListStacksResponse>",
                app::uuid()
            ),
        ),
        "DescribeStacks" if value(&given, "StackName").is_empty() => Reply::xml(
            200,
            format!(
                "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <DescribeStacksResult><Stacks/></DescribeStacksResult><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></DescribeStacksResponse>",
                app::uuid()
            ),
        ),
        "DescribeStacks" => {
            let name = value(&given, "StackName");
            sts::error(400, "ValidationError", &format!("Stack with id {name} does not exist"))
        }
        action => sts::error(400, "InvalidAction", &format!("Could not find operation {action}")),
    }
}

/// Answers a request to EC2: the versions of a launch template.
pub(crate) async fn ec2<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let given = parameters(request);
    let action = value(&given, "Action");
    if action != "DescribeLaunchTemplateVersions" {
        let said = format!("The action {action} is not valid for this web service.");
        return ec2_error("InvalidAction", &said);
    }
    let id = value(&given, "LaunchTemplateId");
    let wanted: Vec<&str> = given
        .iter()
        .filter(|(name, _)| name.starts_with("LaunchTemplateVersion."))
        .map(|(_, version)| version.as_str())
        .collect();
    let versions = match app.account.template_versions(id).await {
        Ok(versions) if !versions.is_empty() => versions,
        Ok(_) => {
            let said = format!("The specified launch template, with template ID {id}, does not exist.");
            return ec2_error("InvalidLaunchTemplateId.NotFound", &said);
        }
        Err(error) => return ec2_error("InternalError", &error.to_string()),
    };
    let newest = versions.keys().next_back().copied().unwrap_or_default();
    let asked = |number: u64| {
        wanted.is_empty()
            || wanted.iter().any(|it| match *it {
                "$Latest" => number == newest,
                "$Default" => number == 1,
                it => it.parse() == Ok(number),
            })
    };
    let items = versions.iter().rev().filter(|(number, _)| asked(**number)).map(|(number, it)| {
        format!(
            "<item><launchTemplateId>{}</launchTemplateId><versionNumber>{number}</versionNumber><defaultVersion>{}\
             </defaultVersion><launchTemplateData><imageId>{}</imageId><instanceType>{}</instanceType>\
             </launchTemplateData></item>",
            sts::escaped(id),
            *number == 1,
            sts::escaped(&it.image),
            sts::escaped(&it.instance_type),
        )
    });
    Reply::xml(
        200,
        format!(
            "<DescribeLaunchTemplateVersionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>\
             {}</requestId><launchTemplateVersionSet>{}</launchTemplateVersionSet>\
             </DescribeLaunchTemplateVersionsResponse>",
            app::uuid(),
            items.collect::<String>()
        ),
    )
}

fn ec2_error(code: &str, message: &str) -> Reply {
    let (code, message) = (sts::escaped(code), sts::escaped(message));
    Reply::xml(
        400,
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>{}\
             </RequestID></Response>",
            app::uuid()
        ),
    )
}

fn parameters(request: &Request) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    uri::parameters(&request.query).chain(uri::form(&body)).collect()
}

fn value<'a>(given: &'a [(String, String)], name: &str) -> &'a str {
    given.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}
