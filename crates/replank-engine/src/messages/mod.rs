//! All text about updates for people, in one place. Functions take values and return sentences; nothing here decides.
//!
//! Sentences begin in lower case, since they follow a time or a name; advice is a complete sentence.

mod act;
mod advice;
mod autoscaler;
mod budget;
mod fact;
mod finding;
mod job;
mod join;
mod list;
mod problem;
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod time;
mod topic;
mod unplaced;
pub mod upgrade;
mod wait;

pub use act::{act, answer, refused};
pub use advice::advice;
pub use fact::{fact, outcome, phase, purpose, sizes, stage};
pub use finding::{batch_reason, finding, finding_advice, findings, increment_reason, loses};
pub use join::advice as join_advice;
pub use problem::{
    code, failure, failure_detail, failure_line, kept_because, larger_size_kept, problem, problem_advice,
};
pub use time::{clock, moment, node_hours, since, span, time_of_day};
pub use topic::{plain, problem_topic, substance, topic};
pub use unplaced::{UNPLACED, left_unplaced, unplaced, would_succeed};
pub use wait::{describe, side_name, subject};
