//! `replank get nodegroups --cloud aws`: every node group with its kind, and how many of its nodes are old.

use anyhow::Result;
use replank_aws::node_groups::{self, Kind, NodeGroup, OldNodes};
use serde_json::{Value, json};

use super::group::{self, patiently};
use crate::cli::remote::{AwsAccount, Format};
use crate::exit::Exit;
use crate::output::{self, Table};
use crate::printer::Printer;
use crate::runtime;

/// Prints the node groups of a cluster, or of all.
pub(crate) fn run(
    account: &AwsAccount,
    cluster: Option<&str>,
    format: Format,
    printer: &mut Printer,
) -> Result<Exit> {
    let runtime = runtime::threads()?;
    let aws = group::connect(&runtime, account)?;
    let groups = patiently(&runtime, || node_groups::list(&aws, cluster))?;
    let standing = |group: NodeGroup| {
        // One that cannot be read does not hide the others.
        let standing = patiently(&runtime, || node_groups::standing(&aws, &group));
        (group, standing.map_err(|error| error.to_string()))
    };
    let rows: Vec<(NodeGroup, Result<OldNodes, String>)> = groups.into_iter().map(standing).collect();
    let value: Vec<Value> = rows.iter().map(|(group, standing)| as_json(group, standing)).collect();
    output::print(printer, format, &json!({ "nodegroups": value }), |printer| {
        let mut table =
            Table::new(&["CLUSTER", "NODEGROUP", "KIND", "SIZES", "ZONES", "LAUNCHES", "RELEASE", "OLD"]);
        for (group, standing) in &rows {
            let cells = row(group, standing);
            table.row(cells.each_ref().map(String::as_str));
        }
        table.print(printer);
        for (group, standing) in &rows {
            if let Err(why) = standing {
                printer.line(&format!("{}: {why}", group.name));
            }
        }
    });
    Ok(Exit::Done)
}

/// Names of the node groups of a cluster that may be updated: those that no other service operates.
pub(crate) fn names(account: &AwsAccount, cluster: Option<&str>) -> Result<Vec<String>> {
    let runtime = runtime::threads()?;
    let aws = group::connect(&runtime, account)?;
    let groups = patiently(&runtime, || node_groups::list(&aws, cluster))?;
    let is_ours = |group: &NodeGroup| !matches!(group.kind, Kind::Operated(_));
    Ok(groups.into_iter().filter(is_ours).map(|group| group.name).collect())
}

fn row(group: &NodeGroup, standing: &Result<OldNodes, String>) -> [String; 8] {
    let sizes = group.group.sizes;
    let (release, old) = match standing {
        Ok(OldNodes { image, release, instances, old }) => {
            let release = if release.is_empty() { image } else { release };
            (release.clone(), format!("{old} of {instances}"))
        }
        Err(_) => ("?".to_owned(), "?".to_owned()),
    };
    [
        group.cluster.clone().unwrap_or_default(),
        group.name.clone(),
        group.kind.word(),
        format!("{}/{}/{}", sizes.min, sizes.desired, sizes.max),
        group.group.zones.join(","),
        group.launches_from(),
        release,
        old,
    ]
}

fn as_json(group: &NodeGroup, standing: &Result<OldNodes, String>) -> Value {
    let sizes = group.group.sizes;
    let mut value = json!({
        "cluster": group.cluster, "name": group.name, "kind": group.kind.word(), "scalingGroup": group.group.name,
        "minSize": sizes.min, "desiredSize": sizes.desired, "maxSize": sizes.max, "zones": group.group.zones,
        "launchesFrom": group.launches_from(),
    });
    match standing {
        Ok(OldNodes { image, release, instances, old }) => {
            value["image"] = image.as_str().into();
            value["release"] = release.as_str().into();
            value["instances"] = (*instances).into();
            value["oldNodes"] = (*old).into();
        }
        Err(why) => value["error"] = why.as_str().into(),
    }
    value
}
