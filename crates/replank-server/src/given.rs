//! Parameters of a request in one of the query protocols.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::uri;
use crate::wire::Request;

/// Greatest depth of parameters; `LaunchTemplateData.InstanceRequirements.BaselinePerformanceFactors.Cpu...` is the
/// deepest.
const DEPTH_MAX: usize = 12;

/// Parameters of a request.
#[derive(Debug)]
pub(crate) struct Given(Vec<(String, String)>);

impl Given {
    /// These parameters, for tests.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(given: [(&str, &str); N]) -> Self {
        Self(given.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    /// These parameters, of a request that comes from inside.
    pub(crate) fn pairs(given: Vec<(String, String)>) -> Self {
        Self(given)
    }

    /// The parameters of query and body.
    pub(crate) fn read(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Self(uri::parameters(&request.query).chain(uri::form(&body)).collect())
    }

    /// Value of a parameter; empty when absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Value of a parameter; `None` when absent or empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a parameter is there, or something below its name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| {
            key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// How many members are given below a name.
    pub(crate) fn below(&self, name: &str) -> usize {
        self.0
            .iter()
            .filter(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
            .count()
    }

    /// Names of the members that are given, each as often as there is something below it.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.split('.').next().unwrap_or_default())
    }

    /// Everything that narrows a list, as a text; page size and token are left out.
    pub(crate) fn list_asked(&self) -> String {
        let apart = ["NextToken", "MaxResults", "MaxRecords"];
        let mut narrowed: Vec<_> = self.0.iter().filter(|(name, _)| !apart.contains(&&**name)).collect();
        narrowed.sort();
        format!("{narrowed:?}")
    }

    /// Values of a numbered list, in order.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.");
        let number = |key: &String| key.strip_prefix(&prefix)?.parse::<u32>().ok();
        let mut found: Vec<(u32, &str)> =
            self.0.iter().filter_map(|(key, value)| Some((number(key)?, &**value))).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// The value below a name, if there is one: structures as objects, numbered members as arrays. Members have the
    /// names of EC2's responses.
    pub(crate) fn structure(&self, name: &str) -> Option<Value> {
        let mut root = BTreeMap::new();
        let prefix = format!("{name}.");
        for (key, value) in &self.0 {
            let Some(path) = key.strip_prefix(&prefix) else { continue };
            let path: Vec<&str> = path.split('.').collect();
            if path.len() <= DEPTH_MAX {
                put(&mut root, &path, value);
            }
        }
        (!root.is_empty()).then(|| value(Tree::Branch(root)))
    }
}

/// Query parameters as a tree.
#[derive(Debug)]
enum Tree {
    Leaf(String),
    Branch(BTreeMap<String, Tree>),
}

fn put(into: &mut BTreeMap<String, Tree>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [name] => drop(into.insert((*name).to_owned(), Tree::Leaf(value.to_owned()))),
        [name, rest @ ..] => {
            let branch = into.entry((*name).to_owned()).or_insert_with(|| Tree::Branch(BTreeMap::new()));
            if let Tree::Branch(branch) = branch {
                put(branch, rest, value);
            }
        }
    }
}

fn value(tree: Tree) -> Value {
    let branch = match tree {
        Tree::Leaf(text) => return Value::String(text),
        Tree::Branch(branch) => branch,
    };
    let number = |name: &String| name.parse::<u32>().ok();
    if branch.keys().all(|name| number(name).is_some()) {
        let mut items: Vec<(Option<u32>, Tree)> =
            branch.into_iter().map(|(name, item)| (number(&name), item)).collect();
        items.sort_by_key(|(number, _)| *number);
        return Value::Array(items.into_iter().map(|(_, item)| value(item)).collect());
    }
    let mut object = Map::new();
    for (name, member) in branch {
        let member = value(member);
        object.insert(answered(&name, member.is_array()), member);
    }
    Value::Object(object)
}

/// Name of a member in responses: lower case first, and `Set` after lists.
fn answered(name: &str, is_list: bool) -> String {
    match name {
        "LicenseSpecification" => return "licenseSet".into(),
        // A network interface lists its groups under a name of its own; the template itself does not.
        "Groups" => return "groupSet".into(),
        _ => {}
    }
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let mut small: String = first.into_iter().chain(letters).collect();
    if is_list {
        small.push_str("Set");
    }
    small
}
