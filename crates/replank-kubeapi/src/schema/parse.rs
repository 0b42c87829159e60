//! Reads the files in `types/`: `package NAME`, then types at the margin and their fields below, two spaces in.
//!
//! A field is `name shape [required] [embedded] [omitempty] [list=…] [map=…] [patch=…] [key=…] [default=JSON]`; a type is
//! `Name [kind=apiVersion]… [map=atomic] [is=shape]`. Shapes: `[X]` a list, `{X}` an object with free keys, a leaf
//! or a type (of the same package when it has no dot).

use super::{Field, Merging, PatchRule, Scalar, Schema, Shape, Type};

macro_rules! sources {
    ($($name:literal),* $(,)?) => { &[$((concat!($name, ".types"), include_str!(concat!("types/", $name, ".types")))),*] };
}

/// File name and text of each.
pub(super) const SOURCES: &[(&str, &str)] = sources![
    "admissionregistration_v1",
    "api_resource",
    "apiextensions_v1",
    "apiregistration_v1",
    "apps_v1",
    "authentication_v1",
    "authorization_v1",
    "autoscaling_v1",
    "autoscaling_v2",
    "batch_v1",
    "certificates_v1",
    "coordination_v1",
    "core_v1",
    "discovery_v1",
    "events_v1",
    "meta_v1",
    "networking_v1",
    "node_v1",
    "policy_v1",
    "rbac_v1",
    "runtime",
    "scheduling_v1",
    "storage_v1",
    "util_intstr",
];

/// All types, and the lines that say nothing (none, as a test holds).
pub(super) fn read(sources: &[(&str, &str)]) -> (Schema, Vec<String>) {
    let mut schema = Schema::default();
    let mut faults = Vec::new();
    for (file, text) in sources {
        let mut package = "";
        let mut open: Option<Type> = None;
        for (index, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let Some(first) = words.next() else { continue };
            let understood = if line.starts_with(' ') {
                open.as_mut().and_then(|it| add_field(it, package, first, words))
            } else if first == "package" {
                words.next().map(|name| package = name)
            } else {
                open.take().into_iter().for_each(|it| schema.add(it));
                type_of(package, first, words).map(|it| open = Some(it))
            };
            if understood.is_none() {
                faults.push(format!("{file}:{}: {line}", index + 1));
            }
        }
        open.into_iter().for_each(|it| schema.add(it));
    }
    (schema, faults)
}

fn type_of<'a>(package: &str, name: &str, words: impl Iterator<Item = &'a str>) -> Option<Type> {
    let mut found = Type { name: format!("{package}.{name}"), ..Type::default() };
    for word in words {
        match word.split_once('=')? {
            ("kind", version) => found.served.push(version.to_owned()),
            ("map", "atomic") => found.is_atomic = true,
            ("is", shape) => found.alias = Some(shape_of(package, shape)?),
            _ => return None,
        }
    }
    Some(found)
}

fn add_field<'a>(
    into: &mut Type,
    package: &str,
    name: &str,
    mut words: impl Iterator<Item = &'a str>,
) -> Option<()> {
    let mut field = Field {
        shape: shape_of(package, words.next()?)?,
        is_required: false,
        is_embedded: false,
        omits_zero: false,
        merging: Merging::Plain,
        patch: PatchRule::default(),
        default: None,
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("required", "") => field.is_required = true,
            ("embedded", "") => field.is_embedded = true,
            ("omitempty", "") => field.omits_zero = true,
            ("list" | "map", "atomic") => field.merging = Merging::Atomic,
            ("map", "granular") => field.merging = Merging::Granular,
            ("list", "set") => field.merging = Merging::Set,
            ("list", keys) => field.merging = Merging::Keyed(listed(keys.strip_prefix("map:")?)),
            ("patch", strategies) => field.patch.strategies = listed(strategies),
            ("key", key) => field.patch.key = Some(key.to_owned()),
            ("default", value) => field.default = Some(serde_json::from_str(value).ok()?),
            _ => return None,
        }
    }
    into.fields.insert(name.to_owned(), field);
    Some(())
}

fn listed(words: &str) -> Vec<String> {
    words.split(',').map(str::to_owned).collect()
}

fn shape_of(package: &str, word: &str) -> Option<Shape> {
    if let Some(inner) = word.strip_prefix('[') {
        return Some(Shape::List(Box::new(shape_of(package, inner.strip_suffix(']')?)?)));
    }
    if let Some(inner) = word.strip_prefix('{') {
        return Some(Shape::Map(Box::new(shape_of(package, inner.strip_suffix('}')?)?)));
    }
    Some(match word {
        "any" => Shape::Any,
        "string" => Shape::Scalar(Scalar::Text),
        "bytes" => Shape::Scalar(Scalar::Bytes),
        "string:date-time" => Shape::Scalar(Scalar::Time),
        "string:quantity" => Shape::Scalar(Scalar::Quantity),
        "string:int-or-string" => Shape::Scalar(Scalar::IntOrText),
        "int32" => Shape::Scalar(Scalar::Int32),
        "int64" => Shape::Scalar(Scalar::Int64),
        "double" => Shape::Scalar(Scalar::Double),
        "bool" => Shape::Scalar(Scalar::Bool),
        name if name.contains('.') => Shape::Named(name.to_owned()),
        name if name.starts_with(char::is_uppercase) => Shape::Named(format!("{package}.{name}")),
        _ => return None,
    })
}
