//! `replank world`: shows and changes the time of the embedded world, and acts on it.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::resolve;
use crate::cli::remote::{Member, Stage, WorldAct};
use crate::client::Client;
use crate::demo::pace::Speed;
use crate::errors;
use crate::exit::Exit;
use crate::output::{self, text};
use crate::printer::Printer;
use crate::settings;

/// Shows the world, or acts on it.
pub(crate) fn run(flags: &Stage, printer: &mut Printer) -> Result<Exit> {
    // Wrong words are told before any server is asked.
    let (path, body) = match &flags.act {
        None => ("world", None),
        Some(WorldAct::Do { act, fields }) => ("world/acts", Some(deed(act, fields)?)),
        Some(act) => ("world", Some(pace(act)?)),
    };
    let client = Client::new(&flags.server)?;
    let cluster = flags.cluster.cluster.as_deref().filter(|_| path == "world/acts");
    let answer = match &body {
        Some(body) => client.post(path, &resolve::narrowed(cluster, None), body)?,
        None => client.get(path, &[])?,
    };
    output::print(printer, flags.server.output, &answer, |printer| match answer["done"].as_str() {
        Some(done) => printer.line(&format!("done: {done}")),
        None => {
            let pace = if answer["paused"] == true {
                "stands still".to_owned()
            } else {
                format!("goes {} times as fast as the clock on the wall", answer["speed"])
            };
            printer.line(&format!("In the world it is {}; its time {pace}.", text(&answer, "now")));
        }
    });
    Ok(Exit::Done)
}

fn pace(act: &WorldAct) -> Result<Value> {
    Ok(match act {
        WorldAct::Pause => json!({ "paused": true }),
        WorldAct::Resume => json!({ "paused": false }),
        WorldAct::Advance { length } => {
            json!({ "advanceSeconds": settings::length("advance", length)?.0.as_secs() })
        }
        WorldAct::Speed { speed } => match Speed::parse(speed) {
            Ok(Speed::Times(times)) => json!({ "speed": times }),
            Ok(Speed::Max) | Err(_) => {
                let said = format!("speed {speed}: not a speed; give real, or a factor such as 60x");
                return Err(errors::bad(said));
            }
        },
        WorldAct::Do { act, fields } => deed(act, fields)?,
    })
}

/// An act in the form of a world file. Numbers and booleans are parsed, values that begin like JSON as JSON.
fn deed(act: &str, fields: &[Member]) -> Result<Value> {
    let mut deed = Map::new();
    deed.insert("do".into(), act.into());
    for Member { name, value } in fields {
        let looks_like_json = value.starts_with(['{', '[']) || value.parse::<i64>().is_ok();
        let read = if looks_like_json || matches!(value.as_str(), "true" | "false" | "null") {
            serde_json::from_str(value)
                .map_err(|error| errors::bad(format!("{name}={value}: not JSON: {error}")))?
        } else {
            Value::from(value.as_str())
        };
        deed.insert(name.to_owned(), read);
    }
    Ok(Value::Object(deed))
}
