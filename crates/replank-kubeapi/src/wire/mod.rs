//! What comes over the wire, read: paths, parameters, accepted forms, bodies; and answers, written.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod parameters;
pub(crate) mod path;
mod protobuf;
