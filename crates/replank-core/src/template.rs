//! The content of a launch template version.

use std::sync::Arc;

use crate::names::ImageId;

/// The content of a launch template version. Equal content means equal nodes, whatever the version numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateContent {
    /// Machine image.
    pub image: ImageId,
    /// Everything else that shapes a node, in one canonical text that is only compared.
    pub settings: Arc<str>,
}
