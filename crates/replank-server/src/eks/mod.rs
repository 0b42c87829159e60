//! EKS: each operation in a file of its own. The table below says what every operation of the service's model does
//! here; what is not in it does not exist.

mod describe_cluster;
mod describe_nodegroup;
mod describe_update;
mod failure;
mod input;
mod list_clusters;
mod list_nodegroups;
mod list_updates;
mod page;
mod params;
pub mod record;
pub mod support;
mod token;
mod update_nodegroup_version;
mod versions;

use replank_engine::ports::account::Account;
use serde_json::Value;

pub use failure::{Exception, Failure};
pub use input::Input;
pub(crate) use token::forget_old as forget_old_tokens;

use crate::app::App;
use crate::model::{Model, Unreadable};
use crate::wire::{Reply, Request};

/// Answers a request.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let model = Model::get();
    let Some(routed) = model.route(request.method.as_str(), &request.path) else {
        let failure =
            Failure::new(Exception::UnknownOperation, "there is no operation at this method and path");
        return failure.reply();
    };
    let outcome = match model.read(&routed, &request.query, &request.body) {
        Ok(given) => run(app, routed.name, &Input::new(routed.name, given)).await,
        Err(Unreadable::Serialization(said)) => Err(Failure::new(Exception::Serialization, said)),
        Err(Unreadable::Invalid(breaks)) => {
            let count = breaks.len();
            let noun = if count == 1 { "error" } else { "errors" };
            let said = format!("{count} validation {noun} detected: {}", breaks.join("; "));
            Err(Failure::invalid_for(routed.operation, said))
        }
    };
    match outcome {
        Ok(output) => Reply::json(200, output.to_string()),
        Err(failure) => failure.reply(),
    }
}

/// Runs an operation on input that the model has checked.
async fn run<A: Account>(app: &App<A>, operation: &str, input: &Input) -> Result<Value, Failure> {
    match operation {
        "DescribeCluster" => describe_cluster::run(app, input).await,
        "DescribeNodegroup" => describe_nodegroup::run(app, input),
        "DescribeUpdate" => describe_update::run(app, input),
        "ListClusters" => list_clusters::run(app, input),
        "ListNodegroups" => list_nodegroups::run(app, input),
        "ListUpdates" => list_updates::run(app, input),
        "UpdateNodegroupVersion" => update_nodegroup_version::run(app, input).await,
        _ => Err(support::refusal(operation)),
    }
}
