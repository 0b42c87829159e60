//! Decodes objects by their types: unknown fields are dropped and reported, values of the wrong type are refused.
//!
//! Kubernetes: `fieldValidation` and its JSON decoder, error messages included. Names of Go's string types are not
//! known here; messages say `string`.

use serde_json::Value;

use crate::rejection::{Cause, Rejection};
use crate::schema::{Form, Scalar, TypedValue};

mod converter;
mod veil;

pub use converter::quoted;

/// A decoded object.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The object without unknown fields and nulls.
    pub object: Value,
    /// One message per unknown field, such as `unknown field "spec.x"`: warnings, or the cause of a strict refusal.
    pub complaints: Vec<String>,
}

impl Decoded {
    /// The object, or 400 when there were unknown fields.
    pub fn strictly(self, api_version: &str, kind: &str) -> Result<Value, Rejection> {
        if self.complaints.is_empty() {
            return Ok(self.object);
        }
        let why = format!("strict decoding error: {}", self.complaints.join(", "));
        Err(refusal(api_version, kind, &why))
    }
}

/// Decodes an object of a kind; a value of the wrong type is a 400.
pub fn decode(
    object: Value,
    api_version: &str,
    kind: &str,
    place: TypedValue<'_>,
) -> Result<Decoded, Rejection> {
    read(object, kind, place, Words::Json).map_err(|why| refusal(api_version, kind, &why))
}

/// How the error message about a patched object quotes the patch. Possible secrets are masked.
#[derive(Clone, Debug)]
pub enum Patched {
    /// JSON patch or merge patch: the resulting object, as text.
    Text(String),
    /// Strategic merge patch: the patch, in the format of [`quoted`].
    Map(String),
}

impl Patched {
    /// For a JSON patch or merge patch with this result.
    pub fn makes(object: &Value) -> Self {
        Self::Text(veil::veiled(object).to_string())
    }

    /// For this strategic merge patch.
    pub fn is(patch: &Value) -> Self {
        Self::Map(quoted(&veil::veiled(patch)))
    }
}

/// Decodes the result of a patch; a value of the wrong type is a 422.
pub fn decode_patched(
    object: Value,
    kind: &str,
    place: TypedValue<'_>,
    patched: &Patched,
) -> Result<Decoded, Rejection> {
    let words = match patched {
        Patched::Text(_) => Words::Json,
        Patched::Map(_) => Words::Converter,
    };
    read(object, kind, place, words).map_err(|why| refused_patch(patched, &why))
}

/// The 422 for a patch whose result is invalid.
pub fn refused_patch(patched: &Patched, why: &str) -> Rejection {
    let (Patched::Text(shown) | Patched::Map(shown)) = patched;
    let message = format!("Invalid value: {shown:?}: {why}");
    let cause = Cause { reason: "FieldValueInvalid", message: message.clone(), field: "patch".to_owned() };
    Rejection { causes: vec![cause], ..Rejection::invalid(format!(" \"\" is invalid: patch: {message}")) }
}

fn read(mut object: Value, kind: &str, place: TypedValue<'_>, words: Words) -> Result<Decoded, String> {
    let drops_empty = place.is_builtin();
    let mut reader = Reader { path: Vec::new(), complaints: Vec::new(), words, drops_empty };
    reader.read(&mut object, place, kind)?;
    Ok(Decoded { object, complaints: reader.complaints })
}

fn refusal(api_version: &str, kind: &str, why: &str) -> Rejection {
    let version = api_version.rsplit('/').next().unwrap_or_default();
    Rejection::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
}

/// Whose wording a message has; two parts of the API server decode objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Json,
    Converter,
}

/// A step down an object.
#[derive(Clone, Debug)]
enum Part {
    Field(String),
    /// A key of a map, which the decoder's messages leave out.
    Key(String),
    Item(usize),
}

struct Reader {
    path: Vec<Part>,
    complaints: Vec<String>,
    words: Words,
    /// Whether empty, zero and false values are dropped (Go: `omitempty`).
    drops_empty: bool,
}

