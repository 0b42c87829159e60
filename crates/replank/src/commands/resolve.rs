//! Finds the node group or update that an argument names, and lists what there is when nothing matches.

use anyhow::Result;
use replank_server::control::api::{ClustersAnswer, NodegroupsAnswer, UpdateAnswer, UpdatesAnswer};
use replank_service::records::Nodegroup;

use crate::client::Client;
use crate::errors::bad;
use crate::output::word;

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
    of_name(&groups(client, cluster)?, name).map_err(bad)
}

fn of_name(all: &[Group], name: &str) -> Result<Group, String> {
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
        let ClustersAnswer { clusters } = client.get("clusters", &[])?;
        let names: Vec<&str> = clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        if !names.contains(&name) {
            let known = list("cluster", &names);
            return Err(bad(format!("--cluster {name}: there is none of that name; {known}")));
        }
    }
    let NodegroupsAnswer { nodegroups } = client.get("nodegroups", &narrowed(cluster, None))?;
    let group = |group: Nodegroup| Group { cluster: group.cluster_name, name: group.nodegroup_name };
    Ok(nodegroups.into_iter().map(group).collect())
}

/// Cluster and node group as query parameters.
pub(crate) fn narrowed<'a>(cluster: Option<&'a str>, group: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let pairs = [("cluster", cluster), ("nodegroup", group)];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Updates among which a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Updates that have not ended.
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
) -> Result<UpdateAnswer> {
    let UpdatesAnswer { updates: all } = client.get("updates", &narrowed(cluster, None))?;
    if let Some(what) = what.filter(|what| by_id(&all, what).is_empty()) {
        known(client, what, cluster)?;
    }
    chosen(&all, what, among).map_err(bad)
}

/// Fewest characters of an id that stand for the whole.
const SHORT_ID: usize = 4;

/// Whether a name is the id of an update, or the beginning of it.
fn is_id(update: &UpdateAnswer, what: &str) -> bool {
    update.update == what || what.len() >= SHORT_ID && update.update.starts_with(what)
}

/// Whether a name, if there is one, is that of the update or of its node group.
pub(crate) fn fits(update: &UpdateAnswer, what: Option<&str>) -> bool {
    what.is_none_or(|what| is_id(update, what) || update.nodegroup.as_deref() == Some(what))
}

/// An update with the names of what it belongs to.
pub(crate) fn named(update: &UpdateAnswer) -> String {
    let UpdateAnswer { update, nodegroup, cluster, .. } = update;
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("{update} (node group {} of cluster {})", name(nodegroup), name(cluster))
}

/// Updates whose id this is, or begins so. A node group of that very name goes before the beginning of an id.
fn by_id<'u>(all: &'u [UpdateAnswer], what: &str) -> Vec<&'u UpdateAnswer> {
    let is_whole = |update: &&UpdateAnswer| update.update == what;
    if let Some(found) = all.iter().find(is_whole) {
        return vec![found];
    }
    if all.iter().any(|update| update.nodegroup.as_deref() == Some(what)) {
        return Vec::new();
    }
    all.iter().filter(|update| is_id(update, what)).collect()
}

fn chosen(all: &[UpdateAnswer], what: Option<&str>, among: Among) -> Result<UpdateAnswer, String> {
    match &what.map(|what| by_id(all, what)).unwrap_or_default()[..] {
        [] => {}
        [one] => return Ok((*one).clone()),
        several => {
            let ids: Vec<&str> = several.iter().map(|update| update.update.as_str()).collect();
            return Err(format!("several updates begin so; name one: {}", ids.join(", ")));
        }
    }
    let fits = |update: &&UpdateAnswer| {
        let group = update.nodegroup.as_deref();
        group.is_some() && what.is_none_or(|what| group == Some(what))
    };
    let fitting: Vec<&UpdateAnswer> = all.iter().filter(fits).collect();
    let running: Vec<&UpdateAnswer> = fitting.iter().copied().filter(|update| update.is_running()).collect();
    let of = what.map_or(String::new(), |what| format!(" of node group {what}"));
    match (&running[..], fitting.last(), among) {
        ([one], ..) => Ok((*one).clone()),
        ([], Some(last), Among::All) => Ok((*last).clone()),
        ([], None, Among::All) => Err(format!("there is no update{of} yet")),
        ([], Some(last), Among::Running) => {
            Err(format!("no update{of} is under way; the last one, {}, is {}", last.update, status(last)))
        }
        ([], None, Among::Running) => Err(format!("no update{of} is under way")),
        (several, ..) => {
            let named: Vec<String> = several.iter().map(|update| named(update)).collect();
            Err(format!("several updates are under way; name one: {}", named.join(", ")))
        }
    }
}

/// Status of an update in the word of EKS; empty when only the journal has it.
pub(crate) fn status(update: &UpdateAnswer) -> String {
    update.recorded.as_ref().map(|recorded| word(&recorded.status)).unwrap_or_default()
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
    use replank_server::control::api::RecordedAnswer;
    use replank_service::records::UpdateStatus;

    use super::*;

    #[test]
    fn a_name_means_one_group() {
        let group = |cluster: &str, name: &str| Group { cluster: cluster.into(), name: name.into() };
        let all = [group("a", "web"), group("b", "web"), group("b", "jobs")];
        assert_eq!(of_name(&all, "jobs").unwrap().cluster, "b");
        let said = of_name(&all, "web").unwrap_err();
        assert_eq!(said, "node group web: several clusters have one: a, b; say which with --cluster");
        let said = of_name(&all, "x").unwrap_err();
        assert!(said.ends_with("there are web (of a), web (of b), jobs (of b)"), "{said}");
        assert!(of_name(&[], "x").unwrap_err().ends_with("there is no node group"));
    }

    #[test]
    fn an_update_is_named_by_id_or_group_or_not_at_all() {
        let update = |id: &str, group: &str, status| UpdateAnswer {
            update: id.to_owned(),
            cluster: Some("c".to_owned()),
            nodegroup: Some(group.to_owned()),
            created_at: None,
            recorded: Some(RecordedAnswer {
                kind: "VersionUpdate".to_owned(),
                status,
                created_at_wall: None,
                params: Vec::new(),
                errors: Vec::new(),
            }),
            report: None,
            waited: None,
        };
        let id = |all: &[UpdateAnswer], what: Option<&str>, among: Among| {
            chosen(all, what, among).map(|update| update.update)
        };
        let all = [
            update("1", "web", UpdateStatus::Successful),
            update("2", "web", UpdateStatus::InProgress),
            update("3", "jobs", UpdateStatus::InProgress),
        ];
        let long = [
            update("5f0c2b9e", "web", UpdateStatus::InProgress),
            update("5f0c2aaa", "web", UpdateStatus::InProgress),
        ];
        let rows = [
            (&all[..], Some("1"), Among::Running, Ok("1")),
            (&all[..], Some("web"), Among::Running, Ok("2")),
            (&all[..], Some("jobs"), Among::All, Ok("3")),
            (&all[..2], None, Among::Running, Ok("2")),
            (&all[..1], None, Among::All, Ok("1")),
            (&long[..1], Some("5f0c"), Among::All, Ok("5f0c2b9e")),
            (
                &long[..],
                Some("5f0c2"),
                Among::All,
                Err("several updates begin so; name one: 5f0c2b9e, 5f0c2aaa"),
            ),
            (&long[..], Some("5f0"), Among::All, Err("there is no update of node group 5f0 yet")),
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
