//! Follows an update to its end, wherever it runs: a source yields lines, a printer prints them.

pub(crate) mod away;
mod printer;
mod remote;

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::report::Line;
use serde_json::Value;

pub(crate) use printer::FollowPrinter;
pub(crate) use remote::{Remote, ended};

use crate::exit::Exit;
use crate::printer::Printer;

/// Source of the lines of an update.
pub(crate) trait Source {
    /// Next lines, after waiting a while for some.
    fn next(&mut self) -> Result<Heard>;
    /// How to follow the update again, after the user left it.
    fn way_back(&self) -> String;
}

/// What a source yields.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Lines; empty when nothing happened for a while.
    Lines {
        /// Start of the update; `None` before it.
        begun: Option<Timestamp>,
        /// New lines.
        lines: Vec<Line>,
    },
    /// The update ended.
    Over(Box<Ending>),
    /// The user interrupted.
    Left,
}

/// End of an update.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// Exit code of the command.
    pub(crate) exit: Exit,
    /// The end, in sentences.
    pub(crate) sentences: Vec<String>,
    /// The end, as JSON.
    pub(crate) value: Value,
}

/// Prints lines until the update ends or the user interrupts; a closed pipe ends it too.
pub(crate) fn follow(source: &mut impl Source, printer: &mut FollowPrinter<'_>) -> Result<Exit> {
    loop {
        match source.next()? {
            Heard::Lines { begun, lines } => {
                printer.tell(begun, &lines);
                if !printer.is_heard() {
                    return Ok(Exit::Cancelled);
                }
            }
            Heard::Over(ending) => {
                printer.end(&ending);
                return Ok(ending.exit);
            }
            Heard::Left => {
                Printer::complain(&source.way_back());
                return Ok(Exit::Cancelled);
            }
        }
    }
}
