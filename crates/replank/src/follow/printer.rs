//! Prints what a source yields: lines for people, a JSON object per line for programs.

use jiff::Timestamp;
use replank_engine::report::Line;
use serde_json::json;

use super::{Ending, LastLine};
use crate::cli::remote::Format;
use crate::lines::Lines;
use crate::output;
use crate::printer::Printer;

/// Prints lines and the end of an update.
#[derive(Debug)]
pub(crate) struct FollowPrinter<'p> {
    printer: &'p mut Printer,
    format: Format,
    /// Whether lines name their node group.
    names_group: bool,
}

impl<'p> FollowPrinter<'p> {
    /// Prints in a format.
    pub(crate) fn new(printer: &'p mut Printer, format: Format) -> Self {
        Self { printer, format, names_group: false }
    }

    /// Lets lines name their node group, where several are updated at once.
    pub(crate) fn naming(self, names_group: bool) -> Self {
        Self { names_group, ..self }
    }

    /// Prints lines; times are relative to `begun`.
    pub(crate) fn tell(&mut self, begun: Option<Timestamp>, lines: &[Line]) {
        let Some(first) = lines.first() else { return };
        match self.format {
            Format::Table | Format::Wide | Format::Name => {
                let groups = if self.names_group { 2 } else { 1 };
                Lines::new(self.printer, begun.unwrap_or(first.at.0), groups).print(lines);
            }
            Format::Json | Format::Yaml => {
                for line in lines {
                    output::print_next(self.printer, self.format, &json!(line));
                }
            }
        }
    }

    /// Whether the output is still read.
    pub(super) fn is_heard(&self) -> bool {
        !self.printer.is_closed()
    }

    /// Prints the end.
    pub(crate) fn end(&mut self, ending: &Ending) {
        match self.format {
            Format::Table | Format::Wide | Format::Name => {
                ending.sentences.iter().for_each(|sentence| self.printer.line(sentence));
            }
            Format::Json | Format::Yaml => {
                output::print_next(
                    self.printer,
                    self.format,
                    &json!(LastLine { about: "end", update: &ending.value }),
                );
            }
        }
        self.printer.flush();
    }
}
