//! Finds the node group or update that an argument names, and lists what there is when nothing matches.

use anyhow::Result;
use serde_json::Value;

use crate::client::Client;
use crate::errors::bad;
use crate::output::{items, text};

/// A node group on a server.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Name of its cluster.
    pub(crate) cluster: String,
    /// Name of the group.
    pub(crate) name: String,
}

/// Finds a node group by its name, in the given cluster or in the only one that has it.
pub(crate) fn group(client: &Client, name: &str, cluster: Option<&str>) -> Result<Group> {
    named(&groups(client, cluster)?, name).map_err(bad)
}

fn named(all: &[Group], name: &str) -> Result<Group, String> {
    let mut found = all.iter().filter(|group| group.name == name);
    match (found.next(), found.next()) {
        (Some(group), None) => Ok(group.clone()),
        (Some(_), Some(_)) => {
            let clusters = all.iter().filter(|group| group.name == name).map(|group| group.cluster.as_str());
            let clusters: Vec<&str> = clusters.collect();
            Err(format!(
                "node group {name}: several clusters have one: {}; say which with --cluster",
                clusters.join(", ")
            ))
        }
        (None, _) => Err(format!("node group {name}: there is none of that name; {}", there(all))),
    }
}

/// All node groups, or those of a cluster.
pub(crate) fn groups(client: &Client, cluster: Option<&str>) -> Result<Vec<Group>> {
    if let Some(name) = cluster {
        let clusters = client.get("clusters", &[])?;
        let names: Vec<&str> = items(&clusters, "clusters").map(|cluster| text(cluster, "name")).collect();
        if !names.contains(&name) {
            let known = list("cluster", &names);
            return Err(bad(format!("--cluster {name}: there is none of that name; {known}")));
        }
    }
    let answer = client.get("nodegroups", &narrowed(cluster, None))?;
    let groups = items(&answer, "nodegroups");
    Ok(groups
        .map(|group| Group {
            cluster: text(group, "clusterName").to_owned(),
            name: text(group, "nodegroupName").to_owned(),
        })
        .collect())
}

/// Cluster and node group as query parameters.
pub(crate) fn narrowed<'a>(cluster: Option<&'a str>, group: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let pairs = [("cluster", cluster), ("nodegroup", group)];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Updates among which a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Those that are running.
    Running,
    /// Running ones first, else the latest finished one.
    All,
}

/// Finds an update: by its id, by its node group, or the only one there is.
pub(crate) fn update(
    client: &Client,
    what: Option<&str>,
    cluster: Option<&str>,
    among: Among,
) -> Result<Value> {
    let answer = client.get("updates", &narrowed(cluster, None))?;
    let all: Vec<&Value> = items(&answer, "updates").collect();
    let is_id = |what: &str| all.iter().any(|update| text(update, "update") == what);
    if let Some(what) = what.filter(|what| !is_id(what)) {
        known(client, what, cluster)?;
    }
    chosen(&all, what, among).map_err(bad)
}

fn chosen(all: &[&Value], what: Option<&str>, among: Among) -> Result<Value, String> {
    if let Some(found) = what.and_then(|what| all.iter().find(|update| text(update, "update") == what)) {
        return Ok((*found).clone());
    }
    let fits = |update: &&&Value| what.is_none_or(|what| text(update, "nodegroup") == what);
    let fitting: Vec<&Value> = all.iter().filter(fits).copied().filter(|update| has_group(update)).collect();
    let running: Vec<&Value> = fitting.iter().copied().filter(|update| is_running(update)).collect();
    let of = what.map_or(String::new(), |what| format!(" of node group {what}"));
    match (&running[..], fitting.last(), among) {
        ([one], ..) => Ok((*one).clone()),
        ([], Some(last), Among::All) => Ok((*last).clone()),
        ([], None, Among::All) => Err(format!("there is no update{of} yet")),
        ([], Some(last), Among::Running) => Err(format!(
            "no update{of} is under way; the last one, {}, is {}",
            text(last, "update"),
            text(last, "status")
        )),
        ([], None, Among::Running) => Err(format!("no update{of} is under way")),
        (several, ..) => {
            let named = several.iter().map(|update| {
                let [id, group, cluster] = ["update", "nodegroup", "cluster"].map(|name| text(update, name));
                format!("{id} (node group {group} of cluster {cluster})")
            });
            let named: Vec<String> = named.collect();
            Err(format!("several updates are under way; name one: {}", named.join(", ")))
        }
    }
}

