//! PUT of an object.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Live, view_of};
use crate::render;
use crate::step::fits::fits;
use crate::step::options::is_blank;
use crate::step::writable::writable;
use crate::step::{read, write};
use crate::wire::answer::Answer;

/// PUT of an object.
pub(super) fn update(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let mut wanted = asked.given()?;
    fits(asked, &mut wanted)?;
    let (wanted, warnings) = read::decoded(asked, wanted, "UpdateOptions")?;
    if is_blank(&wanted["metadata"]["name"]) {
        let why = format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            asked.name()
        );
        return Err(StatusError::bad_request(why));
    }
    let object = live.act(|world, clock_map| {
        let present = view_of(world, clock_map, |view| asked.shown(view))?;
        view_of(world, clock_map, |view| writable(asked, view))?;
        let wanted = asked.tracked(Some(&present), wanted);
        write::over(world, clock_map, asked, &present, wanted)
    })?;
    Ok(Answer::Warned(200, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}
