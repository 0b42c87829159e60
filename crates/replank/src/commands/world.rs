//! `replank world`: shows and changes the time of the embedded world, and acts on it.

use anyhow::Result;
use replank_server::control::api::{ActAnswer, TimeAnswer, TimeRequest};
use serde_json::{Map, Value, json};

use super::resolve;
use crate::cli::remote::{Member, WorldAct, WorldCommand};
use crate::client::Client;
use crate::demo::pace::Speed;
use crate::errors;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::settings;

/// Looks, or acts.
pub(crate) fn run(flags: &WorldCommand, printer: &mut Printer) -> Result<Exit> {
    // Wrong words are told before any server is asked.
    let change = match &flags.act {
        None => None,
        Some(WorldAct::Do { act, fields }) => return perform(flags, &act_object(act, fields)?, printer),
        Some(WorldAct::Pause) => Some(TimeRequest { paused: Some(true), ..TimeRequest::default() }),
        Some(WorldAct::Resume) => Some(TimeRequest { paused: Some(false), ..TimeRequest::default() }),
        Some(WorldAct::Advance { length }) => {
            let seconds = settings::length("advance", length)?.0.as_secs();
            Some(TimeRequest { advance_seconds: Some(seconds), ..TimeRequest::default() })
        }
        Some(WorldAct::Speed { speed }) => {
            Some(TimeRequest { speed: Some(times(speed)?), ..TimeRequest::default() })
        }
    };
    let client = Client::new(&flags.server)?;
    let time: TimeAnswer = match &change {
        Some(change) => client.post("world", &[], change)?,
        None => client.get("world", &[])?,
    };
    output::print(printer, flags.server.output, &time, |printer| {
        let pace = if time.paused {
            "stands still".to_owned()
        } else {
            format!("goes {} times as fast as the clock on the wall", json!(time.speed))
        };
        printer.line(&format!("In the world it is {}; its time {pace}.", time.now));
    });
    Ok(Exit::Done)
}

/// Sends an act to the server and prints what came of it.
fn perform(flags: &WorldCommand, act: &Value, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    let cluster = flags.cluster.cluster.as_deref();
    let answer: ActAnswer = client.post("world/acts", &resolve::narrowed(cluster, None), act)?;
    output::print(printer, flags.server.output, &answer, |printer| {
        printer.line(&format!("done: {}", answer.done));
    });
    Ok(Exit::Done)
}

/// A speed as a factor.
fn times(speed: &str) -> Result<f64> {
    match Speed::parse(speed) {
        Ok(Speed::Times(times)) => Ok(times),
        Ok(Speed::Max) | Err(_) => {
            let said = format!("speed {speed}: not a speed; give real, or a factor such as 60x");
            Err(errors::bad(said))
        }
    }
}

/// An act in the form of a world file. Numbers and booleans are parsed, values that begin like JSON as JSON.
fn act_object(act: &str, fields: &[Member]) -> Result<Value> {
    let mut object = Map::new();
    object.insert("do".into(), act.into());
    for Member { name, value } in fields {
        let looks_like_json = value.starts_with(['{', '[']) || value.parse::<i64>().is_ok();
        let read = if looks_like_json || matches!(value.as_str(), "true" | "false" | "null") {
            serde_json::from_str(value)
                .map_err(|error| errors::bad(format!("{name}={value}: not JSON: {error}")))?
        } else {
            Value::from(value.as_str())
        };
        object.insert(name.to_owned(), read);
    }
    Ok(Value::Object(object))
}
