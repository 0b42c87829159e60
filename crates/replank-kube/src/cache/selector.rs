//! Label selectors of budgets (Kubernetes: `metav1.LabelSelector`).

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

use super::labels::Labels;

/// Selector of a budget.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selector {
    /// Selects nothing: there is none, or it does not parse.
    Nothing,
    /// Selects pods with matching labels; an empty one selects all (`policy/v1`).
    Labels(LabelSelector),
}

impl Selector {
    /// Parses `spec.selector` of a budget.
    pub(crate) fn read(from: Option<&Value>) -> Self {
        let read = from.and_then(|value| serde_json::from_value(value.clone()).ok());
        read.map_or(Self::Nothing, Self::Labels)
    }

    /// Whether it selects pods with these labels.
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        let Self::Labels(selector) = self else { return false };
        let has = |key: &str| labels.get(key).map(|value: &Arc<str>| &**value);
        let pairs = selector.match_labels.iter().flatten();
        let mut expressions = selector.match_expressions.iter().flatten();
        pairs.into_iter().all(|(key, value)| has(key) == Some(value))
            && expressions.all(|it| {
                let among =
                    || has(&it.key).is_some_and(|has| it.values.iter().flatten().any(|value| value == has));
                match it.operator.as_str() {
                    "In" => among(),
                    "NotIn" => !among(),
                    "Exists" => has(&it.key).is_some(),
                    "DoesNotExist" => has(&it.key).is_none(),
                    _ => false,
                }
            })
    }
}

/// Whether the selector of a budget selects pods with these labels, both as the API server prints them.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let labels: Labels = serde_json::from_value(labels.clone()).unwrap_or_default();
    Selector::read(Some(selector)).selects(&labels)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_select_as_the_server_does() {
        let labels: Labels = [("app".into(), "web".into()), ("tier".into(), "front".into())].into();
        let cases = [
            (json!(null), false),
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "tier": "back"}}), false),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["back", "front"]}]}),
                true,
            ),
            (json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}), false),
            (json!({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}), false),
        ];
        for (selector, selects) in cases {
            let given = Some(&selector).filter(|it| !it.is_null());
            assert_eq!(Selector::read(given).selects(&labels), selects, "{selector}");
        }
    }
}
