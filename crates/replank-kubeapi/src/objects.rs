//! Objects of a world as its API shows them, without a server.

use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;
use serde_json::Value;

use crate::resource::{self, Source};
use crate::show::{self, View};

/// All objects of a resource, in the order of lists; empty for unknown resources.
pub fn objects(world: &World, clock_map: &WallClockMap, api_version: &str, plural: &str) -> Vec<Value> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let Some(resource) = resource::find(world, group, version, plural) else { return Vec::new() };
    let view = View { world, clock_map };
    let all = show::all(view, &resource, None);
    all.into_iter().filter_map(|(_, at)| show::object(view, &resource, at)).collect()
}

/// All objects of every built-in kind that are kept, in the order of discovery, without events.
pub fn everything(world: &World, clock_map: &WallClockMap) -> Vec<Value> {
    let view = View { world, clock_map };
    let kept =
        resource::built_in().iter().filter(|one| !matches!(one.source, Source::Events | Source::Posted));
    let each = kept.flat_map(|resource| {
        let all = show::all(view, resource, None).into_iter();
        all.filter_map(|(_, at)| show::object(view, resource, at)).collect::<Vec<_>>()
    });
    each.collect()
}
