//! The upgrade of a whole cluster: the order of its plan, its rules, and that a kill anywhere changes nothing.

mod fargate;
mod order;
mod own;
mod resumed;
mod rules;
mod world;
