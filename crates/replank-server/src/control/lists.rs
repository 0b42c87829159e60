//! Lists of clusters, node groups, nodes and images.

use replank_service::ports::inventory::Inventory;
use replank_service::ports::{Account, ReadError};
use replank_service::records::Kind;

use super::api::{ClusterAnswer, ClustersAnswer, ImagesAnswer, NodeAnswer, NodegroupsAnswer, NodesAnswer};
use super::{Query, Refusal};
use crate::app::App;
use replank_service::records::{self, Cluster, Nodegroup};

/// Every cluster on record.
pub(crate) fn clusters<A>(app: &App<A>) -> Result<ClustersAnswer, Refusal> {
    let mut clusters = Vec::new();
    for (_, record) in app.service.records.list(Kind::Cluster, "") {
        let cluster: Cluster = records::read(&record.document)?;
        clusters.push(ClusterAnswer {
            nodegroups: app.service.records.list(Kind::NodeGroup, &cluster.name).len(),
            name: cluster.name,
            version: cluster.version,
            platform_version: cluster.platform_version,
            status: cluster.status,
        });
    }
    Ok(ClustersAnswer { clusters })
}

/// Node groups of the named cluster or of all, as `DescribeNodegroup` shows them.
pub(crate) fn nodegroups<A>(app: &App<A>, query: &Query) -> Result<NodegroupsAnswer, Refusal> {
    let groups: Result<Vec<Nodegroup>, _> = in_clusters(app, query)?
        .iter()
        .flat_map(|cluster| app.service.records.list(Kind::NodeGroup, cluster))
        .map(|(_, record)| records::read(&record.document))
        .collect();
    Ok(NodegroupsAnswer { nodegroups: groups? })
}

/// Nodes of a cluster or of one node group.
pub(crate) async fn nodes<A: Account + Inventory>(
    app: &App<A>,
    query: &Query,
) -> Result<NodesAnswer, Refusal> {
    let mut nodes = Vec::new();
    let unavailable = |error: ReadError| Refusal::new(503, "Unavailable", error.to_string());
    let is_wanted = |group: &str| query.text("nodegroup").is_none_or(|wanted| wanted == group);
    for cluster in in_clusters(app, query)? {
        let groups = app.service.records.list(Kind::NodeGroup, &cluster);
        for (key, _) in groups.iter().filter(|(key, _)| is_wanted(&key.name)) {
            let rows = app.service.account.nodes(&cluster, Some(&key.name)).await.map_err(unavailable)?;
            nodes.extend(rows.into_iter().map(|row| NodeAnswer { row, cluster: cluster.clone() }));
        }
        // Those of groups that EKS does not know.
        let mut others = app.service.account.nodes(&cluster, None).await.map_err(unavailable)?;
        let is_known = |group: &str| groups.iter().any(|(key, _)| key.name == group);
        others.retain(|row| !is_known(&row.nodegroup) && is_wanted(&row.nodegroup));
        nodes.extend(others.into_iter().map(|row| NodeAnswer { row, cluster: cluster.clone() }));
    }
    Ok(NodesAnswer { nodes })
}

/// Images for nodes, by type and minor.
pub(crate) async fn images<A: Account + Inventory>(
    app: &App<A>,
    query: &Query,
) -> Result<ImagesAnswer, Refusal> {
    let images = app.service.account.images(query.text("type"), query.text("version")).await;
    let images = images.map_err(|refused| Refusal::missing(refused.to_string()))?;
    Ok(ImagesAnswer { images })
}

/// The cluster that the query names, or all.
fn in_clusters<A>(app: &App<A>, query: &Query) -> Result<Vec<String>, Refusal> {
    match query.text("cluster") {
        Some(name) => Ok(vec![records::cluster(&app.service.records, name)?.name]),
        None => {
            Ok(app.service.records.list(Kind::Cluster, "").into_iter().map(|(key, _)| key.name).collect())
        }
    }
}
