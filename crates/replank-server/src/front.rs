//! The entry point: verifies a request and hands it to the service that it is for and signed for.

mod asked;
mod elsewhere;
mod open;

use replank_listener::Peer;
use serde_json::json;

use crate::app::App;
use crate::auth::{self, Authentication, Caller, Refusal};
use crate::control::Whole;
use crate::people::People;
use crate::wire::{Answer, Reply, Request};
use crate::{auto_scaling, cloudformation, control, dashboard, ec2, eks, ssm, sts};
use asked::Service;

/// Answers a request of somebody at the other end of a connection.
pub async fn answer<A: Whole>(app: &App<A>, request: &Request, peer: Peer) -> Answer {
    let open = open::Route::of(request);
    match (authentication(open, request), open, &app.people) {
        (Authentication::Open, Some(route), _) => route.answer().into(),
        (Authentication::Session, ..) => dashboard::answer(app, request, peer).await,
        (_, _, Some(people)) => reviewed(app, people, request, peer).await,
        (Authentication::Open, None, None) | (Authentication::SigV4, _, None) => signed(app, request).await,
    }
}

/// Answers a request of somebody whom the cluster is asked about. There is the control API alone: nobody has keys of an
/// account here.
async fn reviewed<A: Whole>(app: &App<A>, people: &People, request: &Request, peer: Peer) -> Answer {
    match control::reviewed::caller(people, request, peer).await {
        Ok(by) => control::answer(app, request, &by).await,
        Err(refusal) => refusal.reply().into(),
    }
}

/// How the route of a request makes sure who asks.
fn authentication(open: Option<open::Route>, request: &Request) -> Authentication {
    match (open, control::route::Route::of(request)) {
        (Some(_), _) => Authentication::Open,
        (None, _) if dashboard::is_meant(request) => Authentication::Session,
        (None, Some((route, _))) => route.authentication,
        // Every operation of the services of AWS, and what is no route at all: that is nobody's business either.
        (None, None) => Authentication::SigV4,
    }
}

/// Answers a request to a process that runs updates by itself: signed for the control API, and one of its steering routes.
pub async fn steer(app: &App<()>, request: &Request) -> Answer {
    let caller = match auth::verify(request, &app.keyring, replank_service::now()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(request, &refusal).into(),
    };
    if caller.service != Service::Replank.name() {
        let refusal = Refusal::OtherService { asked: Service::Replank.name() };
        return refuse(request, &refusal).into();
    }
    control::steer(app, request).await
}

/// Verifies the signature, then asks the service that the request is for.
async fn signed<A: Whole>(app: &App<A>, request: &Request) -> Answer {
    let caller = match auth::verify(request, &app.keyring, replank_service::now()) {
        Ok(caller) => caller,
        Err(refusal) => return refuse(request, &refusal).into(),
    };
    let Some(signed) = Service::named(&caller.service) else {
        return elsewhere::reply(request, &caller.service).into();
    };
    if let Err(refusal) = in_scope(&app.service.identity.region, request, &caller, signed) {
        return refuse(request, &refusal).into();
    }
    match signed {
        Service::Eks => eks::answer(app, request).await.into(),
        Service::Ssm => ssm::answer(app, request).await.into(),
        Service::Replank => control::answer(app, request, control::BY_KEYS).await,
        Service::CloudFormation => cloudformation::answer(app, request).await.into(),
        Service::Ec2 => ec2::answer(app, request).await.into(),
        Service::AutoScaling => auto_scaling::answer(app, request).await.into(),
        Service::Sts => sts::answer(app, request, &caller).into(),
    }
}

/// Refuses a signature for another region than `here`, or for another service than the request.
fn in_scope(here: &str, request: &Request, caller: &Caller, signed: Service) -> Result<(), Refusal> {
    // STS has a global endpoint that is signed for `us-east-1`.
    let is_global = signed == Service::Sts && caller.region == "us-east-1";
    if caller.region != here && !is_global {
        return Err(Refusal::OtherRegion { here: here.to_owned() });
    }
    match Service::asked(request) {
        Some(asked) if asked != signed => Err(Refusal::OtherService { asked: asked.name() }),
        Some(_) | None => Ok(()),
    }
}

/// A refusal in the protocol of the request.
fn refuse(request: &Request, refusal: &Refusal) -> Reply {
    let message = refusal.message();
    if asked::is_query(request) {
        return sts::error(403, refusal.query_code(), &message);
    }
    if request.header("x-amz-target").is_some() {
        let body = json!({ "__type": refusal.code(), "message": message });
        return Reply { status: 400, content_type: ssm::CONTENT_TYPE, error: None, body: body.to_string() };
    }
    Reply::json_error(403, refusal.code(), json!({ "message": message }).to_string())
}

#[cfg(test)]
mod tests;
