//! Commands on clusters whose machines are AWS's.

pub(super) mod group;
pub(crate) mod list;
mod managed;
mod plan;
pub(crate) mod upgrade;
