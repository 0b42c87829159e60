//! POST of an object.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::render;
use crate::step::fits::fits;
use crate::step::{read, write};
use crate::wire::answer::Answer;

/// POST of an object.
pub(super) fn create(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let mut wanted = asked.given()?;
    fits(asked, &mut wanted)?;
    let (wanted, warnings) = read::decoded(asked, wanted, "CreateOptions")?;
    let wanted = asked.tracked(None, wanted);
    let object = live.act(|world, clock_map| write::anew(world, clock_map, asked, wanted))?;
    Ok(Answer::Warned(201, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}
