//! Whether an object may be written at all.

use replank_world::store::Ref;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::resource::Source;
use crate::show::{At, View};

/// Refuses writes of objects that the world derives from others. Those that clients created themselves are writable.
pub(crate) fn writable(asked: &Asked, view: View<'_>) -> Result<(), StatusError> {
    let derived = match asked.resource.source {
        Source::Leases | Source::CsiNodes | Source::Endpoints | Source::Slices | Source::Volumes => {
            !matches!(asked.find(view), Ok(At::Of(Ref::Other(_))) | Err(_))
        }
        _ => false,
    };
    if derived {
        let message = "this object follows from others in this cluster and cannot be written";
        return Err(StatusError::new(405, "MethodNotAllowed", message).about(&asked.resource, asked.name()));
    }
    Ok(())
}
