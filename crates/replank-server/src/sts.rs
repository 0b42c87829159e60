//! STS: `GetCallerIdentity`. Query protocol, version 2011-06-15.

use replank_service::ports::Account;

use crate::app::App;
use crate::auth::Caller;
use crate::wire::{Reply, Request};
use crate::{uri, xml};

/// XML namespace of every answer.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers `GetCallerIdentity`; every other action is refused.
pub(crate) fn answer<A: Account>(app: &App<A>, request: &Request, caller: &Caller) -> Reply {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let mut given = uri::parameters(&request.query).chain(uri::form(&body));
    let action = given.find(|(name, _)| name == "Action").map(|(_, action)| action);
    match action.as_deref() {
        Some("GetCallerIdentity") => {
            let arn = app.service.identity.user_arn();
            let (account, key) = (&app.service.identity.account, &caller.access_key);
            let inner = format!(
                "<Arn>{arn}</Arn><UserId>{}</UserId><Account>{account}</Account>",
                key.replacen("AKIA", "AIDA", 1)
            );
            xml::answered(NAMESPACE, "GetCallerIdentity", &inner)
        }
        action => {
            let action = action.unwrap_or_default();
            let said = format!(
                "Could not find operation {action} for version 2011-06-15. Served here is GetCallerIdentity."
            );
            error(400, "InvalidAction", &said)
        }
    }
}

/// An error of the query protocols.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    xml::refused(NAMESPACE, status, "Sender", code, message)
}
