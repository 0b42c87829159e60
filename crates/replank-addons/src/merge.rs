//! A three-way merge of JSON: what is there, what EKS ever shipped, what it ships now.
//!
//! A value that is one of EKS's own of any time is nobody's wish and follows; any other is its owner's and stays. Which of
//! EKS's manifests an object came from need not be known.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What a merge gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Merged {
    pub(crate) value: Value,
    /// What followed, in words.
    pub(crate) changes: Vec<String>,
    /// What differs from EKS's own of now and stays, in words.
    pub(crate) keeps: Vec<String>,
}

/// Merges; `history` are EKS's own of earlier times.
pub(crate) fn merge(live: &Value, history: &[Value], wanted: &Value) -> Merged {
    let mut merged = Merged::default();
    let history: Vec<Option<&Value>> = history.iter().map(Some).collect();
    let value = merged.any("", Some(live), &history, Some(wanted));
    Merged { value: value.unwrap_or_default(), ..merged }
}

/// The member that tells the items of a list apart; `None` where an item is told by all of it.
fn key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "ports" | "volumes" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        _ => None,
    }
}

impl Merged {
    fn any(
        &mut self,
        path: &str,
        live: Option<&Value>,
        history: &[Option<&Value>],
        wanted: Option<&Value>,
    ) -> Option<Value> {
        match (live, wanted) {
            (Some(Value::Object(live)), Some(Value::Object(wanted))) => {
                Some(Value::Object(self.object(path, live, history, wanted)))
            }
            // EKS has nothing there any more: what it had goes, the rest is the owner's.
            (Some(Value::Object(parts)), None)
                if !history.contains(&live) && history.iter().flatten().any(|then| then.is_object()) =>
            {
                Some(Value::Object(self.object(path, parts, history, &Map::new())))
            }
            (Some(Value::Array(live)), Some(Value::Array(wanted))) => {
                let name = path.rsplit('.').next().unwrap_or(path);
                Some(Value::Array(match key(name) {
                    Some(key) => self.keyed(path, key, live, history, wanted),
                    None => self.set(path, live, history, wanted),
                }))
            }
            (live, wanted) => self.leaf(path, live, history, wanted),
        }
    }

    fn object(
        &mut self,
        path: &str,
        live: &Map<String, Value>,
        history: &[Option<&Value>],
        wanted: &Map<String, Value>,
    ) -> Map<String, Value> {
        let names: BTreeSet<&String> = live.keys().chain(wanted.keys()).collect();
        let mut merged = Map::new();
        for name in names {
            let inside = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let history: Vec<Option<&Value>> =
                history.iter().map(|then| then.and_then(|then| then.get(name))).collect();
            let value = self.any(&inside, live.get(name), &history, wanted.get(name));
            merged.extend(value.map(|value| (name.clone(), value)));
        }
        merged
    }

    /// A list whose items are told apart by a member.
    fn keyed(
        &mut self,
        path: &str,
        key: &str,
        live: &[Value],
        history: &[Option<&Value>],
        wanted: &[Value],
    ) -> Vec<Value> {
        let find = |items: &[Value], wanted: &Value| items.iter().find(|item| item[key] == *wanted).cloned();
        let ids = live.iter().chain(wanted).map(|item| &item[key]);
        let mut seen: Vec<&Value> = Vec::new();
        for id in ids {
            if !seen.contains(&id) {
                seen.push(id);
            }
        }
        let mut merged = Vec::new();
        for id in seen {
            let then: Vec<Option<Value>> = history
                .iter()
                .map(|then| then.and_then(Value::as_array).and_then(|items| find(items, id)))
                .collect();
            let then: Vec<Option<&Value>> = then.iter().map(Option::as_ref).collect();
            let inside = format!("{path}[{}]", id.as_str().unwrap_or_default());
            merged.extend(self.any(&inside, find(live, id).as_ref(), &then, find(wanted, id).as_ref()));
        }
        merged
    }

    /// A list whose items are told by all of them.
    fn set(
        &mut self,
        path: &str,
        live: &[Value],
        history: &[Option<&Value>],
        wanted: &[Value],
    ) -> Vec<Value> {
        let had = |then: Option<&Value>, item: &Value| {
            then.and_then(Value::as_array).is_some_and(|items| items.contains(item))
        };
        let mut merged = Vec::new();
        for item in live {
            let is_old = !wanted.contains(item) && history.iter().any(|then| had(*then, item));
            if is_old {
                self.changes.push(format!("{path}: {} goes", shown(item)));
                continue;
            }
            if !wanted.contains(item) {
                self.keeps.push(format!("{path}: {}", shown(item)));
            }
            merged.push(item.clone());
        }
        for item in wanted.iter().filter(|item| !live.contains(item)) {
            if history.iter().all(|then| had(*then, item)) {
                self.keeps.push(format!("{path}: without {}", shown(item)));
            } else {
                self.changes.push(format!("{path}: {} comes", shown(item)));
                merged.push(item.clone());
            }
        }
        merged
    }

