//! `replank get`: lists of what a server has.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::messages;
use replank_server::control::api::{
    ClustersAnswer, ImagesAnswer, NodeAnswer, NodegroupsAnswer, NodesAnswer, UpdateAnswer, UpdatesAnswer,
};
use replank_service::records::Nodegroup;
use serde::Serialize;

use super::resolve;
use crate::cli::remote::{Cloud, Format, Get, Listed};
use crate::client::Client;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output::{self, Table, word};
use crate::printer::Printer;
use crate::real;

/// Prints a list.
pub(crate) fn run(flags: &Get, printer: &mut Printer) -> Result<Exit> {
    if flags.cloud.is_some() {
        return of_cloud(flags, printer);
    }
    let client = Client::new(&flags.server)?;
    let (cluster, group) = (flags.cluster.cluster.as_deref(), flags.nodegroup.as_deref());
    match group {
        Some(group) => drop(resolve::group(&client, group, cluster)?),
        None if cluster.is_some() => drop(resolve::groups(&client, cluster)?),
        None => {}
    }
    let mut query = resolve::narrowed(cluster, group);
    match flags.kind {
        Listed::Clusters => {
            let list: ClustersAnswer = client.get("clusters", &[])?;
            let names = list.clusters.iter().map(|one| format!("cluster/{}", one.name));
            print(flags, &list, (clusters(&list), 4), names, printer);
        }
        Listed::Nodegroups => {
            let mut list: NodegroupsAnswer = client.get("nodegroups", &query)?;
            list.nodegroups.retain(|one| group.is_none_or(|group| one.nodegroup_name == group));
            let names = list.nodegroups.iter().map(|one| format!("nodegroup/{}", one.nodegroup_name));
            print(flags, &list, (nodegroups(&list), 9), names, printer);
        }
        Listed::Updates => {
            if flags.running {
                query.push(("running", "true"));
            }
            let list: UpdatesAnswer = client.get("updates", &query)?;
            let names = list.updates.iter().map(|one| format!("update/{}", one.update));
            print(flags, &list, (updates(&list), 8), names, printer);
        }
        Listed::Images => {
            let groups: NodegroupsAnswer = client.get("nodegroups", &[])?;
            let list = images(&client, flags, &groups)?;
            let names = list.images.iter().map(|one| format!("image/{}", one.id));
            print(flags, &list, (image_table(&list, &groups), 6), names, printer);
        }
        Listed::Nodes => {
            let list: NodesAnswer = client.get("nodes", &query)?;
            // One that never joined has the name of its instance.
            let named = |one: &NodeAnswer| one.row.name.clone().unwrap_or_else(|| one.row.instance.clone());
            let names = list.nodes.iter().map(|one| format!("node/{}", named(one)));
            print(flags, &list, (nodes(&list), 8), names, printer);
        }
    }
    Ok(Exit::Done)
}

/// Image type of node groups whose image stands in their launch template; EKS publishes none of it.
const CUSTOM: &str = "CUSTOM";

/// Lists what a cloud has, without a server.
fn of_cloud(flags: &Get, printer: &mut Printer) -> Result<Exit> {
    match (flags.cloud, flags.kind) {
        (Some(Cloud::Aws), Listed::Nodegroups) => {
            let cluster = flags.cluster.cluster.as_deref();
            real::aws::list::run(&flags.account, cluster, flags.server.output, printer)
        }
        (Some(Cloud::Aws), _) => {
            Err(bad("--cloud aws: of AWS itself node groups are listed: get nodegroups".to_owned()))
        }
        (Some(Cloud::Kwok) | None, _) => {
            Err(bad("--cloud kwok: `replank up --cloud kwok` serves it; ask that server, without --cloud"
                .to_owned()))
        }
    }
}

/// Prints a list for people as the table, of which so many columns are the usual ones, or by `names`; for programs as it is.
fn print(
    flags: &Get,
    list: &impl Serialize,
    (table, usual): (Table, usize),
    mut names: impl Iterator<Item = String>,
    printer: &mut Printer,
) {
    let format = flags.server.output;
    output::print(printer, format, list, |printer| {
        if table.is_empty() {
            Printer::complain("there is none");
        }
        match format {
            Format::Name => names.by_ref().for_each(|name| printer.line(&name)),
            Format::Wide => table.print(printer),
            Format::Table | Format::Json | Format::Yaml => table.first_columns(usual).print(printer),
        }
    });
}

fn clusters(list: &ClustersAnswer) -> Table {
    let mut table = Table::new(&["NAME", "VERSION", "STATUS", "NODEGROUPS", "PLATFORM"]);
    for one in &list.clusters {
        let groups = one.nodegroups.to_string();
        table.row([&one.name, &one.version, &word(&one.status), &groups, &one.platform_version]);
    }
    table
}

