//! EC2, as far as node groups need it: launch templates. Query protocol, version 2016-11-15.

mod data;
mod describe;
mod failure;
mod pages;
mod write;

use replank_service::ports::Account;

use crate::app::App;
use crate::uri;
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

/// Parameters of a request.
#[derive(Debug)]
pub(super) struct Given(Vec<(String, String)>);

impl Given {
    fn read(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Self(uri::parameters(&request.query).chain(uri::form(&body)).collect())
    }

    /// Value of a parameter; empty when absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Value of a parameter; `None` when absent or empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Everything that narrows a list, as a text; page size and token are left out.
    pub(super) fn list_asked(&self) -> String {
        let apart = ["NextToken", "MaxResults"];
        let mut narrowed: Vec<_> = self.0.iter().filter(|(name, _)| !apart.contains(&&**name)).collect();
        narrowed.sort();
        format!("{narrowed:?}")
    }

    /// Values of a numbered list, in order.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.");
        let number = |key: &String| key.strip_prefix(&prefix)?.parse::<u32>().ok();
        let mut found: Vec<(u32, &str)> =
            self.0.iter().filter_map(|(key, value)| Some((number(key)?, &**value))).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// A structure, or a list of structures.
    pub(super) fn structure(&self, name: &str) -> Option<serde_json::Value> {
        data::below(&self.0, name)
    }
}
