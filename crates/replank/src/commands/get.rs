//! `replank get`: lists clusters, node groups, updates and images of a server.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::messages;
use serde_json::{Value, json};

use super::resolve;
use crate::cli::remote::{Get, Listed};
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{self, Table, items, text};
use crate::printer::Printer;

/// Prints a list.
pub(crate) fn run(flags: &Get, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    let (cluster, group) = (flags.cluster.cluster.as_deref(), flags.nodegroup.as_deref());
    match group {
        Some(group) => drop(resolve::group(&client, group, cluster)?),
        None if cluster.is_some() => drop(resolve::groups(&client, cluster)?),
        None => {}
    }
    let mut query = resolve::narrowed(cluster, group);
    let (list, table) = match flags.kind {
        Listed::Clusters => {
            let list = client.get("clusters", &[])?;
            let table = clusters(&list);
            (list, table)
        }
        Listed::Nodegroups => {
            let mut list = client.get("nodegroups", &query)?;
            if let (Some(group), Some(groups)) = (group, list["nodegroups"].as_array_mut()) {
                groups.retain(|one| text(one, "nodegroupName") == group);
            }
            let table = nodegroups(&list);
            (list, table)
        }
        Listed::Updates => {
            if flags.running {
                query.push(("running", "true"));
            }
            let list = client.get("updates", &query)?;
            let table = updates(&list);
            (list, table)
        }
        Listed::Images => {
            let list = images(&client, flags)?;
            let table = image_table(&list, &client.get("nodegroups", &[])?);
            (list, table)
        }
        Listed::Nodes => {
            let list = client.get("nodes", &query)?;
            let table = nodes(&list);
            (list, table)
        }
    };
    output::print(printer, flags.server.output, &list, |printer| {
        if table.is_empty() {
            Printer::complain("there is none");
        }
        table.print(printer);
    });
    Ok(Exit::Done)
}

fn clusters(list: &Value) -> Table {
    let mut table = Table::new(&["NAME", "VERSION", "STATUS", "NODEGROUPS"]);
    for one in items(list, "clusters") {
        let count = one["nodegroups"].to_string();
        table.row([text(one, "name"), text(one, "version"), text(one, "status"), &count]);
    }
    table
}

fn nodegroups(list: &Value) -> Table {
    let mut table = Table::new(&[
        "CLUSTER",
        "NAME",
        "STATUS",
        "VERSION",
        "RELEASE",
        "IMAGE TYPE",
        "MIN",
        "DESIRED",
        "MAX",
    ]);
    for one in items(list, "nodegroups") {
        let [min, desired, max] =
            ["minSize", "desiredSize", "maxSize"].map(|name| one["scalingConfig"][name].to_string());
        let [cluster, name, status, version, release, kind] =
            ["clusterName", "nodegroupName", "status", "version", "releaseVersion", "amiType"]
                .map(|name| text(one, name));
        table.row([cluster, name, status, version, release, kind, &min, &desired, &max]);
    }
    table
}

fn updates(list: &Value) -> Table {
    let mut table =
        Table::new(&["UPDATE", "CLUSTER", "NODEGROUP", "TYPE", "STATUS", "PHASE", "REPLACED", "AGE"]);
    for one in items(list, "updates") {
        let report = &one["report"];
        let counts = &report["counts"];
        let count = |name: &str| counts[name].as_u64();
        let replaced = count("replaced").zip(count("old"));
        let replaced = replaced.map(|(done, left)| format!("{done}/{}", done + left)).unwrap_or_default();
        let [id, cluster, group, kind, status] =
            ["update", "cluster", "nodegroup", "type", "status"].map(|name| text(one, name));
        let phase = if resolve::is_running(one) { text(report, "phase") } else { "" };
        let begun = text(one, "createdAt").parse::<Timestamp>();
        let age = begun.map(|at| messages::span(Timestamp::now().duration_since(at))).unwrap_or_default();
        table.row([id, cluster, group, kind, status, phase, &replaced, &age]);
    }
    table
}

fn nodes(list: &Value) -> Table {
    let columns = ["NAME", "INSTANCE", "NODEGROUP", "ZONE", "STATUS", "VERSION", "RELEASE", "PODS"];
    let mut table = Table::new(&columns);
    for one in items(list, "nodes") {
        let [name, instance, group, zone, status, kubelet, release] =
            ["name", "instance", "nodegroup", "zone", "status", "kubelet", "release"]
                .map(|name| text(one, name));
        table.row([name, instance, group, zone, status, kubelet, release, &one["pods"].to_string()]);
    }
    table
}

/// Images of the given type, else of the types of the node groups; of the given version, else of each group's own.
fn images(client: &Client, flags: &Get) -> Result<Value> {
    let (kind, version) = (flags.image_type.as_deref(), flags.kubernetes_version.as_deref());
    let groups = client.get("nodegroups", &resolve::narrowed(flags.cluster.cluster.as_deref(), None))?;
    let fits =
        |group: &&Value| flags.nodegroup.as_deref().is_none_or(|name| text(group, "nodegroupName") == name);
    let own: BTreeSet<(&str, &str)> = items(&groups, "nodegroups")
        .filter(fits)
        .map(|group| (text(group, "amiType"), text(group, "version")))
        .filter(|(_, version)| !version.is_empty())
        .collect();
    let pairs: BTreeSet<(Option<&str>, Option<&str>)> = match kind {
        Some(kind) => [(Some(kind), version)].into(),
        None => own.into_iter().map(|(kind, own)| (Some(kind), Some(version.unwrap_or(own)))).collect(),
    };
    let mut images = Vec::new();
    for (kind, version) in pairs {
        let named = [("type", kind), ("version", version)];
        let query: Vec<(&str, &str)> = named.into_iter().filter_map(|(name, it)| Some((name, it?))).collect();
        images.extend(items(&client.get("images", &query)?, "images").cloned());
    }
    Ok(json!({ "images": images }))
}

fn image_table(list: &Value, groups: &Value) -> Table {
    let mut table = Table::new(&["IMAGE", "TYPE", "VERSION", "RELEASE", "PUBLISHED", "RUN BY"]);
    for one in items(list, "images") {
        let [id, kind, minor, release, published] =
            ["id", "kind", "minor", "release", "published"].map(|name| text(one, name));
        let runs =
            |group: &&Value| text(group, "amiType") == kind && text(group, "releaseVersion") == release;
        let run_by = items(groups, "nodegroups").filter(runs).map(|group| text(group, "nodegroupName"));
        table.row([id, kind, minor, release, published, &run_by.collect::<Vec<_>>().join(", ")]);
    }
    table
}
