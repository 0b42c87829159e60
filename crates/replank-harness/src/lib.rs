//! Judges for tests: stories with the timelines they must give, invariants over every act, planted faults.
//!
//! | does | decides |
//! | --- | --- |
//! | runs the engine in random and written worlds and checks each act with arithmetic of its own | nothing; it judges |
//!
//! Nothing of it is shipped.

pub mod invariants;
pub mod story;