impl Reader {
    fn read(&mut self, value: &mut Value, place: TypedValue<'_>, owner: &str) -> Result<(), String> {
        if let Some((found, wanted)) = mismatch(value, place) {
            if self.words == Words::Converter {
                return Err(converter::mismatch(value, place, &found));
            }
            let fields = self.path.iter().filter_map(|part| match part {
                Part::Field(name) => Some(name.as_str()),
                Part::Key(_) | Part::Item(_) => None,
            });
            let fields = fields.collect::<Vec<_>>().join(".");
            return Err(match fields.as_str() {
                "" => format!("json: cannot unmarshal {found} into Go value of type v1.{owner}"),
                fields => {
                    format!(
                        "json: cannot unmarshal {found} into Go struct field {owner}.{fields} of type {wanted}"
                    )
                }
            });
        }
        match value {
            Value::Object(fields) => {
                let owner =
                    Some(place.type_name()).filter(|name| !name.is_empty()).unwrap_or(owner).to_owned();
                let is_open = matches!(place.form(), Form::Unknown);
                let unknown: Vec<_> = fields.keys().filter(|key| place.refuses(key)).cloned().collect();
                for key in unknown {
                    fields.shift_remove(&key);
                    self.complaints.push(format!("unknown field \"{}\"", self.path_to(&key)));
                }
                fields.retain(|_, value| is_open || !value.is_null());
                for (key, below) in &mut *fields {
                    let is_map = matches!(place.form(), Form::Map);
                    self.path.push(if is_map { Part::Key(key.clone()) } else { Part::Field(key.clone()) });
                    self.read(below, place.child(key), &owner)?;
                    self.path.pop();
                }
                if self.drops_empty && !is_open {
                    fields.retain(|key, value| {
                        let below = place.child(key);
                        !(is_empty(value) && below.omits_empty() || is_zero(value) && below.omits_zero())
                    });
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push(Part::Item(index));
                    self.read(item, place.item(), owner)?;
                    self.path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    /// `spec.containers[0].imag`.
    fn path_to(&self, key: &str) -> String {
        let mut text = String::new();
        for part in self.path.iter().chain([&Part::Field(key.to_owned())]) {
            match part {
                Part::Item(index) => text.push_str(&format!("[{index}]")),
                Part::Field(name) | Part::Key(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
            }
        }
        text
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Whether it is Go's zero value of a scalar.
pub(crate) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(given) => !given,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The value's type and the expected one, when they differ.
fn mismatch(value: &Value, place: TypedValue<'_>) -> Option<(String, String)> {
    let wanted = match (place.form(), value) {
        (Form::Unknown, _) | (_, Value::Null) => return None,
        (form, value) if fits(form, value) => return None,
        (Form::Struct(found), _) => format!("v1.{}", found.name.rsplit('.').next().unwrap_or_default()),
        (Form::Map, _) => format!("map[string]{}", word(place.child("").form())),
        (Form::List, _) => format!("[]{}", word(place.item().form())),
        (Form::Scalar(leaf), _) => leaf_word(leaf).to_owned(),
    };
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) if matches!(place.form(), Form::Scalar(Scalar::Int32 | Scalar::Int64)) => {
            format!("number {number}")
        }
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    Some((found, wanted))
}

fn word(form: Form<'_>) -> String {
    match form {
        Form::Struct(found) => format!("v1.{}", found.name.rsplit('.').next().unwrap_or_default()),
        Form::Scalar(leaf) => leaf_word(leaf).to_owned(),
        Form::Map | Form::List | Form::Unknown => "interface {}".to_owned(),
    }
}

fn leaf_word(leaf: Scalar) -> &'static str {
    match leaf {
        Scalar::Text => "string",
        Scalar::Bytes => "[]uint8",
        Scalar::Time => "v1.Time",
        Scalar::Quantity => "resource.Quantity",
        Scalar::IntOrText => "intstr.IntOrString",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Double => "float64",
        Scalar::Bool => "bool",
    }
}

fn fits(form: Form<'_>, value: &Value) -> bool {
    match (form, value) {
        (Form::Unknown, _)
        | (Form::Struct(_) | Form::Map, Value::Object(_))
        | (Form::List, Value::Array(_))
        | (Form::Scalar(Scalar::Bool), Value::Bool(_))
        | (Form::Scalar(Scalar::Double | Scalar::Quantity), Value::Number(_)) => true,
        (Form::Scalar(leaf), Value::String(_)) => {
            matches!(leaf, Scalar::Text | Scalar::Bytes | Scalar::Time | Scalar::Quantity | Scalar::IntOrText)
        }
        (Form::Scalar(Scalar::Int32 | Scalar::IntOrText), Value::Number(number)) => {
            number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
        }
        (Form::Scalar(Scalar::Int64), Value::Number(number)) => number.is_i64(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Patched, decode, decode_patched, quoted, refused_patch};
    use crate::fuzz::Dice;
    use crate::schema::Schema;

    fn read(spec: &Value) -> Result<super::Decoded, String> {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec});
        let place = Schema::builtin().root("apps/v1", "Deployment");
        decode(object, "apps/v1", "Deployment", place).map_err(|refused| refused.message)
    }

    #[test]
    fn unknown_fields_are_named_and_dropped() {
        let spec = json!({"replica": 1, "paused": null, "template": {"spec": {"containers": [{"imag": "x", "name": "a"}]}},
            "selector": {"matchLabels": {"any": "x"}}});
        let decoded = read(&spec).unwrap();
        let expected = json!({"template": {"spec": {"containers": [{"name": "a"}]}},
            "selector": {"matchLabels": {"any": "x"}}});
        assert_eq!(decoded.object["spec"], expected);
        let refused = decoded.strictly("apps/v1", "Deployment").unwrap_err();
        let words = "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: \
            unknown field \"spec.replica\", unknown field \"spec.template.spec.containers[0].imag\"";
        assert_eq!((refused.code, refused.message.as_str()), (400, words));
    }

    #[test]
    fn a_patch_is_refused_with_what_it_says() {
        let patch = json!({"spec": {"replicas": "x", "a": [true, null, 1.5]}});
        let (shown, place) = (quoted(&patch), Schema::builtin().root("apps/v1", "Deployment"));
        assert_eq!(shown, "map[spec:map[a:[true <nil> 1.5] replicas:x]]");
        let unknown =
            refused_patch(&Patched::Text("{}".to_owned()), "strict decoding error: unknown field \"x\"");
        let words =
            " \"\" is invalid: patch: Invalid value: \"{}\": strict decoding error: unknown field \"x\"";
        assert_eq!((unknown.code, unknown.message.as_str()), (422, words));
        assert_eq!(unknown.causes[0].field, "patch");
        for (spec, words) in [
            (json!({"replicas": "x"}), "unrecognized type: int32"),
            (json!({"replicas": 1.5}), "cannot convert float64 to int32"),
            (json!({"paused": "x"}), "unrecognized type: bool"),
            (json!({"template": {"spec": {"dnsPolicy": 1}}}), "cannot convert int64 to string"),
            (json!({"template": []}), "cannot restore struct from: slice"),
            (json!({"template": {"metadata": {"labels": "x"}}}), "cannot restore map from string"),
            (json!({"template": {"spec": {"containers": {}}}}), "cannot restore slice from map"),
        ] {
            let patched = Patched::Map("map[]".to_owned());
            let refused = decode_patched(json!({"spec": spec}), "Deployment", place, &patched).unwrap_err();
            assert_eq!(
                refused.message,
                format!(" \"\" is invalid: patch: Invalid value: \"map[]\": {words}")
            );
        }
    }

    #[test]
    fn what_a_go_type_writes_without_is_left_out() {
        let metadata = json!({"annotations": {}, "name": "a"});
        let spec = json!({"containers": [], "nodeSelector": {}, "securityContext": {}, "volumes": [{"emptyDir": {}, "name": "x"}]});
        let place = Schema::builtin().root("v1", "Pod");
        let decoded = decode(json!({"metadata": metadata, "spec": spec}), "v1", "Pod", place).unwrap();
        let spec =
            json!({"containers": [], "securityContext": {}, "volumes": [{"emptyDir": {}, "name": "x"}]});
        assert_eq!(decoded.object, json!({"metadata": {"name": "a"}, "spec": spec}));
    }

    #[test]
    fn values_of_another_form_are_refused() {
        let start = "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal ";
        let pod = |spec: Value| json!({"template": {"spec": spec}});
        let table = [
            (
                json!({"replicas": "1"}),
                "string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"replicas": 1.5}),
                "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (json!({"paused": 1}), "number into Go struct field DeploymentSpec.spec.paused of type bool"),
            (json!([]), "array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
            (
                pod(json!({"containers": {}})),
                "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
            (
                pod(json!({"containers": [{"image": 1}]})),
                "number into Go struct field Container.spec.template.spec.containers.image of type string",
            ),
            (
                pod(json!({"nodeSelector": "x"})),
                "string into Go struct field PodSpec.spec.template.spec.nodeSelector of type map[string]string",
            ),
        ];
        for (spec, words) in table {
            assert_eq!(read(&spec).unwrap_err(), format!("{start}{words}"), "{spec}");
        }
    }

    #[test]
    fn quantities_and_percentages_may_be_numbers() {
        let limits = json!({"resources": {"limits": {"cpu": "1", "memory": 5}}, "name": "a"});
        let spec = json!({"template": {"spec": {"containers": [limits]}},
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}});
        let decoded = read(&spec).unwrap();
        assert_eq!((&decoded.object["spec"], decoded.complaints.len()), (&spec, 0));
    }

    #[test]
    fn no_value_breaks_it_and_reading_twice_changes_nothing_more() {
        let mut dice = Dice::new(31);
        let keys = ["replicas", "template", "spec", "containers", "name", "metadata", "labels", "x"];
        for _ in 0..20_000 {
            let Ok(once) = read(&dice.value(&keys, 5)) else { continue };
            let twice = read(&once.object["spec"]).unwrap();
            assert_eq!((twice.object, twice.complaints.len()), (once.object, 0));
        }
    }
}
