//! `ValidateTemplate`.

use replank_stacks::template::Template;

use super::{Answer, asked, shown};
use crate::given::Given;

/// What a template takes and needs, if it holds together.
pub(super) fn run(given: &Given) -> Answer {
    let mut summary = shown::summary(&Template::read(&asked::body(given)?.unwrap_or_default())?);
    if let Some(members) = summary.as_object_mut() {
        members.retain(|name, _| !["ResourceTypes", "Version", "Metadata"].contains(&name.as_str()));
    }
    Ok(summary)
}
