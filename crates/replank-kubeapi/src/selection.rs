//! What a list or watch selects.

use replank_world::vocab::labels::Map;
use serde_json::Value;

use crate::failure::StatusError;
use crate::resource::Resource;
use crate::select::{FieldSelector, LabelSelector};
use crate::wire::parameters::Parameters;

/// Label selector, field selector and name of a list or watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
    /// Kind for field selectors.
    kind: String,
    /// Name in the path of a watch on one object.
    only: Option<String>,
}

impl Selection {
    /// Parses `labelSelector` and `fieldSelector`.
    pub(crate) fn read(parameters: &Parameters, resource: &Resource) -> Result<Self, StatusError> {
        let labels: LabelSelector = parameters.get("labelSelector").unwrap_or_default().parse()?;
        let fields: FieldSelector = parameters.get("fieldSelector").unwrap_or_default().parse()?;
        let declared: Vec<&str> = resource.selectable.iter().map(String::as_str).collect();
        fields.check(&resource.kind, &declared)?;
        Ok(Self { labels, fields, kind: resource.kind.clone(), only: None })
    }

    /// Restricts it to one name.
    pub(crate) fn and_name(self, name: &str) -> Self {
        Self { only: Some(name.to_owned()), ..self }
    }

    /// Whether it selects everything.
    pub(crate) fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty() && self.only.is_none()
    }

    /// The one name that it can select, if it says so.
    pub(crate) fn name(&self) -> Option<&str> {
        self.only.as_deref().or_else(|| self.fields.exactly("metadata.name"))
    }

    /// The one node whose pods it can select, if it says so.
    pub(crate) fn node(&self) -> Option<&str> {
        self.fields.exactly("spec.nodeName")
    }

    /// Whether an object with these labels can be selected; fields are not checked.
    pub(crate) fn takes_labels(&self, labels: &Map) -> bool {
        self.labels.matches(|key| labels.get(key).map(|value| &**value))
    }

    /// Whether name and fields of an object are selected.
    pub(crate) fn takes_fields(&self, object: &Value) -> bool {
        self.only.as_deref().is_none_or(|name| object["metadata"]["name"] == name)
            && (self.fields.is_empty() || self.fields.matches_object(&self.kind, object))
    }
}
