//! The control API: what EKS has no call for. Under `/replank/v1`, signed for the service `replank`.
//!
//! `GET updates`, `GET updates/ID`, `GET updates/ID/history`, `POST updates/ID/{pause,resume,cancel,force}`, and
//! `GET openapi.json`, which documents all of it.

mod board;

use std::time::Duration;

use replank_core::names::UpdateId;
use replank_core::rollout::GiveBack;
use replank_engine::commands::{Command, TargetAfter, Wish};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

pub use board::Board;

use crate::uri;
use crate::wire::{Reply, Request};

/// Where the paths begin.
const ROOT: &str = "/replank/v1/";
/// The document of the API.
const DOCUMENT: &str = include_str!("../../data/control-openapi.json");
/// How long the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a command may say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Manner {
    /// Whether nodes in work go back into service.
    give_back: bool,
    /// Whether later launches use the template version from before.
    restore_target: bool,
}

/// Answers a request.
pub(crate) async fn answer(board: &Board, request: &Request) -> Reply {
    let Some(path) = request.path.strip_prefix(ROOT) else {
        return missing("There is nothing at this path.");
    };
    let parts: Vec<String> = path.split('/').map(uri::decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (request.method.as_str(), &parts[..]) {
        ("GET", ["openapi.json"]) => Reply::json(200, DOCUMENT.to_owned()),
        ("GET", ["updates"]) => {
            let all = board.updates().into_iter();
            let all = all.map(|id| json!({ "update": id, "report": board.report(&id) }));
            Reply::json(200, json!({ "updates": all.collect::<Vec<_>>() }).to_string())
        }
        ("GET", ["updates", id]) => match board.report(id) {
            Some(report) => Reply::json(200, json!({ "update": id, "report": report }).to_string()),
            None => missing(&format!("There is no update {id}.")),
        },
        ("GET", ["updates", id, "history"]) => match board.events(id) {
            Some(events) => Reply::json(200, json!({ "update": id, "events": events }).to_string()),
            None => missing(&format!("There is no update {id}.")),
        },
        ("POST", ["updates", id, verb]) => command(board, id, verb, &request.body).await,
        _ => missing("There is nothing at this method and path."),
    }
}

async fn command(board: &Board, id: &str, verb: &str, body: &[u8]) -> Reply {
    let is_bare = body.iter().all(u8::is_ascii_whitespace);
    let manner = if is_bare { Ok(Manner::default()) } else { serde_json::from_slice::<Manner>(body) };
    let manner = match manner {
        Ok(manner) => manner,
        Err(error) => return said(400, "BadRequest", &error.to_string()),
    };
    let in_work = if manner.give_back { GiveBack::Yes } else { GiveBack::No };
    let target = if manner.restore_target { TargetAfter::Restored } else { TargetAfter::Stays };
    let wish = match verb {
        "pause" => Wish::Pause { in_work },
        "resume" => Wish::Resume,
        "cancel" => Wish::Cancel { in_work, target },
        "force" => Wish::Force,
        _ => return missing(&format!("{verb} is nothing that can be asked of an update.")),
    };
    if board.report(id).is_none() {
        return missing(&format!("There is no update {id}."));
    }
    let command = Command { update: UpdateId::new(id), wish };
    let Some(answered) = board.ask(command) else {
        return said(429, "TooManyRequests", "Too many commands wait; try again.");
    };
    match timeout(PATIENCE, answered).await {
        Ok(Ok(Ok(()))) => Reply::json(200, json!({ "update": id, "accepted": verb }).to_string()),
        Ok(Ok(Err(why))) => said(409, "Conflict", &why),
        Ok(Err(_)) | Err(_) => {
            said(503, "Unavailable", "The server is ending or busy; look before asking again.")
        }
    }
}

fn missing(message: &str) -> Reply {
    said(404, "NotFound", message)
}

fn said(status: u16, code: &str, message: &str) -> Reply {
    let mut reply = Reply::json(status, json!({ "code": code, "message": message }).to_string());
    reply.error = Some(code.to_owned());
    reply
}

/// The document, for the page of the reference.
pub fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};
    use replank_engine::block::block_on;

    use super::*;

    fn ask(board: &Board, method: Method, path: &str, body: &str) -> (u16, Value) {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let (path, query) = (path.to_owned(), String::new());
        let request = Request { method, path, query, headers: HeaderMap::new(), body };
        let reply = block_on(answer(board, &request));
        (reply.status, serde_json::from_str(&reply.body).unwrap())
    }

    #[test]
    fn what_is_not_there_is_said() {
        let board = Board::default();
        board.remember("u", &[]);
        for (method, path, body, status) in [
            (Method::GET, "/replank/v1/updates", "", 200),
            (Method::GET, "/replank/v1/updates/u", "", 200),
            (Method::GET, "/replank/v1/updates/u/history", "", 200),
            (Method::GET, "/replank/v1/updates/x", "", 404),
            (Method::POST, "/replank/v1/updates/x/pause", "", 404),
            (Method::POST, "/replank/v1/updates/u/fly", "", 404),
            (Method::POST, "/replank/v1/updates/u/pause", "{", 400),
            (Method::POST, "/replank/v1/updates/u/pause", r#"{"other":1}"#, 400),
            (Method::GET, "/replank/v2/updates", "", 404),
            (Method::GET, "/other", "", 404),
        ] {
            assert_eq!(ask(&board, method.clone(), path, body).0, status, "{method} {path} {body}");
        }
    }

    #[test]
    fn the_document_names_every_path() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        for path in [
            "updates",
            "updates/{update}",
            "updates/{update}/history",
            "updates/{update}/{verb}",
            "openapi.json",
        ] {
            assert!(paths.contains_key(&format!("{ROOT}{path}")), "{path}");
        }
    }

    #[test]
    fn commands_wait_for_their_answer_and_are_bounded() {
        let board = Board::default();
        let command = Command { update: UpdateId::new("u"), wish: Wish::Resume };
        let mut answered = board.ask(command.clone()).unwrap();
        assert_eq!(board.take(), std::slice::from_ref(&command));
        assert!(board.answer(&command, Err("no".into())) && !board.answer(&command, Ok(())));
        assert_eq!(answered.try_recv(), Ok(Err("no".to_owned())));
        let asked: Vec<_> = (0..100).map_while(|_| board.ask(command.clone())).collect();
        assert_eq!(asked.len(), 64);
    }
}