/// Whether an update is running.
pub(crate) fn is_running(update: &Value) -> bool {
    match update["status"].as_str() {
        Some(status) => status == "InProgress",
        None => update["report"].is_object() && update["report"]["end"].is_null(),
    }
}

fn has_group(update: &Value) -> bool {
    update["nodegroup"].is_string()
}

/// Error unless a name that is no update's is that of a node group.
fn known(client: &Client, what: &str, cluster: Option<&str>) -> Result<()> {
    let all = groups(client, cluster)?;
    if all.iter().any(|group| group.name == what) {
        return Ok(());
    }
    Err(bad(format!("{what}: there is no update and no node group of that name; {}", there(&all))))
}

fn there(groups: &[Group]) -> String {
    let named: Vec<String> =
        groups.iter().map(|group| format!("{} (of {})", group.name, group.cluster)).collect();
    list("node group", &named.iter().map(String::as_str).collect::<Vec<_>>())
}

fn list(what: &str, names: &[&str]) -> String {
    match names {
        [] => format!("there is no {what}"),
        [one] => format!("there is {one}"),
        several => format!("there are {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_means_one_group() {
        let group = |cluster: &str, name: &str| Group { cluster: cluster.into(), name: name.into() };
        let all = [group("a", "web"), group("b", "web"), group("b", "jobs")];
        assert_eq!(named(&all, "jobs").unwrap().cluster, "b");
        let said = named(&all, "web").unwrap_err();
        assert_eq!(said, "node group web: several clusters have one: a, b; say which with --cluster");
        let said = named(&all, "x").unwrap_err();
        assert!(said.ends_with("there are web (of a), web (of b), jobs (of b)"), "{said}");
        assert!(named(&[], "x").unwrap_err().ends_with("there is no node group"));
    }

    #[test]
    fn an_update_is_named_by_id_or_group_or_not_at_all() {
        let update = |id: &str, group: &str, status: &str| json!({ "update": id, "nodegroup": group, "cluster": "c", "status": status });
        let old = update("1", "web", "Successful");
        let (web, jobs) = (update("2", "web", "InProgress"), update("3", "jobs", "InProgress"));
        let id = |all: &[&Value], what: Option<&str>, among: Among| {
            chosen(all, what, among).map(|update| text(&update, "update").to_owned())
        };
        let all = [&old, &web, &jobs];
        let rows = [
            (&all[..], Some("1"), Among::Running, Ok("1")),
            (&all[..], Some("web"), Among::Running, Ok("2")),
            (&all[..], Some("jobs"), Among::All, Ok("3")),
            (&all[..2], None, Among::Running, Ok("2")),
            (&all[..1], None, Among::All, Ok("1")),
            (
                &all[..],
                None,
                Among::All,
                Err("several updates are under way; name one: 2 (node group web of cluster c), 3"),
            ),
            (
                &all[..1],
                Some("web"),
                Among::Running,
                Err("no update of node group web is under way; the last one, 1, is Succ"),
            ),
            (&[], None, Among::All, Err("there is no update yet")),
        ];
        for (all, what, among, wanted) in rows {
            let found = id(all, what, among);
            match (&found, wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
                (Err(said), Err(wanted)) => assert!(said.starts_with(wanted), "{said}"),
                (found, wanted) => panic!("{found:?} instead of {wanted:?}"),
            }
        }
    }
}
