//! Follows an update to its end, wherever it runs: a source gives lines, a teller prints them.

mod remote;
mod teller;

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::report::Line;
use serde_json::Value;

pub(crate) use remote::Remote;
pub(crate) use teller::Teller;

use crate::exit::Exit;
use crate::printer::Printer;

/// Where the lines of an update come from.
pub(crate) trait Source {
    /// What is heard next; it waits a while for something.
    fn next(&mut self) -> Result<Heard>;
    /// How to come back to the update, once somebody left it.
    fn way_back(&self) -> String;
}

/// What is heard of an update.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Lines; none when nothing happened for a while.
    Lines {
        /// When the update began; `None` before it did.
        begun: Option<Timestamp>,
        /// What happened.
        lines: Vec<Line>,
    },
    /// It is over.
    Over(Box<Ending>),
    /// Somebody asked to leave.
    Left,
}

/// How an update ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// Its exit code.
    pub(crate) exit: Exit,
    /// The end in sentences.
    pub(crate) sentences: Vec<String>,
    /// The same for programs.
    pub(crate) value: Value,
}

/// Follows it until it is over or somebody leaves; a reader that goes away leaves too.
pub(crate) fn follow(source: &mut impl Source, teller: &mut Teller<'_>) -> Result<Exit> {
    loop {
        match source.next()? {
            Heard::Lines { begun, lines } => {
                teller.tell(begun, &lines);
                if !teller.is_heard() {
                    return Ok(Exit::Cancelled);
                }
            }
            Heard::Over(ending) => {
                teller.end(&ending);
                return Ok(ending.exit);
            }
            Heard::Left => {
                Printer::complain(&source.way_back());
                return Ok(Exit::Cancelled);
            }
        }
    }
}
