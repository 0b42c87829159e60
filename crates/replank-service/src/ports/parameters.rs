//! The port for public parameters (SSM), by name or by path.

use std::future::Future;
use std::sync::Arc;

use super::ReadError;

/// The public parameters of the region.
pub trait Parameters: Send + Sync {
    /// The parameter of that name; `None` when it does not exist.
    fn parameter(&self, name: &str) -> impl Future<Output = Result<Option<Parameter>, ReadError>> + Send;

    /// Parameters below a path that ends in a slash, by name, after the name `after`, at most `most` of them.
    fn parameters_below(
        &self,
        path: &str,
        depth: Depth,
        after: Option<&str>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Parameter>, ReadError>> + Send;
}

/// A public parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Full name, such as `/aws/service/eks/optimized-ami/1.32/amazon-linux-2/recommended/image_id`.
    pub name: Arc<str>,
    /// What it leads to, such as the id of an image.
    pub value: Arc<str>,
    /// Day of its last change, such as `2026-11-05`.
    pub changed_on: Arc<str>,
    /// Number of changes, from 1.
    pub version: u64,
}

/// How deep a list by path goes (SSM: `Recursive`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Parameters directly below the path.
    Children,
    /// All parameters below the path.
    All,
}
