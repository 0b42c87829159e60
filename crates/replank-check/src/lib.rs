//! What an upgrade of a cluster would break: rules over objects as JSON, and tables with their sources.
//!
//! | it does | it decides |
//! | --- | --- |
//! | looks at objects of a cluster, of files and of Helm releases that the caller read ([`Subject`]) | which of them are findings, and how serious ([`check`]) |
//! | tells who applied an object, from `managedFields` and Helm | which traces show present use and which are old |
//! | follows deprecated APIs to their replacements | which targets it can say something about ([`version::target`]) |
//!
//! It must never know: files, sockets, clocks, YAML. It acts on nothing.

pub mod baseline;
mod catalogue;
pub mod corefile;
mod finding;
mod findings;
pub mod helm;
mod managed;
pub mod metric;
mod object;
mod rules;
mod subject;
pub mod version;

use replank_core::api_versions as apis;

pub use catalogue::{CHECKS, page};
pub use finding::{Check, Finding, Severity, Source};
pub use object::{Item, Name, Origin, ReadBy, group_version};
pub use subject::{Answered, Question, Requested, Subject, Unreadable, stand};

/// Applies all rules; the worst findings come first.
pub fn check(subject: &Subject, question: &Question) -> Vec<Finding> {
    let facts = subject::Facts::new(subject, question);
    let mut findings = findings::Findings::default();
    rules::ALL.iter().for_each(|rule| rule(&facts, &mut findings));
    findings.sorted()
}
