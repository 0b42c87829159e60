//! Objects that replace what is there.

use std::sync::Arc;

use replank_sim::store::Ref;

use super::{Asked, create, strict, write};
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::render;
use crate::resource::Source;
use crate::show::{At, View};
use crate::wire::answer::Answer;

/// PUT of an object.
pub(super) fn update(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    let mut wanted =
        asked.object()?.ok_or_else(|| Failure::bad_request("the body of the request is empty"))?;
    create::fits(asked, &mut wanted)?;
    let (wanted, warnings) = strict::decoded(asked, wanted, None)?;
    let object = live.act(|world, calendar| {
        let present = view_of(world, calendar, |view| asked.shown(view))?;
        view_of(world, calendar, |view| writable(asked, view))?;
        let wanted = asked.tracked(Some(&present), wanted);
        write::over(world, calendar, asked, &present, wanted)
    })?;
    Ok(Answer::Warned(200, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}

/// Refuses to write what the world derives: it comes and goes with what it is derived from. What clients put beside it
/// is theirs.
pub(super) fn writable(asked: &Asked, view: View<'_>) -> Result<(), Failure> {
    let derived = match asked.resource.source {
        Source::Leases | Source::CsiNodes | Source::Endpoints | Source::Slices | Source::Volumes => {
            !matches!(asked.find(view), Ok(At::Of(Ref::Other(_))) | Err(_))
        }
        _ => false,
    };
    if derived {
        let message = "this object follows from others in this cluster and cannot be written";
        return Err(Failure::new(405, "MethodNotAllowed", message).about(&asked.resource, asked.name()));
    }
    Ok(())
}
