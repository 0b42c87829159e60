//! What a list or a watch selects, from its parameters.

use replank_sim::vocab::labels::Map;
use serde_json::Value;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::select::{FieldSelector, LabelSelector};
use crate::wire::parameters::Parameters;

/// A selection by labels and fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
    /// The kind, as field selectors know it.
    kind: String,
    /// The one name, from the path of a watch.
    only: Option<String>,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(crate) fn read(parameters: &Parameters, resource: &Resource) -> Result<Self, Failure> {
        let labels: LabelSelector = parameters.get("labelSelector").unwrap_or_default().parse()?;
        let fields: FieldSelector = parameters.get("fieldSelector").unwrap_or_default().parse()?;
        let declared: Vec<&str> = resource.selectable.iter().map(String::as_str).collect();
        fields.check(&resource.kind, &declared)?;
        Ok(Self { labels, fields, kind: resource.kind.clone(), only: None })
    }

    /// The same, of that name only.
    pub(crate) fn and_name(self, name: &str) -> Self {
        Self { only: Some(name.to_owned()), ..self }
    }

    /// Whether it selects everything.
    pub(crate) fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.only.is_none()
    }

    /// The name that must be it, if the selection says so.
    pub(crate) fn name(&self) -> Option<&str> {
        self.only.as_deref().or_else(|| self.fields.exactly("metadata.name"))
    }

    /// The node that pods must be on, if a field selector says so.
    pub(crate) fn node(&self) -> Option<&str> {
        self.fields.exactly("spec.nodeName")
    }

    /// Whether an object with these labels may be selected; its fields are not looked at.
    pub(crate) fn takes_labels(&self, labels: &Map) -> bool {
        self.labels.matches(|key| labels.get(key).map(|value| &**value))
    }

    /// Whether the fields of an object are selected.
    pub(crate) fn takes_fields(&self, object: &Value) -> bool {
        self.only.as_deref().is_none_or(|name| object["metadata"]["name"] == name)
            && (self.fields.is_empty() || self.fields.matches_object(&self.kind, object))
    }
}
