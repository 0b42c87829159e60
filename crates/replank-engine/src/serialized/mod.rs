//! Values of the core as they are written outside: in the journal and in reports.
//!
//! The core knows no serialisation, so each of its values has a twin here, field by field, checked by the compiler.
//! The twins of [`v1`] are what files of format 1 hold: a change that an old reader would misread makes a `v2`.

mod form;
pub mod v1;

pub use form::{Kind, SerializedForm, Span, Time};
pub(crate) use form::{form_enum, form_struct, snake};
