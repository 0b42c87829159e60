//! Custom resources, from the custom resource definitions stored in a world.

use std::sync::Arc;

use replank_world::store::Other;
use replank_world::world::World;
use serde_json::Value;

use super::{Resource, Source};

const KIND: &str = "CustomResourceDefinition";

/// Resources that the definitions serve.
pub(crate) fn served(world: &World) -> Vec<Arc<Resource>> {
    definitions(world).flat_map(|other| resources(&other.raw)).map(Arc::new).collect()
}

fn definitions(world: &World) -> impl Iterator<Item = &Other> {
    world.store.others.of("apiextensions.k8s.io", KIND).map(|(_, other)| other)
}

fn resources(definition: &Value) -> Vec<Resource> {
    let spec = &definition["spec"];
    let (names, text) = (&spec["names"], |value: &Value| value.as_str().unwrap_or_default().to_owned());
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let kind = text(&names["kind"]);
    let versions = spec["versions"].as_array().into_iter().flatten();
    let versions = versions.filter(|version| version["served"] == true);
    versions
        .map(|version| Resource {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            singular: names["singular"].as_str().map_or_else(|| kind.to_lowercase(), str::to_owned),
            kind: kind.clone(),
            plural: text(&names["plural"]),
            short: texts(&names["shortNames"]),
            namespaced: spec["scope"] != "Cluster",
            categories: texts(&names["categories"]),
            subresources: version["subresources"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
            source: Source::Custom,
            selectable: selectable(version),
            definition: Some(version.clone()),
        })
        .collect()
}

/// Fields of custom resources that field selectors may use, without the leading dot.
fn selectable(version: &Value) -> Vec<String> {
    let fields = version["selectableFields"].as_array().into_iter().flatten();
    let paths = fields.filter_map(|field| field["jsonPath"].as_str());
    paths.map(|path| path.trim_start_matches('.').to_owned()).collect()
}
