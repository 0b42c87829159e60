//! What a person may ask of an update, with what will happen said before.

use maud::{Markup, html};

use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab, ours};
use super::{Visit, fleet};
use crate::app::App;
use crate::control::api::{CommandRequest, UpdateAnswer};
use crate::control::{Refusal, Whole, updates};

/// Something to ask of an update.
struct Ask {
    /// As the control API has it.
    verb: &'static str,
    label: &'static str,
    /// Sentence about what the command does, shown before it is asked for.
    happens: &'static str,
    /// What may be chosen: field, words.
    choices: &'static [(&'static str, &'static str)],
}

const ASKS: [Ask; 4] = [
    Ask {
        verb: "pause",
        label: "Pause",
        happens: "No further node is picked. Nodes in work are finished: they are emptied and replaced to the end. \
                  Everything stays as it is then, until somebody resumes or cancels.",
        choices: &[(
            "uncordon",
            "Nodes in work go back into service instead, with the pods that are still on them",
        )],
    },
    Ask {
        verb: "resume",
        label: "Resume",
        happens: "The update goes on where it is: the next nodes are picked.",
        choices: &[],
    },
    Ask {
        verb: "cancel",
        label: "Cancel",
        happens: "No further node is picked, and nodes in work are finished. The extra new nodes go, every old one stays, \
                  marks come off and the sizes are as before. What is replaced stays replaced. This cannot be taken \
                  back; the update can be started again.",
        choices: &[
            ("uncordon", "Nodes in work go back into service instead of being finished"),
            ("keep_new", "The new nodes stay, and old ones go in their place"),
        ],
    },
    Ask {
        verb: "force",
        label: "Allow force",
        happens: "Pods that do not leave a node within the drain limit are deleted then, whatever their budgets say. \
                  Applications may lose more pods at once than they allow. This cannot be taken back.",
        choices: &[],
    },
];

/// Links to what can be asked of an update as it stands. Whether it is done is the engine's to say.
pub(super) fn offered(update: &UpdateAnswer) -> Markup {
    let Some(report) = update.report.as_ref().filter(|_| update.is_running()) else { return html! {} };
    let is_paused = report.wishes.paused.is_some();
    let fits = |ask: &&Ask| match ask.verb {
        "pause" => !is_paused,
        "resume" => is_paused,
        "force" => !report.force,
        _ => report.wishes.cancelled.is_none(),
    };
    html! {
        p.commands {
            @for ask in ASKS.iter().filter(fits) {
                a.button id={ "ask-" (ask.verb) } href=(address(&["updates", &update.update, ask.verb])) { (ask.label) } " "
            }
        }
    }
}

/// What will happen, and the question whether it shall.
pub(super) fn ask<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let (update, ask) = meant(app, visit)?;
    let of = fleet::title(&update);
    let back = address(&["updates", &update.update]);
    let content = html! {
        p { (ask.happens) }
        form method="post" action=(address(&["updates", &update.update, ask.verb])) {
            (ours(visit))
            @if app.declared.is_some() {
                p { "It is written into the object that declares the update, and done when the operator sees it there." }
            }
            // What is declared has no words for these.
            @for (field, words) in ask.choices.iter().filter(|_| app.declared.is_none()) {
                p { label { input type="checkbox" name=(field) value="yes"; " " (words) } }
            }
            p.commands {
                button type="submit" { (ask.label) " the update of " (of) } " "
                a.button href=(back) { "Leave it as it is" }
            }
        }
    };
    Ok(shell::page(visit, Tab::Fleet, &format!("{}: {of}?", ask.label), &Current::Not, &content))
}

/// Gives the command that the form names, and leads back to the update.
pub(super) async fn give<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let (update, ask) = meant(app, visit)?;
    let manner = CommandRequest {
        uncordon: visit.form.is_ticked("uncordon"),
        restore_target: None,
        keep_new: visit.form.is_ticked("keep_new"),
    };
    updates::command(app, &update.update, ask.verb, &manner, visit.by()).await?;
    Ok(Page::elsewhere(address(&["updates", &update.update])))
}

/// The update and what is asked of it.
fn meant<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<(UpdateAnswer, &'static Ask), Refusal> {
    let update = updates::show(app, visit.id())?;
    let verb = visit.given.get(1).map_or("", String::as_str);
    let ask = ASKS.iter().find(|ask| ask.verb == verb);
    let ask =
        ask.ok_or_else(|| Refusal::missing(format!("{verb} is nothing that can be asked of an update.")))?;
    Ok((update, ask))
}
