//! Selectors of lists and watches: parsing and matching.
//!
//! Kubernetes: `apimachinery/pkg/labels` and `apimachinery/pkg/fields`, error messages included.

mod field;
mod label;
mod lex;
mod names;

#[cfg(test)]
mod tests;

pub use field::FieldSelector;
pub use label::LabelSelector;
pub(crate) use names::{complaints_of_key, complaints_of_value};
