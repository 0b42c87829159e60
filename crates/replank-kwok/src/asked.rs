//! What the world file of a cluster asks for of its updates. The target is found by the service, as for every update.

use replank_formats::worldfile::spec::{Update, WorldSpec};
use replank_service::records::UpdateConfigChange;
use replank_service::start_update::{Rules, StartUpdate};
use replank_world::cloud::catalogue::Catalogue;

use crate::KwokCloud;

/// The release that an update leads to when a world file names none.
const NEWEST: &str = "newest";
/// The type of images that are no release of anybody's.
const CUSTOM: &str = "CUSTOM";

impl KwokCloud {
    /// An update of a group as the world file has it; what a person asks for besides goes before it.
    pub fn start_update(&self, group: &str) -> StartUpdate {
        StartUpdate {
            cluster: self.session.cluster().name.clone(),
            group: group.to_owned(),
            ..of_world_file(&self.update)
        }
    }

    /// The same, with a word of world files for a place in the list of releases, such as `newest-1`, as the release that
    /// stands there: the service knows releases alone.
    pub fn with_release(&self, asked: StartUpdate) -> StartUpdate {
        let cluster = self.session.cluster();
        let Some(group) = cluster.node_groups.iter().find(|group| group.name == asked.group) else {
            return asked;
        };
        let minor = asked.version.as_ref().or(group.version.as_ref()).unwrap_or(&cluster.version);
        let word = asked.release_version.as_deref().filter(|word| word.starts_with(NEWEST));
        let found = word.and_then(|word| Catalogue::get().find(&group.image_type, minor, word).ok());
        match found {
            Some(image) => StartUpdate { release_version: Some(image.release.to_string()), ..asked },
            None => asked,
        }
    }

    /// How updates are run, as the world file says it.
    pub fn rules(&self) -> Option<Rules> {
        self.session.specs(|number| self.session.update_id(number)).first().map(Rules::of)
    }
}

fn of_world_file(update: &Update) -> StartUpdate {
    StartUpdate {
        version: update.version.clone(),
        release_version: Some(update.release.clone()).filter(|release| release != NEWEST),
        image: update.image.clone(),
        force: update.force,
        config: UpdateConfigChange {
            max_unavailable: update.max_unavailable.map(u64::from),
            max_unavailable_percentage: update.max_unavailable_percentage.map(u64::from),
            update_strategy: update.strategy.map(|strategy| strategy.word().to_owned()),
        },
        ..StartUpdate::default()
    }
}

/// Keeps the world from looking for a target of its own, which counts for nothing here: where nodes run the newest
/// release already it would make one up that is not out yet.
pub(crate) fn without_target(wanted: &mut WorldSpec) {
    let named = wanted.update.groups.as_deref();
    let is_meant = |name: &String| named.is_none_or(|named| named.contains(name));
    let mut groups = wanted.clusters.iter().flat_map(|cluster| &cluster.node_groups);
    let own_image = groups.find(|group| is_meant(&group.name) && group.image_type == CUSTOM);
    if wanted.update.image.is_none() {
        wanted.update.image = own_image.and_then(|group| group.image.clone());
    }
    // Groups with an image of their own refuse every word for a release but the usual one.
    if own_image.is_none() && wanted.update.release == NEWEST {
        "latest".clone_into(&mut wanted.update.release);
    }
}

#[cfg(test)]
mod tests {
    use replank_formats::worldfile;

    use super::*;

    const RELEASED: &str = "{name: g, size: {desired: 1}}";
    const OWN: &str = "{name: g, imageType: CUSTOM, image: ami-mine, size: {desired: 1}}";

    fn world(group: &str, update: &str) -> WorldSpec {
        let text = format!("clusters: [{{name: c, nodeGroups: [{group}]}}]\nupdate: {update}");
        worldfile::read("test.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_world_file_asks_as_every_other_edge_does() {
        let world = world(
            RELEASED,
            "{release: newest-1, maxUnavailablePercentage: 33, strategy: MINIMAL, force: true}",
        );
        let asked = of_world_file(&world.update);
        assert_eq!((asked.version, asked.release_version.as_deref()), (None, Some("newest-1")));
        assert_eq!((asked.config.max_unavailable, asked.config.max_unavailable_percentage), (None, Some(33)));
        assert_eq!((asked.config.update_strategy.as_deref(), asked.force), (Some("MINIMAL"), true));
        let newest = of_world_file(&self::world(RELEASED, "{}").update);
        assert_eq!(newest.release_version, None, "the service finds the newest");
    }

    #[test]
    fn no_image_is_made_up() {
        for (group, update, release, image) in [
            (RELEASED, "{}", "latest", None),
            (RELEASED, "{release: newest-1}", "newest-1", None),
            (OWN, "{image: ami-0e35e69c39d3554f2}", "newest", Some("ami-0e35e69c39d3554f2")),
        ] {
            let mut world = world(group, update);
            without_target(&mut world);
            assert_eq!((world.update.release.as_str(), world.update.image.as_deref()), (release, image));
        }
        let mut unnamed = world(OWN, "{image: ami-0e35e69c39d3554f2}");
        unnamed.update.image = None;
        without_target(&mut unnamed);
        assert_eq!(unnamed.update.image.as_deref(), Some("ami-mine"), "what it runs");
    }
}
