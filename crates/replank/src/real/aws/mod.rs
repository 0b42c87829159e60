//! Commands on clusters whose machines are AWS's.

mod assist;
mod give_back;
pub(super) mod group;
pub(crate) mod list;
mod managed;
mod plan;
pub(crate) mod upgrade;