fn nodegroups(list: &NodegroupsAnswer) -> Table {
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
        "INSTANCE TYPES",
        "CAPACITY",
        "MAX UNAVAILABLE",
    ]);
    for one in &list.nodegroups {
        let sizes = one.scaling_config;
        let [min, desired, max] =
            [sizes.min_size, sizes.desired_size, sizes.max_size].map(|size| size.to_string());
        let version = one.version.as_deref().unwrap_or_default();
        let release = one.release_version.as_deref().unwrap_or_default();
        let (cluster, name, status) = (&one.cluster_name, &one.nodegroup_name, word(&one.status));
        let types = one.instance_types.as_deref().unwrap_or_default().join(", ");
        let (count, share) =
            (one.update_config.max_unavailable, one.update_config.max_unavailable_percentage);
        let most = share.map(|share| format!("{share}%")).or(count.map(|count| count.to_string()));
        let most = most.unwrap_or_default();
        let capacity = &one.capacity_type;
        table.row([
            cluster,
            name,
            &status,
            version,
            release,
            &one.ami_type,
            &min,
            &desired,
            &max,
            &types,
            capacity,
            &most,
        ]);
    }
    table
}

fn updates(list: &UpdatesAnswer) -> Table {
    let mut table = Table::new(&[
        "UPDATE",
        "CLUSTER",
        "NODEGROUP",
        "TYPE",
        "STATUS",
        "PHASE",
        "REPLACED",
        "AGE",
        "ERRORS",
    ]);
    for one in &list.updates {
        let UpdateAnswer { update, cluster, nodegroup, recorded, report, .. } = one;
        let counts = report.as_ref().map(|report| report.counts);
        let replaced = counts.map(|counts| format!("{}/{}", counts.replaced, counts.replaced + counts.old));
        let phase = report.as_ref().filter(|_| one.is_running()).map(|report| word(&report.phase));
        let begun = recorded.as_ref().and_then(|recorded| recorded.created_at_wall.as_ref()?.parse().ok());
        let age = begun.map(|at: Timestamp| messages::span(Timestamp::now().duration_since(at)));
        let kind = recorded.as_ref().map(|recorded| recorded.kind.as_str());
        table.row([
            update,
            cluster.as_deref().unwrap_or_default(),
            nodegroup.as_deref().unwrap_or_default(),
            kind.unwrap_or_default(),
            &resolve::status(one),
            &phase.unwrap_or_default(),
            &replaced.unwrap_or_default(),
            &age.unwrap_or_default(),
            &recorded
                .iter()
                .flat_map(|it| &it.errors)
                .map(|it| it.error_code.clone())
                .collect::<Vec<_>>()
                .join(", "),
        ]);
    }
    table
}

fn nodes(list: &NodesAnswer) -> Table {
    let columns =
        ["NAME", "INSTANCE", "NODEGROUP", "ZONE", "STATUS", "VERSION", "RELEASE", "PODS", "CLUSTER"];
    let mut table = Table::new(&columns);
    for one in &list.nodes {
        let row = &one.row;
        let (name, pods) = (row.name.as_deref().unwrap_or_default(), row.pods.to_string());
        table.row([
            name,
            &row.instance,
            &row.nodegroup,
            &row.zone,
            &row.status,
            &row.kubelet,
            &row.release,
            &pods,
            &one.cluster,
        ]);
    }
    table
}

/// Images of a type and version; without either, those of the node groups.
fn images(client: &Client, flags: &Get, groups: &NodegroupsAnswer) -> Result<ImagesAnswer> {
    let (kind, version) = (flags.image_type.as_deref(), flags.kubernetes_version.as_deref());
    let fits = |group: &&Nodegroup| {
        flags.nodegroup.as_deref().is_none_or(|name| group.nodegroup_name == name)
            && flags.cluster.cluster.as_deref().is_none_or(|name| group.cluster_name == name)
    };
    let (custom, listed): (Vec<_>, Vec<_>) =
        groups.nodegroups.iter().filter(fits).partition(|group| group.ami_type == CUSTOM);
    for group in custom.iter().filter(|_| kind.is_none()) {
        let image = group.release_version.as_deref().unwrap_or_default();
        Printer::complain(&format!(
            "note: node group {} runs {image}, an image of its own launch template",
            group.nodegroup_name
        ));
    }
    let own: BTreeSet<(&str, &str)> = listed
        .iter()
        .map(|group| (group.ami_type.as_str(), group.version.as_deref().unwrap_or_default()))
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
        let of_pair: ImagesAnswer = client.get("images", &query)?;
        images.extend(of_pair.images);
    }
    Ok(ImagesAnswer { images })
}

fn image_table(list: &ImagesAnswer, groups: &NodegroupsAnswer) -> Table {
    let mut table = Table::new(&["IMAGE", "TYPE", "VERSION", "RELEASE", "PUBLISHED", "RUN BY"]);
    for one in &list.images {
        let runs = |group: &&Nodegroup| {
            group.ami_type == one.kind && group.release_version.as_deref() == Some(one.release.as_str())
        };
        let run_by = groups.nodegroups.iter().filter(runs).map(|group| group.nodegroup_name.as_str());
        let run_by = run_by.collect::<Vec<_>>().join(", ");
        table.row([&one.id, &one.kind, &one.minor, &one.release, &one.published, &run_by]);
    }
    table
}
