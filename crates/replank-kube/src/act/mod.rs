//! What is done to the cluster, one file an act, and what its answers mean.

mod answer;
mod cordon;
mod delete;
mod evict;
mod mark;

pub use cordon::cordon;
pub(crate) use cordon::cordon_again;
pub(crate) use delete::delete;
pub(crate) use evict::evict;
pub(crate) use mark::mark;
