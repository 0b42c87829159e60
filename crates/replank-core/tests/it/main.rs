//! The policy as a whole: decisions on small worlds, written as text, and laws over random ones.

mod laws;
mod runs;
mod table;
mod world;
