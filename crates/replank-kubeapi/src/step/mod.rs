//! Steps shared by verbs. A verb never calls another verb, a step never calls a verb.

pub(crate) mod delete;
pub(crate) mod fits;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod patched;
pub(crate) mod read;
pub(crate) mod secret;
mod templates;
pub(crate) mod versions;
pub(crate) mod writable;
pub(crate) mod write;
