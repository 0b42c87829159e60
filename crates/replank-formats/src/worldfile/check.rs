//! The strict reader: checks a document against the table of fields and fills in defaults.
//!
//! The word of a choice moves its fields into a mapping of their own (`do: scale, replicas: 2` becomes `do:
//! {scale: {replicas: 2}}`), the form that the types in `spec` deserialize.

use serde_json::{Map, Value};

use super::schema::{Default, FieldDoc, Kind, Object, Word, one_of};
use crate::yaml::{BadInput, Field, nearest, read, shown};

/// Fields that had another name before, under which they are read still: name of now, name of then.
const FORMER: [(&str, &str); 2] = [("deregistrationDelay", "settle"), ("uncordon", "giveBack")];

/// The name that a field had before.
fn former(name: &str) -> Option<&'static str> {
    FORMER.iter().find(|(now, _)| *now == name).map(|(_, then)| *then)
}

/// The value of `field`, checked and completed; errors are added to `wrong`.
pub(super) fn object(field: &Field<'_>, object: &Object, wrong: &mut Vec<BadInput>) -> Value {
    let Some(Value::Object(_)) = field.value() else {
        wrong.push(no_collection(field, "a mapping"));
        return Value::Null;
    };
    let chosen = object.choice.as_ref().and_then(|choice| {
        let word = field.get(choice.field);
        let variant = choice.variants.iter().find(|variant| Some(variant.name) == word.text());
        if variant.is_none() {
            let accepted: Vec<_> = choice.variants.iter().map(|variant| variant.name).collect();
            wrong.push(not_a_word(&word, &accepted));
        }
        variant.map(|variant| (choice, variant))
    });
    if object.choice.is_some() && chosen.is_none() {
        return Value::Null;
    }
    let own: Vec<&FieldDoc> = object.fields.iter().collect();
    let of_choice: Vec<&FieldDoc> = chosen.iter().flat_map(|(_, variant)| variant.fields).collect();
    let choice_field = chosen.map(|(choice, _)| choice.field);
    for (name, given) in field.entries() {
        let mut accepted: Vec<_> = own.iter().chain(&of_choice).map(|doc| doc.name).collect();
        accepted.extend(choice_field);
        if !accepted.contains(&name) && !accepted.iter().any(|known| former(known) == Some(name)) {
            let word = chosen.map(|(choice, variant)| format!("{} {}", choice.field, variant.name));
            wrong.push(unknown(&given, name, &accepted, word.as_deref()));
        }
    }
    let mut values = Map::new();
    fields(field, &own, &mut values, wrong);
    if let Some((choice, variant)) = chosen {
        let mut inner = Map::new();
        fields(field, &of_choice, &mut inner, wrong);
        let word = Value::Object(Map::from_iter([(variant.name.to_owned(), Value::Object(inner))]));
        values.insert(choice.field.to_owned(), word);
    }
    Value::Object(values)
}

fn fields(field: &Field<'_>, docs: &[&FieldDoc], into: &mut Map<String, Value>, wrong: &mut Vec<BadInput>) {
    for doc in docs {
        let mut given = field.get(doc.name);
        if let Some(then) = former(doc.name).filter(|_| given.is_absent()).map(|name| field.get(name))
            && !then.is_absent()
        {
            given = then;
        }
        let value = match doc.default {
            _ if !given.is_absent() => value(&given, &doc.kind, wrong),
            Default::Nothing => Value::Null,
            Default::Is(text) => default(text, &doc.kind),
            Default::Required => {
                wrong.push(given.error(format!("is missing, expected {}", doc.kind.accepts())));
                Value::Null
            }
        };
        into.insert(doc.name.to_owned(), value);
    }
}

/// A default, completed like a given value. A test checks that every default is valid.
fn default(text: &str, kind: &Kind) -> Value {
    checked_default(text, kind).unwrap_or_default()
}

/// A default as a value, or the errors in it.
pub(super) fn checked_default(text: &str, kind: &Kind) -> Result<Value, Vec<BadInput>> {
    let docs = read("default", format!("value: {text}").as_bytes()).map_err(|error| vec![error])?;
    let mut wrong = Vec::new();
    let value = docs.first().map(|doc| value(&doc.root().get("value"), kind, &mut wrong)).unwrap_or_default();
    if wrong.is_empty() { Ok(value) } else { Err(wrong) }
}

