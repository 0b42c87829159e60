//! What a launch template version makes of an instance.

use std::sync::Arc;

use crate::names::ImageId;

/// What a launch template version makes of an instance. Equal content makes equal nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateContent {
    /// The machine image.
    pub image: ImageId,
    /// Everything else that shapes a node, in one canonical text.
    pub settings: Arc<str>,
}
