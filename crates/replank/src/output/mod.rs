//! Output of values as a table, JSON or YAML.

pub(crate) mod plan;
mod table;

use replank_sim::yaml;
use serde_json::Value;

use crate::cli::remote::Format;
use crate::printer::Printer;
pub(crate) use table::Table;

/// Prints one value as JSON or YAML; `table` prints it in the text format.
pub(crate) fn print(printer: &mut Printer, format: Format, value: &Value, table: impl FnOnce(&mut Printer)) {
    match format {
        Format::Table => table(printer),
        Format::Json => printer.line(&format!("{value:#}")),
        Format::Yaml => printer.write(&yaml::write(value)),
    }
}

/// Prints one of many values: as a line of JSON, or as a YAML document.
pub(crate) fn print_next(printer: &mut Printer, format: Format, value: &Value) {
    match format {
        Format::Table => {}
        Format::Json => printer.line(&value.to_string()),
        Format::Yaml => printer.write(&format!("---\n{}", yaml::write(value))),
    }
    printer.flush();
}

/// String member of an object; empty when it is missing.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// Items of a list member; none when it is missing.
pub(crate) fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}
