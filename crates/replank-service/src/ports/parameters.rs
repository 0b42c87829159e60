//! Public parameters, as they are read by name or by path.

use std::future::Future;
use std::sync::Arc;

use super::ReadError;

/// The public parameters of the region.
pub trait Parameters: Send + Sync {
    /// A public parameter by its name.
    fn parameter(&self, name: &str) -> impl Future<Output = Result<Option<Parameter>, ReadError>> + Send;

    /// The public parameters below a path that ends in a slash, by name, from after `after`, at most `most`.
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
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Arc<str>,
    /// When it got this value, as a day: `2026-11-05`.
    pub changed_on: Arc<str>,
    /// How often it changed.
    pub version: u64,
}

/// How deep a look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Direct children only.
    Children,
    /// Everything below.
    All,
}
