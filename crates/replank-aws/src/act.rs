//! Acts on a group. Each looks again where it would matter that the last reading is old, and takes what has happened
//! already for done.

mod create_version;
mod point;
mod sizes;
mod surge;
mod terminate;

pub(crate) use create_version::create_version;
pub(crate) use point::point;
pub(crate) use sizes::set_sizes;
pub(crate) use terminate::terminate;

use replank_core::observed::Answer;

use crate::cloud::AwsCloud;
use crate::read::{self, ReadGroupError};
use crate::{answer, group::ScalingGroup};

/// The group as it is now, read for an act.
async fn again(cloud: &AwsCloud) -> Result<ScalingGroup, Answer> {
    let read = read::describe(&cloud.aws, &cloud.name).await;
    let group = read.map_err(|error| match error {
        // Nothing was asked for yet, so nothing can have happened.
        ReadGroupError::Failed(failure) => answer::changed(format!("the group cannot be read: {failure}")),
        other => Answer::Impossible(other.to_string()),
    })?;
    let mut view = cloud.view();
    view.note_sizes(group.sizes);
    view.group = Some(group.clone());
    drop(view);
    Ok(group)
}
