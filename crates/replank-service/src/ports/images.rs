//! The port for machine images of nodes.

use std::future::Future;

/// Finds the image for a type, a Kubernetes minor and a release.
pub trait Images: Send + Sync {
    /// The image that fits the request.
    fn image(&self, request: &ImageRequest) -> impl Future<Output = Result<Image, NoImage>> + Send;
}

/// Which image is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRequest {
    /// Type of image (EKS: `AMITypes`).
    pub kind: String,
    /// Kubernetes minor, such as `1.32`.
    pub minor: String,
    /// The newest release for that minor, or a certain one.
    pub release: Release,
}

/// Which release is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// The newest for the minor.
    Newest,
    /// This one, such as `1.32.9-20251101`.
    Exactly(String),
}

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Id, such as `ami-0123456789abcdef0`.
    pub id: String,
    /// Release, such as `1.32.9-20251101`.
    pub release: String,
    /// Kubernetes minor that it is for.
    pub minor: String,
}

/// Why there is no such image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoImage {
    /// The type has no image for the minor; with the message.
    Minor(String),
    /// The release does not exist; with those that do, oldest first.
    Release(Vec<String>),
}
