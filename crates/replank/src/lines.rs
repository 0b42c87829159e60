//! Events as plain lines, the same for updates in this process and on a server.

use jiff::Timestamp;
use replank_engine::messages::since;
use replank_engine::report::{About, Line};

use crate::printer::{Printer, Tone};

/// Prints every event as a line: virtual time since the start, subject, text.
#[derive(Debug)]
pub(crate) struct Lines<'p> {
    printer: &'p mut Printer,
    begun: Timestamp,
    /// Whether lines name their node group, because several groups are updated.
    names_groups: bool,
}

impl<'p> Lines<'p> {
    /// Prints on `printer`; `begun` is when the first update started, `groups` is the number of updates.
    pub(crate) fn new(printer: &'p mut Printer, begun: Timestamp, groups: usize) -> Self {
        Self { printer, begun, names_groups: groups > 1 }
    }

    /// Prints one line: time, subject, text.
    pub(crate) fn say(&mut self, at: Timestamp, about: &str, what: &str) {
        let word = self.printer.word(&format!("{about:<8}"), tone(about));
        self.printer.line(&format!("{} {word} {what}", since(self.begun, at)));
    }

    /// Prints some lines.
    pub(crate) fn print(&mut self, lines: &[Line]) {
        for line in lines {
            if self.names_groups && !matches!(line.about, About::Pod) {
                self.say(line.at.0, line.about.word(), &format!("[{}] {}", line.group, line.text));
            } else {
                self.say(line.at.0, line.about.word(), &line.text);
            }
        }
        self.printer.flush();
    }
}

/// The colour of a line's subject.
fn tone(about: &str) -> Option<Tone> {
    match about {
        "wait" => Some(Tone::Attention),
        "problem" => Some(Tone::Bad),
        _ => None,
    }
}