    fn leaf(
        &mut self,
        path: &str,
        live: Option<&Value>,
        history: &[Option<&Value>],
        wanted: Option<&Value>,
    ) -> Option<Value> {
        if live == wanted {
            return live.cloned();
        }
        let is_ours = history.contains(&live) && (live.is_some() || wanted.is_some());
        match (live, wanted) {
            (_, Some(wanted)) if is_ours => {
                self.changes.push(format!("{path}: {} becomes {}", told(live), shown(wanted)));
                Some(wanted.clone())
            }
            (Some(live), None) if is_ours => {
                self.changes.push(format!("{path}: {} goes", shown(live)));
                None
            }
            (Some(live), wanted) => {
                // Of what EKS never said anything about, there is nothing to say.
                if wanted.is_some() || history.iter().any(Option::is_some) {
                    self.keeps.push(format!("{path}: {}, where EKS has {}", shown(live), told(wanted)));
                }
                Some(live.clone())
            }
            (None, wanted) => {
                self.keeps.push(format!("{path}: nothing, where EKS has {}", told(wanted)));
                None
            }
        }
    }
}

fn told(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), shown)
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    const LETTERS_MAX: usize = 80;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = text.chars().take(LETTERS_MAX).collect();
    if short.len() < text.len() { short + "..." } else { short }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_eks_shipped_once_follows_and_anything_else_stays() {
        let history = [
            json!({"replicas": 2, "old": 1, "limits": {"memory": "170Mi"}, "tolerations": ["master", "critical"]}),
            json!({"replicas": 2, "delay": 30, "limits": {"memory": "200Mi"}, "tolerations": ["control", "critical"]}),
        ];
        let wanted = json!({
            "replicas": 2, "delay": 10, "limits": {"memory": "300Mi"}, "tolerations": ["control", "critical"],
            "spread": ["zone"],
        });
        let live = json!({
            "replicas": 5, "old": 1, "limits": {"memory": "170Mi", "cpu": "1"}, "tolerations": ["mine", "master"],
            "status": 7,
        });
        let merged = merge(&live, &history, &wanted);
        assert_eq!(
            merged.value,
            json!({
                "replicas": 5, "delay": 10, "limits": {"memory": "300Mi", "cpu": "1"},
                "tolerations": ["mine", "control"], "spread": ["zone"], "status": 7,
            })
        );
        assert_eq!(
            merged.keeps,
            ["replicas: 5, where EKS has 2", "tolerations: mine", "tolerations: without critical"]
        );
        // What EKS gave up goes part by part, and what the owner put beside it stays.
        let given_up = [json!({"metadata": {"annotations": {"type": "ec2"}}}), json!({})];
        let own = json!({"metadata": {"annotations": {"type": "ec2", "mine": "1"}, "labels": {"a": "b"}}});
        let left = merge(&own, &given_up, &json!({}));
        assert_eq!(left.value, json!({"metadata": {"annotations": {"mine": "1"}, "labels": {"a": "b"}}}));
        assert!(left.keeps.is_empty(), "{:?}", left.keeps);
        // Merged once, nothing is left to do.
        let again = merge(&merged.value, &history, &wanted);
        assert_eq!((again.value, again.changes), (merged.value, Vec::<String>::new()));
    }

    #[test]
    fn items_with_a_name_are_merged_by_it_in_the_order_in_which_they_are() {
        let of = |image: &str| json!({"containers": [{"name": "a", "image": image}, {"name": "b"}]});
        let live = json!({"containers": [
            {"name": "mine", "image": "x"}, {"name": "a", "image": "1", "env": [{"name": "A", "value": "b"}]},
        ]});
        let merged = merge(&live, &[of("1")], &of("2"));
        assert_eq!(
            merged.value,
            json!({"containers": [
                {"name": "mine", "image": "x"}, {"name": "a", "image": "2", "env": [{"name": "A", "value": "b"}]},
            ]})
        );
        assert_eq!(merged.changes, ["containers[a].image: 1 becomes 2"]);
        assert_eq!(merged.keeps, ["containers[b]: nothing, where EKS has {\"name\":\"b\"}"]);
    }
}
