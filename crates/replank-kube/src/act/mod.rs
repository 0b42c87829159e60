//! The actions on the cluster, one file each, and the meaning of the server's responses.

mod answer;
mod cordon;
mod delete;
mod evict;
mod mark;

pub use cordon::cordon;
pub(crate) use cordon::cordon_again;
pub(crate) use delete::delete;
pub(crate) use evict::evict;
pub use evict::evict_named;
pub(crate) use mark::mark;
