//! Findings about a cluster before its version changes: rules over objects as JSON, and tables with their sources.
//!
//! Whoever uses it reads the objects, from a cluster, files or releases of Helm, and says where each came from
//! ([`Subject`]). [`check`] is a function of that and of the target. It knows no clock, no files, no sockets and no
//! YAML, and acts on nothing.

mod apis;
pub mod baseline;
mod catalogue;
mod finding;
mod findings;
pub mod helm;
mod managed;
pub mod metric;
mod object;
mod rules;
mod subject;
pub mod version;

pub use catalogue::{CHECKS, page};
pub use finding::{Check, Finding, Severity, Source};
pub use object::{Item, Name, Origin, Standing, group_version};
pub use subject::{Question, Requested, Subject, Unreadable, stand};

/// Looks at everything that was read. The worst findings come first.
pub fn check(subject: &Subject, question: &Question) -> Vec<Finding> {
    let facts = subject::Facts::new(subject, question);
    let mut findings = findings::Findings::default();
    rules::ALL.iter().for_each(|rule| rule(&facts, &mut findings));
    findings.sorted()
}
