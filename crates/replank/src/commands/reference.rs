//! Pages of the reference, printed from the code they describe.

use std::fmt::Write;

use clap::CommandFactory;

use crate::cli::{Cli, Page, Reference};
use crate::demo::json;
use crate::exit::Exit;
use crate::printer::Printer;

/// Prints a page.
pub(crate) fn run(flags: &Reference, printer: &mut Printer) -> Exit {
    let page = match flags.page {
        Page::ExitCodes => exit_codes(),
        Page::Commands => commands(),
        Page::Waits => replank_engine::words::reference::waits_page(),
        Page::Problems => replank_engine::words::reference::problems_page(),
        Page::Events => events(),
        Page::WorldFile => replank_sim::worldfile::reference(),
    };
    printer.write(&page);
    Exit::Done
}

fn exit_codes() -> String {
    let mut page =
        String::from("# Exit codes\n\nThe same for every command.\n\n| Code | Meaning |\n| --- | --- |\n");
    for exit in Exit::ALL {
        let _infallible = writeln!(page, "| {} | {} |", exit.code(), exit.meaning());
    }
    page
}

fn commands() -> String {
    let mut page = String::from("# Commands\n");
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let help = command
            .clone()
            .bin_name(format!("replank {}", command.get_name()))
            .term_width(100)
            .render_long_help();
        let text: Vec<String> = help.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        let _infallible = write!(
            page,
            "\n## replank {}\n\n```text\n{}\n```\n",
            command.get_name(),
            text.join("\n").trim_end()
        );
    }
    page
}

fn events() -> String {
    let mut page = String::from(
        "# JSON lines\n\n`--output json` prints one JSON object per line. `type` says which.\n\n\
         | `type` | Members |\n| --- | --- |\n",
    );
    for (kind, meaning) in json::KINDS {
        let _infallible = writeln!(page, "| `{kind}` | {meaning} |");
    }
    page + "\n" + &replank_engine::words::reference::events_page()
}