fn value(field: &Field<'_>, kind: &Kind, wrong: &mut Vec<BadInput>) -> Value {
    let Some(given) = field.value() else {
        wrong.push(mismatch(field, &kind.accepts()));
        return Value::Null;
    };
    let fits = match (kind, given) {
        (Kind::Flag, Value::Bool(_)) => true,
        (Kind::Whole { min, max }, Value::Number(number)) => {
            number.as_i64().is_some_and(|number| (*min..=*max).contains(&number))
        }
        (Kind::Share, Value::Number(number)) => {
            number.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number))
        }
        (Kind::Word(accepted), given) => return word(field, accepted, given, wrong),
        (Kind::OneOf(words), Value::String(given)) => {
            if !words.iter().any(|(word, _)| word == given) {
                let accepted: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                wrong.push(not_a_word(field, &accepted));
            }
            return Value::String(given.clone());
        }
        (Kind::List(of), Value::Array(_)) => {
            return field.items().iter().map(|item| value(item, of, wrong)).collect();
        }
        (Kind::Map(of), Value::Object(_)) => {
            let entries = field.entries();
            return Value::Object(
                entries.iter().map(|(name, entry)| ((*name).to_owned(), value(entry, of, wrong))).collect(),
            );
        }
        (Kind::Object(of), Value::Object(_)) => return object(field, of, wrong),
        _ => false,
    };
    if !fits {
        wrong.push(match kind {
            Kind::List(_) | Kind::Map(_) | Kind::Object(_) => no_collection(field, &kind.accepts()),
            Kind::Flag | Kind::Whole { .. } | Kind::Share | Kind::Word(_) | Kind::OneOf(_) => {
                mismatch(field, &kind.accepts())
            }
        });
    }
    given.clone()
}

fn word(field: &Field<'_>, accepted: &Word, given: &Value, wrong: &mut Vec<BadInput>) -> Value {
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(number) if accepted.numbers => number.to_string(),
        Value::Number(number) => {
            let message =
                format!("{number} is a number here, expected {}: write it in quotes", accepted.accepts);
            wrong.push(field.error(message));
            return Value::Null;
        }
        Value::Bool(flag) => {
            let message =
                format!("this word means {flag} in YAML, expected {}: write it in quotes", accepted.accepts);
            wrong.push(field.error(message));
            return Value::Null;
        }
        Value::Null | Value::Array(_) | Value::Object(_) => {
            wrong.push(mismatch(field, accepted.accepts));
            return Value::Null;
        }
    };
    if !(accepted.check)(&text) {
        wrong.push(mismatch(field, accepted.accepts));
    }
    Value::String(text)
}

/// The error for another value where a word or number is expected.
fn mismatch(field: &Field<'_>, accepts: &str) -> BadInput {
    field.error(match field.value() {
        None => format!("is empty, expected {accepts}"),
        Some(given) => format!("{} is not accepted, expected {accepts}", shown::word(given)),
    })
}

/// The error for another value where a mapping or list is expected. The value is not repeated: the file may be
/// something else.
fn no_collection(field: &Field<'_>, accepts: &str) -> BadInput {
    field.error(match field.value() {
        None => format!("is empty, expected {accepts}"),
        Some(given) => format!("{} is not accepted, expected {accepts}", shown::kind(given)),
    })
}

fn not_a_word(field: &Field<'_>, accepted: &[&str]) -> BadInput {
    let all = one_of(accepted.iter().copied());
    match field.text() {
        None if field.is_absent() => field.error(format!("is missing, expected {all}")),
        None => match field.entries().as_slice() {
            [(word, _)] if accepted.contains(word) => {
                let name = field.path().rsplit(['.', ' ']).next().unwrap_or_default().to_owned();
                field.error(format!(
                    "a mapping is not accepted, expected the word alone, as in `{name}: {word}`, with its fields \
                     beside it"
                ))
            }
            _ => mismatch(field, &all),
        },
        Some(given) => {
            let shown = shown::word(&Value::from(given)).into_owned();
            let hint = nearest(given, accepted.iter().copied())
                .map_or(String::new(), |word| format!("; did you mean \"{word}\"?"));
            field.error(format!("{shown} is not accepted, expected {all}{hint}"))
        }
    }
}

fn unknown(given: &Field<'_>, name: &str, accepted: &[&str], word: Option<&str>) -> BadInput {
    let hint = nearest(name, accepted.iter().copied())
        .map_or(String::new(), |word| format!("; did you mean \"{word}\"?"));
    let with = word.map_or(String::new(), |word| format!(" with `{word}`"));
    let all = accepted.join(", ");
    let message = format!("{}: unknown field{with}, accepted are {all}{hint}", given.path());
    BadInput::new(given.key_place(), message)
}
