//! Prints what is heard of an update: the lines of the demo for people, an object per line for programs.

use jiff::Timestamp;
use replank_engine::report::Line;
use serde_json::json;

use super::Ending;
use crate::cli::remote::Format;
use crate::demo::lines::Lines;
use crate::output;
use crate::printer::Printer;

/// Prints what is heard.
#[derive(Debug)]
pub(crate) struct Teller<'p> {
    printer: &'p mut Printer,
    format: Format,
}

impl<'p> Teller<'p> {
    /// Prints in a format.
    pub(crate) fn new(printer: &'p mut Printer, format: Format) -> Self {
        Self { printer, format }
    }

    /// Prints lines; times are counted from `begun`.
    pub(crate) fn tell(&mut self, begun: Option<Timestamp>, lines: &[Line]) {
        let Some(first) = lines.first() else { return };
        match self.format {
            Format::Table => Lines::new(self.printer, begun.unwrap_or(first.at.0), 1).print(lines),
            Format::Json | Format::Yaml => {
                for line in lines {
                    output::print_next(self.printer, self.format, &json!(line));
                }
            }
        }
    }

    /// Whether somebody still reads.
    pub(super) fn is_heard(&self) -> bool {
        !self.printer.is_closed()
    }

    /// Prints the end.
    pub(crate) fn end(&mut self, ending: &Ending) {
        match self.format {
            Format::Table => ending.sentences.iter().for_each(|sentence| self.printer.line(sentence)),
            Format::Json | Format::Yaml => {
                output::print_next(
                    self.printer,
                    self.format,
                    &json!({ "type": "end", "update": ending.value }),
                );
            }
        }
        self.printer.flush();
    }
}
