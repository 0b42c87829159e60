//! Updates in an embedded world: sessions, the ports of the engine over a world, plans and what-if.
//!
//! | does | decides |
//! | --- | --- |
//! | makes worlds from definitions and snapshots, runs the engine in them, tells what came of it | nothing of an update of nodes |

pub mod adapter;
pub mod drive;
pub mod pace;
pub mod seed;
pub mod session;
