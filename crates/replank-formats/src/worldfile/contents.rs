//! The objects that run in a cluster of a world file: add-ons, workloads in short form, manifests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::expand;
use super::spec::{Addon, Cluster};
use crate::manifest::{self, Manifests, Source};
use crate::yaml::{self, BadInput, BadInputs, Doc, Field};
use replank_core::behaviour::ServerVersion;
use replank_core::version::Minor;
use replank_world::known::Known;

/// The objects of a cluster. `manifests` are the texts of its `manifests` and any that the user adds.
pub fn contents(cluster: &Cluster, manifests: &[Source]) -> Result<Manifests, BadInputs> {
    let mut wrong = Vec::new();
    let mut read = |name: &str, text: &[u8], namespace: Option<&str>| -> Vec<Doc> {
        let found = yaml::read_manifest(name, text).map_err(|error| wrong.push(error)).unwrap_or_default();
        let found = found.into_iter().flat_map(manifest::flatten);
        let placed = found.map(|doc| manifest::in_namespace(doc, namespace));
        placed.filter_map(|doc| doc.map_err(|error| wrong.push(error)).ok()).collect()
    };
    let given = manifests.iter();
    let given: Vec<Doc> =
        given.flat_map(|source| read(&source.name, &source.text, source.namespace.as_deref())).collect();
    // What a person gives takes the place of what the cluster brings along, as with `kubectl apply`.
    let names: BTreeSet<_> = given.iter().map(identity).collect();
    let is_free = |doc: &Doc| !names.contains(&identity(doc));
    let classes = expand::storage_classes(cluster).into_iter();
    let classes = classes.map(|value| Doc::without_places("storage classes", value));
    let mut docs: Vec<Doc> = classes.filter(is_free).collect();
    for load in &cluster.workloads {
        let name = format!("workload {}/{}", load.namespace, load.name);
        docs.extend(expand::objects(load).into_iter().map(|value| Doc::without_places(&name, value)));
    }
    let addons = cluster.addons.iter().flat_map(|addon| read(addon.file(), addon.text().as_bytes(), None));
    docs.extend(addons.filter(is_free));
    let (given, notes) = manifest::as_applied(given);
    docs.extend(given);
    let read = manifest::read_docs(docs, wrong, &known(cluster))?;
    Ok(Manifests { notes, ..read })
}

/// Kind, namespace and name of an object.
fn identity(doc: &Doc) -> [String; 3] {
    let root = doc.root();
    let meta = root.get("metadata");
    let text = |field: Field<'_>| field.text().unwrap_or_default().to_owned();
    let kind = text(root.get("kind"));
    // A namespace in an object of the cluster means nothing.
    let of_cluster = manifest::is_of_cluster(&kind);
    let namespace = if of_cluster { String::new() } else { text(meta.get("namespace")) };
    [kind, namespace, text(meta.get("name"))]
}

/// The paths in a cluster's `manifests`, relative to the world file's directory.
pub fn manifest_paths(cluster: &Cluster, world_file: &Path) -> Vec<PathBuf> {
    let beside = world_file.parent().unwrap_or(Path::new(""));
    cluster.manifests.iter().map(|path| beside.join(path)).collect()
}

/// Reads the files in a cluster's `manifests`; standard input is not allowed.
pub fn manifest_sources(cluster: &Cluster, world_file: &Path) -> Result<Vec<Source>, BadInput> {
    manifest::sources(&manifest_paths(cluster, world_file), &mut std::io::empty())
}

/// What parsing a cluster's manifests needs to know.
pub fn known(cluster: &Cluster) -> Known {
    let known = Known::default();
    let version = Minor::parse(&cluster.version).map_or(known.version, ServerVersion::served);
    Known { version, ..known }
}

impl Addon {
    fn file(self) -> &'static str {
        match self {
            Self::AwsNode => "aws-node.yaml",
            Self::KubeProxy => "kube-proxy.yaml",
            Self::Coredns => "coredns.yaml",
            Self::MetricsServer => "metrics-server.yaml",
            Self::ClusterAutoscaler => "cluster-autoscaler.yaml",
        }
    }

    /// The add-on's manifest.
    pub fn text(self) -> &'static str {
        match self {
            Self::AwsNode => include_str!("../../worlds/addons/aws-node.yaml"),
            Self::KubeProxy => include_str!("../../worlds/addons/kube-proxy.yaml"),
            Self::Coredns => include_str!("../../worlds/addons/coredns.yaml"),
            Self::MetricsServer => include_str!("../../worlds/addons/metrics-server.yaml"),
            Self::ClusterAutoscaler => include_str!("../../worlds/addons/cluster-autoscaler.yaml"),
        }
    }
}

#[cfg(test)]
mod tests;
