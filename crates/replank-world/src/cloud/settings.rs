//! Launch template settings besides the image, with a canonical text form: equal settings have equal texts.

use std::fmt;
use std::sync::Arc;

use replank_service::ports::launch_templates::Source;
use thiserror::Error;

use crate::vocab::labels::Map;
use crate::vocab::taint::{Effect, Taint};

/// Key in [`Settings::extra`] with the id of the user's own launch template.
pub const SOURCE_TEMPLATE: &str = "source-template";
/// Key in [`Settings::extra`] with its version.
pub const SOURCE_VERSION: &str = "source-version";

/// The settings of a launch template version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Instance type, such as `m5.large`.
    pub instance_type: Arc<str>,
    /// `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: Arc<str>,
    /// Labels that nodes register with, those of EKS left out.
    pub labels: Map,
    /// Taints that nodes register with.
    pub taints: Vec<Taint>,
    /// What the user data does to the bootstrap.
    pub user_data: Bootstrap,
    /// Other settings that do not shape nodes here, such as the digest of a script.
    pub extra: Map,
}

/// What the user data does to the bootstrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bootstrap {
    /// The node joins.
    #[default]
    Sound,
    /// The bootstrap fails: no node registers.
    Broken,
}

/// A line of the text form that cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a setting of a launch template: {0:?}")]
pub struct NoSetting(pub String);

impl Settings {
    /// On-demand settings for an instance type, without labels and taints.
    pub fn new(instance_type: &str) -> Self {
        Self {
            instance_type: instance_type.into(),
            capacity_type: "ON_DEMAND".into(),
            labels: Map::new(),
            taints: Vec::new(),
            user_data: Bootstrap::Sound,
            extra: Map::new(),
        }
    }

    /// Applies what the user's own launch template specifies.
    pub fn take_in(&mut self, source: &Source) {
        if let Some(name) = &source.instance_type {
            self.instance_type = name.as_str().into();
        }
        self.user_data = if source.joins { Bootstrap::Sound } else { Bootstrap::Broken };
        self.extra.insert(SOURCE_TEMPLATE.into(), source.template.as_str().into());
        self.extra.insert(SOURCE_VERSION.into(), source.version.to_string().into());
    }

    /// The text form without labels and taints, which existing nodes are given as well: what makes a node an old
    /// one.
    pub fn shape(&self) -> String {
        Self { labels: Map::new(), taints: Vec::new(), ..self.clone() }.to_string()
    }

    /// Parses the text form; the error holds the offending line.
    pub fn parse(text: &str) -> Result<Self, NoSetting> {
        let mut settings = Self::new("");
        for line in text.lines() {
            let bad = || NoSetting(line.to_owned());
            let (key, value) = line.split_once('=').ok_or_else(bad)?;
            match key.split_once(' ') {
                Some(("label", name)) => drop(settings.labels.insert(name.into(), value.into())),
                Some(("extra", name)) => drop(settings.extra.insert(name.into(), value.into())),
                Some(("taint", name)) => {
                    let (value, effect) = value.rsplit_once(':').ok_or_else(bad)?;
                    settings.taints.push(Taint::new(name, value, effect_of(effect).ok_or_else(bad)?));
                }
                _ => match (key, value) {
                    ("instance-type", name) => settings.instance_type = name.into(),
                    ("capacity-type", name) => settings.capacity_type = name.into(),
                    ("user-data", "sound") => settings.user_data = Bootstrap::Sound,
                    ("user-data", "broken") => settings.user_data = Bootstrap::Broken,
                    _ => return Err(bad()),
                },
            }
        }
        if settings.instance_type.is_empty() {
            return Err(NoSetting("instance-type=".into()));
        }
        Ok(settings)
    }
}

/// Writes the text form: one setting on a line, in a fixed order.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instance-type={}\ncapacity-type={}", self.instance_type, self.capacity_type)?;
        for (name, value) in &self.labels {
            write!(f, "\nlabel {name}={value}")?;
        }
        let mut taints: Vec<&Taint> = self.taints.iter().collect();
        taints.sort();
        for Taint { key, value, effect, .. } in taints {
            write!(f, "\ntaint {key}={value}:{}", effect.as_str())?;
        }
        if self.user_data == Bootstrap::Broken {
            f.write_str("\nuser-data=broken")?;
        }
        self.extra.iter().try_for_each(|(name, value)| write!(f, "\nextra {name}={value}"))
    }
}

fn effect_of(name: &str) -> Option<Effect> {
    [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute]
        .into_iter()
        .find(|it| it.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_reads_back_and_equal_settings_have_one_text() {
        let mut settings = Settings::new("m5.large");
        settings.labels.insert("team".into(), "a=b".into());
        settings.taints.push(Taint::new("b", "", Effect::NoExecute));
        settings.taints.push(Taint::new("a", "x:y", Effect::NoSchedule));
        settings.user_data = Bootstrap::Broken;
        settings.extra.insert("script".into(), "0badcafe".into());
        let text = settings.to_string();
        let read = Settings::parse(&text).unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(read.labels, settings.labels);
        assert_eq!(&*read.taints[0].value, "x:y");
        settings.taints.reverse();
        assert_eq!(settings.to_string(), text);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for text in
            ["", "colour=red", "instance-type=m5.large\ntaint a=b", "instance-type=m5.large\nnonsense"]
        {
            assert!(Settings::parse(text).is_err(), "{text}");
        }
    }
}
