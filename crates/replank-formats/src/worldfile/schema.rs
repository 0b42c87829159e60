//! The schema of world files as data: fields, types, defaults and meanings.
//!
//! One table serves the strict reader, the defaults and the reference page, so they agree.

/// A mapping with fixed fields.
pub(super) struct Object {
    /// Name in the reference.
    pub(super) name: &'static str,
    /// Description in the reference.
    pub(super) about: &'static str,
    /// Fields that are always accepted.
    pub(super) fields: &'static [FieldDoc],
    /// A field that selects further fields.
    pub(super) choice: Option<Choice>,
}

/// A field whose value selects the further fields of its mapping.
pub(super) struct Choice {
    /// Name of the field.
    pub(super) field: &'static str,
    /// Description in the reference.
    pub(super) meaning: &'static str,
    /// Accepted values.
    pub(super) variants: &'static [Variant],
}

/// One value of a choice.
pub(super) struct Variant {
    /// The value.
    pub(super) name: &'static str,
    /// Description in the reference.
    pub(super) meaning: &'static str,
    /// Further fields accepted with it.
    pub(super) fields: &'static [FieldDoc],
}

/// A field of a mapping, with what the reference page says of it.
pub(super) struct FieldDoc {
    /// Name of the field.
    pub(super) name: &'static str,
    /// Type of its value.
    pub(super) kind: Kind,
    /// Value when left out.
    pub(super) default: Default,
    /// Description in the reference.
    pub(super) meaning: &'static str,
}

/// The value of a field that is left out.
#[derive(Clone, Copy)]
pub(super) enum Default {
    /// It must be given.
    Required,
    /// None; the description says what follows.
    Nothing,
    /// This value, written as in a world file.
    Is(&'static str),
}

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// An integer within bounds.
    Whole {
        /// Lowest value.
        min: i64,
        /// Highest value.
        max: i64,
    },
    /// A number from 0 to 1.
    Share,
    /// A string with a syntax.
    Word(&'static Word),
    /// One of these words, each with its meaning.
    OneOf(&'static [(&'static str, &'static str)]),
    /// Any number of values of this kind, in order.
    List(&'static Kind),
    /// A mapping with arbitrary keys.
    Map(&'static Kind),
    /// A mapping with fixed fields.
    Object(&'static Object),
}

/// A string syntax.
pub(super) struct Word {
    /// Name in the reference.
    pub(super) name: &'static str,
    /// What it accepts, as errors say after "expected".
    pub(super) accepts: &'static str,
    /// Whether a number is accepted as its text, as in `cpu: 2`.
    pub(super) numbers: bool,
    /// Whether a text is accepted.
    pub(super) check: fn(&str) -> bool,
}

/// A required field.
pub(super) const fn required(name: &'static str, kind: Kind, meaning: &'static str) -> FieldDoc {
    FieldDoc { name, kind, default: Default::Required, meaning }
}

/// A field without a default that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind, meaning: &'static str) -> FieldDoc {
    FieldDoc { name, kind, default: Default::Nothing, meaning }
}

/// A field with a default.
pub(super) const fn field(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> FieldDoc {
    FieldDoc { name, kind, default: Default::Is(default), meaning }
}

impl Kind {
    /// What is accepted, as errors say after "expected".
    pub(super) fn accepts(&self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Whole { min, max: i64::MAX } => format!("a whole number from {min}"),
            Self::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Self::Share => "a number from 0 to 1".to_owned(),
            Self::Word(word) => word.accepts.to_owned(),
            Self::OneOf(words) => one_of(words.iter().map(|(word, _)| *word)),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Object(_) => "a mapping".to_owned(),
        }
    }

    /// The type in the reference, with links.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Whole { .. } | Self::Share => self.accepts(),
            Self::Word(word) => format!("[{}](#{})", word.name, word.name),
            Self::OneOf(words) => {
                words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
            Self::List(of) => format!("list of {}", of.name()),
            Self::Map(of) => format!("mapping to {}", of.name()),
            Self::Object(object) => format!("[{}](#{})", object.name, object.name.replace(' ', "-")),
        }
    }
}

/// "one of a, b, c".
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    format!("one of {}", words.into_iter().collect::<Vec<_>>().join(", "))
}
