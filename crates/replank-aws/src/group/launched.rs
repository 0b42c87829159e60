//! What a group would launch, and what its instances were launched with: the version of an instance is the one whose
//! content it has, for its instance type, whatever number it was launched from.

use std::collections::BTreeMap;

use replank_core::names::ImageId;
use replank_core::template::TemplateContent;

use super::templates::Templates;
use super::{GroupInstance, ScalingGroup, Source};

/// Number of instances whose content no version of the group's template has. No template gets that far: EC2 allows ten
/// thousand versions.
pub(crate) const UNLIKE_ANY: u64 = 1 << 40;
/// Number that stands for a launch configuration, which has no versions.
pub(crate) const CONFIGURED: u64 = 1;

/// A group's launches.
pub(crate) struct Launches<'a> {
    pub(crate) group: &'a ScalingGroup,
    pub(crate) templates: &'a Templates,
    /// Images of instances, by id, as EC2 tells them.
    pub(crate) images: &'a BTreeMap<String, String>,
    /// Image of the launch configuration, for groups that have one.
    pub(crate) configured: Option<&'a TemplateContent>,
}

impl Launches<'_> {
    /// Number of the version that the group launches from; `None` when that version does not exist.
    pub(crate) fn version(&self) -> Option<u64> {
        match &self.group.source {
            Source::Template { base, .. } => Some(self.templates.version(&base.id, &base.version)?.0),
            Source::Configuration(_) => Some(CONFIGURED),
        }
    }

    /// Contents of the versions of the group's template, by number.
    pub(crate) fn versions(&self) -> BTreeMap<u64, TemplateContent> {
        match &self.group.source {
            Source::Template { base, .. } => {
                let versions =
                    self.templates.get(&base.id).into_iter().flat_map(|template| &template.versions);
                versions.map(|(number, version)| (*number, version.content.clone())).collect()
            }
            Source::Configuration(_) => {
                self.configured.map(|content| (CONFIGURED, content.clone())).into_iter().collect()
            }
        }
    }

    /// Numbers of these versions, newest first.
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let (template, configured) = match &self.group.source {
            Source::Template { base, .. } => (self.templates.get(&base.id), None),
            Source::Configuration(_) => (None, self.configured.map(|_| CONFIGURED)),
        };
        let numbers = template.into_iter().flat_map(|template| template.versions.keys().rev().copied());
        numbers.chain(configured)
    }

    /// The version whose content an instance has: the one the group launches from if that fits, else its own, else any
    /// that fits, else [`UNLIKE_ANY`].
    pub(crate) fn version_of(&self, instance: &GroupInstance) -> u64 {
        let Some(has) = self.content_of(instance) else { return UNLIKE_ANY };
        let own = instance.template.as_ref().and_then(|named| named.version.parse().ok());
        let mut tried = self.version().into_iter().chain(own).chain(self.numbers());
        tried
            .find(|number| self.launch(*number, &instance.instance_type).as_ref() == Some(&has))
            .unwrap_or(UNLIKE_ANY)
    }

    /// What the group launches for an instance type when it launches from this version.
    fn launch(&self, number: u64, instance_type: &str) -> Option<TemplateContent> {
        let Source::Template { base, .. } = &self.group.source else {
            return self.configured.filter(|_| number == CONFIGURED).cloned();
        };
        let own = self.group.source.override_of(instance_type);
        let named = own.and_then(|own| own.template.as_ref());
        let content = match named {
            Some(named) => &self.templates.version(&named.id, &named.version)?.1.content,
            None => &self.templates.get(&base.id)?.versions.get(&number)?.content,
        };
        let image = own.and_then(|own| own.image.as_deref()).map(ImageId::new);
        Some(TemplateContent { image: image.unwrap_or_else(|| content.image.clone()), ..content.clone() })
    }

    /// What an instance was launched with: the settings of its version, and the image that it runs.
    fn content_of(&self, instance: &GroupInstance) -> Option<TemplateContent> {
        let runs = self
            .images
            .get(&instance.id)
            .or(instance.image.as_ref())
            .map(|image| ImageId::new(image.as_str()));
        if let Some(named) = &instance.template {
            let content = &self.templates.version(&named.id, &named.version)?.1.content;
            let own = self.group.source.override_of(&instance.instance_type);
            let told = own.and_then(|own| own.image.as_deref()).map(ImageId::new);
            // One that EC2 does not tell of yet was launched a moment ago.
            let image = runs.or(told).unwrap_or_else(|| content.image.clone());
            return Some(TemplateContent { image, ..content.clone() });
        }
        let name = instance.configuration.as_deref()?;
        let known = self.configured?;
        let image = runs.unwrap_or_else(|| known.image.clone());
        Some(super::templates::configured(name, image.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::templates::Template;
    use super::super::templates::tests::item;
    use super::super::tests::described;
    use super::*;

    const OLD: &str = "<imageId>ami-old</imageId><keyName>k</keyName>";
    const NEW: &str = "<imageId>ami-new</imageId><keyName>k</keyName>";
    const FOUND: &str = "<imageId>resolve:ssm:/x</imageId>";

    fn version_of(group: &ScalingGroup, templates: &Templates, images: &[(&str, &str)]) -> Vec<u64> {
        let images = images.iter().map(|(id, image)| ((*id).to_owned(), (*image).to_owned())).collect();
        let launches = Launches { group, templates, images: &images, configured: None };
        group.instances.iter().map(|instance| launches.version_of(instance)).collect()
    }

    fn templates(versions: &[&str]) -> Templates {
        let items: Vec<_> =
            versions.iter().enumerate().map(|(at, data)| item(at as u64 + 1, at == 0, data)).collect();
        let mut templates = Templates::default();
        templates.put("lt-1", Template::of(&items));
        templates
    }

    #[test]
    fn equal_content_under_another_number_is_the_same_version() {
        let group = ScalingGroup::of(described("3", &[("i-1", "InService", "1"), ("i-2", "InService", "2")]))
            .unwrap();
        assert_eq!(version_of(&group, &templates(&[NEW, OLD, NEW]), &[]), [3, 2]);
    }

    #[test]
    fn a_parameter_that_moved_makes_its_nodes_old_under_an_unchanged_version() {
        let group = ScalingGroup::of(described("1", &[("i-1", "InService", "1"), ("i-2", "InService", "1")]))
            .unwrap();
        let mut templates = templates(&[FOUND]);
        templates.resolve(&BTreeMap::from([("resolve:ssm:/x".to_owned(), "ami-new".to_owned())]));
        let seen = version_of(&group, &templates, &[("i-1", "ami-old"), ("i-2", "ami-new")]);
        assert_eq!(seen, [UNLIKE_ANY, 1]);
    }

    #[test]
    fn a_type_with_a_template_of_its_own_is_judged_by_that_template() {
        let mut group =
            ScalingGroup::of(described("1", &[("i-1", "InService", "1"), ("i-2", "InService", "1")]))
                .unwrap();
        let own =
            |id: &str, version: &str| super::super::TemplateRef { id: id.into(), version: version.into() };
        group.instances[0].template = Some(own("lt-2", "1"));
        group.instances[1].template = Some(own("lt-2", "2"));
        group.source = Source::Template {
            base: own("lt-1", "1"),
            overrides: Some(vec![super::super::Override {
                instance_type: Some("m5.large".into()),
                template: Some(own("lt-2", "$Latest")),
                image: None,
            }]),
        };
        let mut templates = templates(&[OLD]);
        templates.put("lt-2", Template::of(&[item(1, true, OLD), item(2, false, NEW)]));
        assert_eq!(version_of(&group, &templates, &[]), [UNLIKE_ANY, 1]);
    }

    #[test]
    fn what_was_launched_from_a_deleted_version_or_another_template_is_unlike_any() {
        let mut group =
            ScalingGroup::of(described("1", &[("i-1", "InService", "9"), ("i-2", "InService", "1")]))
                .unwrap();
        group.instances[1].template =
            Some(super::super::TemplateRef { id: "lt-9".into(), version: "1".into() });
        assert_eq!(version_of(&group, &templates(&[OLD]), &[]), [UNLIKE_ANY; 2]);
    }
}
