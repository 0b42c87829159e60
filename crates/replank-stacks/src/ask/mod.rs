//! What users ask of stacks, one file for each request: checked against the template and the status of the stack, and
//! written down. Carrying it out comes after the answer.

mod cancel;
mod change_set;
mod create;
mod delete;
mod diff;
mod imports;
mod protect;
mod request;
mod rollback;
mod shape;
mod update;

pub use cancel::cancel_update;
pub use change_set::{
    ChangeSetRequest, Created, Kind, create_change_set, delete_change_set, execute_change_set,
};
pub use create::{OnFailure, create_stack};
pub use delete::delete_stack;
pub use imports::importing;
pub use protect::protect;
pub use request::{Request, check_name};
pub use rollback::{continue_rollback, rollback_stack};
pub use shape::shape;
pub use update::update_stack;
