//! What an update tells, line by line, with a filter. The script adds the lines that come.

use jiff::Timestamp;
use maud::{Markup, html};
use replank_engine::messages;
use replank_engine::report::About;
use replank_service::update_feed::LineJson;

use crate::app::App;
use crate::control::{Refusal, Whole, updates};

/// Most lines on a page, the latest ones; the script keeps as many.
const LINES_MAX: usize = 500;
/// What lines are about, in the order of their boxes.
const ABOUT: [About; 6] = [About::Update, About::Pod, About::Sizes, About::Act, About::Wait, About::Problem];

/// The last lines of an update.
pub(super) struct Told {
    lines: Vec<LineJson>,
    begun: Option<Timestamp>,
    run: String,
    next: u64,
}

impl Told {
    /// What was told so far.
    pub(super) fn of<A: Whole>(app: &App<A>, id: &str) -> Result<Self, Refusal> {
        let (mut lines, mut next, mut begun) = (Vec::new(), 0, None);
        loop {
            let heard = updates::heard(&app.service, id, next)?;
            begun = begun.or(heard.begun.map(|at| at.0));
            next = heard.lines.next;
            if heard.lines.told.is_empty() {
                break;
            }
            lines.extend(heard.lines.told);
            let beyond = lines.len().saturating_sub(LINES_MAX);
            lines.drain(..beyond);
        }
        Ok(Self { lines, begun, run: app.service.feed.run().to_owned(), next })
    }

    /// The query with which the events go on after these lines.
    pub(super) fn from(&self) -> String {
        format!("?run={}&from={}", self.run, self.next)
    }

    /// The lines, the latest first.
    pub(super) fn section(&self) -> Markup {
        let begun = self.begun.map(|begun| begun.to_string());
        html! {
            section aria-label="What it tells" {
                h2 { "What it tells" }
                div #filter hidden {
                    label for="words" { "Only lines with " }
                    input #words type="search" autocomplete="off";
                    fieldset {
                        legend { "About" }
                        @for about in ABOUT {
                            label { input type="checkbox" name="about" value=(about.word()) checked; " " (about.word()) }
                            " "
                        }
                    }
                }
                div.lines role="region" aria-label="Lines, the latest first" tabindex="0" {
                ol #log data-begun=[begun] data-most=(LINES_MAX) {
                    @for line in self.lines.iter().rev() {
                        li data-about=(line.about.word()) {
                            time { (messages::since(self.begun.unwrap_or(line.at.0), line.at.0)) } " "
                            span.about-word { (line.about.word()) } " " (line.text)
                        }
                    }
                }
                }
            }
        }
    }
}
