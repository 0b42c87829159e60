//! The one door: a request is verified and handed to the service that it is signed for.

use jiff::Timestamp;
use replank_engine::ports::account::Account;
use serde_json::json;

use crate::app::{self, App};
use crate::auth::{self, Caller, Refusal};
use crate::control::Whole;
use crate::wire::{Reply, Request};
use crate::{control, ec2, eks, query, ssm, sts};

/// The services that are here.
const SERVICES: &str = "'eks', 'ssm', 'sts', 'cloudformation', 'ec2' or 'replank'";

/// Answers a request.
pub async fn answer<A: Whole>(app: &App<A>, request: &Request) -> Reply {
    match verified(app, request, app::now()) {
        Ok(caller) => match &*caller.service {
            "eks" => eks::answer(app, request).await,
            "ssm" => ssm::answer(app, request).await,
            "replank" => control::answer(app, request).await,
            "cloudformation" => query::cloudformation(request),
            "ec2" => ec2::answer(app, request).await,
            "sts" => sts::answer(app, request, &caller),
            _ => refuse(request, &Refusal::OtherService { here: SERVICES }),
        },
        Err(refusal) => refuse(request, &refusal),
    }
}

fn verified<A: Account>(app: &App<A>, request: &Request, now: Timestamp) -> Result<Caller, Refusal> {
    let caller = auth::verify(request, &app.keyring, now)?;
    let here = &app.identity.region;
    // STS has a global endpoint that is signed for `us-east-1`.
    let is_global = caller.service == "sts" && caller.region == "us-east-1";
    if caller.region != *here && !is_global {
        return Err(Refusal::OtherRegion { here: here.clone() });
    }
    Ok(caller)
}

/// A refusal in the protocol that the request seems to speak.
fn refuse(request: &Request, refusal: &Refusal) -> Reply {
    let message = refusal.message();
    let kind = request.header("content-type").unwrap_or("");
    if kind.starts_with("application/x-www-form-urlencoded") || request.query.contains("Action=") {
        return sts::error(403, refusal.query_code(), &message);
    }
    if request.header("x-amz-target").is_some() {
        let body = json!({ "__type": refusal.code(), "message": message });
        return Reply { status: 400, content_type: ssm::CONTENT_TYPE, error: None, body: body.to_string() };
    }
    let mut reply = Reply::json(403, json!({ "message": message }).to_string());
    reply.error = Some(refusal.code().to_owned());
    reply
}
