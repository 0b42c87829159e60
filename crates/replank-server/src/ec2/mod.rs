//! EC2, as far as groups of nodes need it: launch templates, instances. Query protocol, version 2016-11-15.

mod data;
mod describe;
mod failure;
mod images;
mod instances;
mod network;
mod pages;
mod types;
mod write;

use replank_service::ports::Account;
use replank_service::ports::launch_templates::OwnTemplate;

use crate::app::App;
use crate::given::Given;
use crate::wire::{Reply, Request};
pub(crate) use failure::Ec2Error;

/// XML namespace of responses.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Every operation that is served, by name.
pub(crate) const OPERATIONS: [&str; 15] = [
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "DeleteLaunchTemplate",
    "DeleteLaunchTemplateVersions",
    "DescribeAvailabilityZones",
    "DescribeImages",
    "DescribeInstanceTypeOfferings",
    "DescribeInstanceTypes",
    "DescribeInstances",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeSubnets",
    "DescribeVpcs",
    "GetConsoleOutput",
    "ModifyLaunchTemplate",
];

/// Answers a call of the query protocol in XML, refusals too.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let given = Given::read(request);
    let action = given.text("Action");
    let done = if given.text("DryRun") == "true" {
        let said = "Request would have succeeded, but DryRun flag is set.";
        Err(Ec2Error { status: 412, ..Ec2Error::new("DryRunOperation", said) })
    } else {
        match action {
            "CreateLaunchTemplate" => write::create(app, &given).await,
            "CreateLaunchTemplateVersion" => write::add(app, &given).await,
            "DeleteLaunchTemplate" => write::delete(app, &given).await,
            "DeleteLaunchTemplateVersions" => write::delete_versions(app, &given).await,
            "DescribeLaunchTemplates" => describe::templates(app, &given).await,
            "DescribeLaunchTemplateVersions" => describe::versions(app, &given).await,
            "DescribeAvailabilityZones" => network::zones(app, &given).await,
            "DescribeImages" => images::describe(app, &given).await,
            "DescribeInstanceTypeOfferings" => types::offerings(app, &given).await,
            "DescribeInstanceTypes" => types::describe(app, &given).await,
            "DescribeInstances" => instances::describe(app, &given).await,
            "DescribeSubnets" => network::subnets(app, &given).await,
            "DescribeVpcs" => network::vpcs(app, &given).await,
            "GetConsoleOutput" => instances::console(app, &given).await,
            "ModifyLaunchTemplate" => write::modify(app, &given).await,
            _ => {
                let served = OPERATIONS.join(", ");
                let said = format!(
                    "The action {action} is not valid for this web service. Served here are {served}."
                );
                Err(Ec2Error::new("InvalidAction", said))
            }
        }
    };
    match done {
        Ok(inner) => {
            let id = replank_service::uuid();
            let opening = format!("<{action}Response xmlns=\"{NAMESPACE}\"><requestId>{id}</requestId>");
            Reply::xml(200, format!("{opening}{inner}</{action}Response>"))
        }
        Err(failure) => failure.reply(),
    }
}

/// Runs an operation on launch templates that comes from inside.
pub(crate) async fn call<A: Account>(
    app: &App<A>,
    operation: &str,
    given: Vec<(String, String)>,
) -> Result<OwnTemplate, Ec2Error> {
    let given = Given::pairs(given);
    if operation == "CreateLaunchTemplate" {
        return write::created(app, &given).await;
    }
    if operation == "CreateLaunchTemplateVersion" {
        return write::added(app, &given).await.map(|(after, _)| after);
    }
    if operation == "DeleteLaunchTemplate" {
        return write::deleted(app, &given).await;
    }
    write::known(app, &given).await
}

#[cfg(test)]
mod tests {
    use super::OPERATIONS;

    #[test]
    fn the_list_is_that_of_the_dispatch() {
        let here = include_str!("mod.rs");
        let arms = here.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
        let mut arms: Vec<&str> = arms.map(|(name, _)| name).collect();
        arms.sort_unstable();
        assert_eq!(arms, OPERATIONS);
    }
}
