//! Follows an update to its end, wherever it runs: a source yields lines, a printer prints them.

pub(crate) mod away;
mod printer;
mod remote;

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::report::plan::NoNodeJson;
use replank_engine::report::{Line, PhaseJson, StallJson};
use schemars::JsonSchema;
use serde::Serialize;

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
    /// The end, for programs.
    pub(crate) value: EndJson,
}

/// How an update ended, wherever it ran.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndJson {
    /// Id of the update.
    pub(crate) update: String,
    /// What replaced the nodes.
    pub(crate) engine: Engine,
    /// `succeeded`, `failed`, `cancelled`, `stuck` (nothing but a person can let it go on), `left` (it goes on without
    /// this command), or EKS's own word in lower case.
    pub(crate) outcome: String,
    /// Why it failed.
    pub(crate) failure: Option<String>,
    /// That the group keeps more nodes than before, with the reason.
    pub(crate) kept: Option<String>,
    /// Duration on the world's clock; null where it is not known.
    pub(crate) seconds: Option<i64>,
    /// Phases that are over; empty where EKS runs them.
    pub(crate) phases: Vec<PhaseJson>,
    /// What held it up for long, as far as this process saw.
    pub(crate) stalls: Vec<StallJson>,
    /// Pods that found no node in the end and had one before.
    pub(crate) unplaced: Vec<NoNodeJson>,
    /// Why instances did not become nodes, of an update that failed for it; told where EKS runs the update.
    pub(crate) not_joined: Vec<String>,
}

/// What replaces the nodes of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Engine {
    /// This program.
    Replank,
    /// EKS's own update of managed node groups.
    Eks,
}

/// The last line of a followed update.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LastLine<'e> {
    /// `end`.
    #[serde(rename = "type")]
    pub(crate) about: &'static str,
    /// How it ended.
    pub(crate) update: &'e EndJson,
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
