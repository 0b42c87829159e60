//! Serialized forms of the core's values, for the journal and for reports.
//!
//! The core knows no serialization, so its values have counterparts here, field by field, checked by the compiler.
//! Files of format 1 hold those of [`v1`]; a change that an old reader would misunderstand becomes a `v2`.

mod form;
pub mod v1;

pub use form::{Kind, Object, SerializedForm, Span, Time, Version};
pub(crate) use form::{camel, form_enum, form_struct};
