//! `GetTemplateSummary`.

use replank_service::ports::Account;
use replank_stacks::record::find;
use replank_stacks::template::Template;

use super::{Answer, asked, shown};
use crate::app::App;
use crate::given::Given;

/// What a template takes and needs: one that is sent, or that of a stack.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let body = match asked::body(given)? {
        Some(body) => body,
        None => find(&app.service.records, asked::name(given, "StackName")?)?.shape.body,
    };
    Ok(shown::summary(&Template::read(&body)?))
}
