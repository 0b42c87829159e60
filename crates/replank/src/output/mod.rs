//! Output of values as a table, JSON or YAML.

pub(crate) mod html;
pub(crate) mod pane;
pub(crate) mod plan;
mod table;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use replank_formats::yaml;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::remote::Format;
use crate::printer::Printer;
pub(crate) use table::Table;

/// Prints one value as JSON or YAML; `table` prints it in the text format.
pub(crate) fn print(
    printer: &mut Printer,
    format: Format,
    value: &impl Serialize,
    table: impl FnOnce(&mut Printer),
) {
    match format {
        Format::Table | Format::Wide | Format::Name => table(printer),
        Format::Json => printer.line(&format!("{:#}", json!(value))),
        Format::Yaml => printer.write(&yaml::write(&json!(value))),
    }
}

/// Tries whether a report can be written to a file, before anybody waits for it; what stands there stays.
pub(crate) fn tried(file: &Path) -> io::Result<()> {
    let is_new = !file.exists();
    OpenOptions::new().append(true).create(true).open(file)?;
    if is_new { fs::remove_file(file) } else { Ok(()) }
}

/// Says after a plan for people that it was only a plan.
pub(crate) fn nothing_changed(format: Format) {
    if format.is_for_people() {
        Printer::complain("\nNothing was changed. The same command with --approve does it.");
    }
}

/// Prints one of many values: as a line of JSON, or as a YAML document.
pub(crate) fn print_next(printer: &mut Printer, format: Format, value: &Value) {
    match format {
        Format::Table | Format::Wide | Format::Name => {}
        Format::Json => printer.line(&value.to_string()),
        Format::Yaml => printer.write(&format!("---\n{}", yaml::write(value))),
    }
    printer.flush();
}

/// The word that JSON has for a status or a phase.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
