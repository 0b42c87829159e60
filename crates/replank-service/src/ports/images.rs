//! The images that nodes boot from.

use std::future::Future;

/// Which image a type, a Kubernetes minor and a release mean.
pub trait Images: Send + Sync {
    /// One image of a type for a Kubernetes minor.
    fn image(&self, request: &ImageRequest) -> impl Future<Output = Result<Image, NoImage>> + Send;
}

/// An image as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRequest {
    /// The type (EKS: `AMITypes`).
    pub kind: String,
    /// The Kubernetes minor.
    pub minor: String,
    /// The release.
    pub release: Release,
}

/// Which release is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// The newest one.
    Newest,
    /// This one.
    Exactly(String),
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its release.
    pub release: String,
    /// The Kubernetes minor it is for.
    pub minor: String,
}

/// Why there is no such image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoImage {
    /// No image of that type for the minor, whatever the release.
    Minor(String),
    /// No such release; what there is instead, oldest first.
    Release(Vec<String>),
}
