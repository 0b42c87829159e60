//! The port for updates that are declared elsewhere, as custom resources are: what is asked of one is written where it is
//! declared. Asked of the update itself, the next look at what is declared would undo it.

use std::pin::Pin;

use replank_engine::commands::CommandKind;

use crate::Refusal;
use crate::start_update::StartUpdate;

/// An answer that takes a while.
pub type Declared<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// Where updates are declared.
pub trait Declarations: Send + Sync {
    /// Writes down what somebody (`by`, for people) asks of an update. It is done some time later.
    fn ask<'a>(&'a self, by: &'a str, update: &'a str, wish: CommandKind) -> Declared<'a, ()>;

    /// Declares an update that is approved already; returns its id. It begins some time later, when its policy lets it.
    fn begin<'a>(&'a self, by: &'a str, asked: &'a StartUpdate) -> Declared<'a, String>;
}
