//! Patches.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::render;
use crate::step::patched::patched;
use crate::step::writable::writable;
use crate::step::{read, write};
use crate::wire::answer::Answer;

/// PATCH of an object.
pub(super) fn patch(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    let (object, warnings) = live.act(|world, calendar| {
        let present = view_of(world, calendar, |view| asked.shown(view))?;
        view_of(world, calendar, |view| writable(asked, view))?;
        let wanted = patched(asked, &present)?;
        let (wanted, warnings) = read::decoded_patch(asked, wanted, &present)?;
        let wanted = asked.tracked(Some(&present), wanted);
        let object = write::over(world, calendar, asked, &present, wanted)?;
        Ok::<_, Failure>((object, warnings))
    })?;
    Ok(Answer::Warned(200, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}
