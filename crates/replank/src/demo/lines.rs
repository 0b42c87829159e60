//! Events as plain lines, the same for updates in this process and on a server.

use jiff::Timestamp;
use replank_engine::commands::CommandError;
use replank_engine::messages::since;
use replank_engine::report::{About, Line, Narrator};
use replank_engine::run::Face;
use replank_engine::turn::Turned;
use replank_sim::session::Told;

use super::Teller;
use super::feed::{Feed, News};
use crate::printer::Printer;

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

    fn say(&mut self, at: Timestamp, about: &str, what: &str) {
        self.printer.line(&format!("{} {about:<8} {what}", since(self.begun, at)));
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

/// Prints the lines of updates that run in this process.
#[derive(Debug)]
pub(crate) struct OwnLines<'p> {
    lines: Lines<'p>,
    narrator: Narrator,
    feed: Option<Feed>,
}

impl<'p> OwnLines<'p> {
    /// Prints turns on `lines`, and the changes of pods if there is a `feed`.
    pub(crate) fn new(lines: Lines<'p>, feed: Option<Feed>) -> Self {
        Self { lines, narrator: Narrator::default(), feed }
    }
}

impl Teller for OwnLines<'_> {
    fn tell(&mut self, told: &Told) {
        self.lines.say(told.at, "script", &format!("{}: {}", told.act, told.answer));
    }
}

impl Face for OwnLines<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let news = self.feed.as_mut().map(Feed::news).unwrap_or_default();
        let lines = self.narrator.tell(turned, news.iter().map(News::text));
        self.lines.print(&lines);
    }

    fn refused(&mut self, error: &CommandError) {
        Printer::complain(&format!("warning: {error}"));
    }
}
