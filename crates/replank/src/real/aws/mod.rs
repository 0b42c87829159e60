//! Commands on clusters whose machines are AWS's.

mod assist;
mod eks_update;
mod give_back;
pub(crate) mod group;
pub(crate) mod joining;
pub(crate) mod list;
mod managed;
mod plan;
mod rehearsal;
pub(crate) mod rehearse;
pub(crate) mod upgrade;
