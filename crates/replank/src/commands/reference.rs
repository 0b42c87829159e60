//! Pages of the reference, generated from the code they describe.

use std::any::TypeId;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, Command, CommandFactory};
use serde_json::{Value, json};

use super::schema;
use crate::cli::{Cli, Page, Reference, given};
use crate::demo::json;
use crate::deploy;
use crate::exit::Exit;
use crate::printer::Printer;

/// Prints a page.
pub(crate) fn run(flags: &Reference, printer: &mut Printer) -> Result<Exit> {
    let page = match flags.page {
        Page::ExitCodes => exit_codes(),
        Page::Commands => commands(),
        Page::Waits => replank_engine::reference::waits_page(),
        Page::Problems => replank_engine::reference::problems_page(),
        Page::Json => schema::page(),
        Page::Events => events(),
        Page::Findings => replank_check::page() + crate::check::SHAPE,
        Page::EksOperations => replank_server::eks::support::page(),
        Page::AwsOperations => replank_server::operations::page(),
        Page::ControlApi => replank_server::control::page(),
        Page::ByMinor => replank_engine::reference::by_minor_page(),
        Page::WorldFile => replank_formats::worldfile::reference(),
        Page::OperatorCrds => deploy::crds(),
        Page::OperatorManifests => deploy::plain()?,
        Page::ChartAbout => deploy::about(),
        Page::ChartValues => deploy::values(),
        Page::ChartSchema => deploy::schema(),
        Page::ChartTemplates => deploy::templates()?,
        Page::ChartMonitoring => deploy::monitoring(),
        Page::Alerts => deploy::alerts(),
        Page::Board => deploy::board(),
        Page::Files => files(),
    };
    printer.write(&page);
    Ok(Exit::Done)
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
    for command in given::command().get_subcommands() {
        help(&mut page, "replank", command);
    }
    page
}

/// Help of a command and of its subcommands.
fn help(page: &mut String, above: &str, command: &Command) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    let help = command.clone().bin_name(&name).term_width(100).render_long_help();
    let text: Vec<String> = help.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    let _infallible = write!(page, "\n## {name}\n\n```text\n{}\n```\n", text.join("\n").trim_end());
    if command.get_name() != "world" {
        command.get_subcommands().for_each(|below| self::help(page, &name, below));
    }
}

/// Every command, with those of its arguments that name a file or a directory.
fn files() -> String {
    let mut page = String::new();
    let mut root = Cli::command();
    root.build();
    files_of(&mut page, "", &root);
    page
}

fn files_of(page: &mut String, above: &str, command: &Command) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let name = format!("{above} {}", below.get_name()).trim_start().to_owned();
        if !below.is_subcommand_required_set() {
            let is_path = |arg: &&Arg| arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
            let said = |arg: &Arg| {
                let long = arg.get_long().map(|long| format!("--{long}"));
                json!({"flag": long, "is_required": arg.is_required_set()})
            };
            let files: Vec<Value> = below.get_arguments().filter(is_path).map(said).collect();
            let _infallible = writeln!(page, "{}", json!({"command": name, "files": files}));
        }
        files_of(page, &name, below);
    }
}

fn events() -> String {
    let mut page = String::from(
        "# JSON lines\n\n`replank demo --output json` prints one JSON object per line. `type` says which.\n\n\
         | `type` | Members |\n| --- | --- |\n",
    );
    for (kind, meaning) in json::KINDS {
        let _infallible = writeln!(page, "| `{kind}` | {meaning} |");
    }
    let _infallible = write!(
        page,
        "\nThe members of a line, of a plan and of everything else that commands print are those of \
         [JSON output](json.md).\n\n{}",
        replank_engine::reference::events_page()
    );
    page
}
