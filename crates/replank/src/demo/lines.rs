//! Lines of updates that run in this process, on the embedded world.

use replank_engine::commands::CommandError;
use replank_engine::report::Narrator;
use replank_engine::run::Face;
use replank_engine::turn::Turned;
use replank_rehearsal::session::Told;

use super::ActListener;
use super::feed::{Feed, News};
use crate::lines::Lines;
use crate::printer::Printer;

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

impl ActListener for OwnLines<'_> {
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
