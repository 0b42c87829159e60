//! EC2, as far as groups of nodes need it: launch templates, instances. Query protocol, version 2016-11-15.

mod data;
mod describe;
mod failure;
mod instances;
mod pages;
mod write;

use replank_service::ports::Account;

use crate::app::App;
use crate::given::Given;
use crate::wire::{Reply, Request};
use failure::Failure;

/// XML namespace of responses.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Answers a request.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let given = Given::read(request);
    let action = given.text("Action");
    let done = if given.text("DryRun") == "true" {
        let said = "Request would have succeeded, but DryRun flag is set.";
        Err(Failure { status: 412, ..Failure::new("DryRunOperation", said) })
    } else {
        match action {
            "CreateLaunchTemplate" => write::create(app, &given).await,
            "CreateLaunchTemplateVersion" => write::add(app, &given).await,
            "DeleteLaunchTemplate" => write::delete(app, &given).await,
            "DeleteLaunchTemplateVersions" => write::delete_versions(app, &given).await,
            "DescribeLaunchTemplates" => describe::templates(app, &given).await,
            "DescribeLaunchTemplateVersions" => describe::versions(app, &given).await,
            "DescribeInstances" => instances::describe(app, &given).await,
            "GetConsoleOutput" => instances::console(app, &given).await,
            "ModifyLaunchTemplate" => write::modify(app, &given).await,
            _ => {
                let said = format!(
                    "The action {action} is not valid for this web service. Served here are those of launch \
                     templates: Create, Describe, Modify, Delete, and their versions."
                );
                Err(Failure::new("InvalidAction", said))
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
