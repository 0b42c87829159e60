//! Requests and answers of the control API: one type each for the server that reads or writes it and for its clients.
//!
//! An act on a simulated world is an act of a world file, and any JSON object here. Answers may gain members; clients
//! ignore those they do not know.

mod answers;
mod requests;
#[cfg(test)]
mod tests;

pub use answers::{
    ActAnswer, BegunAnswer, ClusterAnswer, ClustersAnswer, CommandAnswer, ErrorAnswer, HistoryAnswer,
    ImagesAnswer, LinesAnswer, LinkAnswer, NodeAnswer, NodegroupsAnswer, NodesAnswer, PlanAnswer,
    RecordedAnswer, TimeAnswer, UpdateAnswer, UpdateNodesAnswer, UpdatesAnswer,
};
pub use requests::{CommandRequest, LinkRequest, TimeRequest, UpdateRequest};
