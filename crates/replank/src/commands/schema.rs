//! `replank schema`: the JSON Schema of every document that commands print, made from the types that are printed.

use std::fmt::Write;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use replank_engine::report::Line;
use replank_engine::report::plan::PlanJson;
use replank_engine::report::wire::FORMAT;
use replank_server::control::api::{
    ActAnswer, BegunAnswer, ClustersAnswer, CommandAnswer, HistoryAnswer, ImagesAnswer, NodegroupsAnswer,
    NodesAnswer, TimeAnswer, UpdatesAnswer,
};
use replank_server::control::upgrade_api::{UpgradeHistory, UpgradePlan};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{dashboard, drain, why};
use crate::check::Checked;
use crate::cli::schema::{self, Document};
use crate::exit::Exit;
use crate::follow::LastLine;
use crate::printer::Printer;
use crate::{demo, rehearse, rehearse_cluster};

/// Prints the schema of a document, or which there are.
pub(crate) fn run(flags: &schema::Schema, printer: &mut Printer) -> Exit {
    match flags.document {
        Some(document) => printer.line(&format!("{:#}", schema(document))),
        None => printer.write(&list()),
    }
    Exit::Done
}

/// The schema of the type that is printed.
fn plain(document: Document) -> Schema {
    match document {
        Document::Plan => of::<PlanJson>(),
        Document::DemoLine => of::<demo::json::Line>(),
        Document::Rehearsal => of::<rehearse::Report>(),
        Document::ClusterRehearsal => of::<rehearse_cluster::ClusterReport>(),
        Document::Check => of::<Checked<'_>>(),
        Document::UpgradePlan => of::<UpgradePlan>(),
        Document::Begun => of::<BegunAnswer>(),
        Document::Line => of::<Line>(),
        Document::LastLine => of::<LastLine<'_>>(),
        Document::Why => of::<why::Shown>(),
        Document::History => of::<HistoryAnswer>(),
        Document::UpgradeHistory => of::<UpgradeHistory>(),
        Document::Command => of::<CommandAnswer>(),
        Document::Clusters => of::<ClustersAnswer>(),
        Document::Nodegroups => of::<NodegroupsAnswer>(),
        Document::Updates => of::<UpdatesAnswer>(),
        Document::Images => of::<ImagesAnswer>(),
        Document::Nodes => of::<NodesAnswer>(),
        Document::DrainPlan => of::<drain::Plan>(),
        Document::Time => of::<TimeAnswer>(),
        Document::Act => of::<ActAnswer>(),
        Document::Link => of::<dashboard::Shown>(),
    }
}

fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// The schema with its name and the number of the format. The code's word for a value that is not there becomes JSON's.
fn schema(document: Document) -> Value {
    let mut schema = plain(document);
    let name = told(document).0;
    schema.insert("title".to_owned(), json!(format!("replank {name}, format {FORMAT}")));
    let mut schema = schema.to_value();
    spell_null(&mut schema);
    schema
}

fn spell_null(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("`None`", "`null`"),
        Value::Array(all) => all.iter_mut().for_each(spell_null),
        Value::Object(all) => all.values_mut().for_each(spell_null),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Name of a document, and what prints it.
fn told(document: Document) -> (String, String) {
    let value = document.to_possible_value();
    let printed_by = value.as_ref().and_then(PossibleValue::get_help).map(ToString::to_string);
    (value.map_or_else(String::new, |value| value.get_name().to_owned()), printed_by.unwrap_or_default())
}

fn list() -> String {
    let all: Vec<(String, String)> = Document::value_variants().iter().map(|it| told(*it)).collect();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    all.iter().fold(String::new(), |mut page, (name, printed_by)| {
        let _infallible = writeln!(page, "{name:width$}  {}", printed_by.replace('`', ""));
        page
    })
}

/// `docs/reference/json.md`.
pub(crate) fn page() -> String {
    let mut page = format!(
        "# JSON output\n\nWith `-o json` commands print one JSON document, or one to a line where things happen one \
         after the other; `-o yaml` prints the same as YAML. It is format {FORMAT}: members are only ever added to a \
         format, and what an old reader would misunderstand makes the next number. Plans and reports carry it as \
         `format`.\n\n\
         - Members are in camel case, as those of Kubernetes and AWS, and so are the words for phases and kinds.\n\
         - Times are RFC 3339 in UTC, on the clock of the cluster. In the embedded world that is virtual time; \
         `createdAtWall` and `wall` are on the clock of the wall. What EKS answers (`get nodegroups`) is passed on as \
         it is, in seconds of the wall clock.\n\
         - `seconds` are whole seconds of the clock of the cluster; `phases` have the same shape everywhere, \
         `{{\"phase\": \"scaleUp\", \"seconds\": 71}}`.\n\
         - What is not known yet, or does not apply, is `null`.\n\n\
         `replank schema DOCUMENT` prints the JSON Schema of a document, with the meaning of every member. It is made \
         from the types that are printed.\n\n| Document | Printed by |\n| --- | --- |\n"
    );
    for document in Document::value_variants() {
        let (name, printed_by) = told(*document);
        let _infallible = writeln!(page, "| `{name}` | {printed_by} |");
    }
    page
}
