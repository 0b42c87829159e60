//! The shape of a world file as data: which fields there are, what each takes, its default and its meaning.
//!
//! One table serves the strict reader, the defaults and the reference page, so that they cannot differ.

/// A mapping with known fields.
pub(super) struct Object {
    /// What the reference calls it.
    pub(super) name: &'static str,
    /// What it is, in a sentence or two.
    pub(super) about: &'static str,
    /// Fields that are always accepted.
    pub(super) fields: &'static [FieldDoc],
    /// The field whose word decides which further fields are accepted.
    pub(super) choice: Option<Choice>,
}

/// A field whose word decides which further fields are accepted beside it.
pub(super) struct Choice {
    /// The field that holds the word.
    pub(super) field: &'static str,
    /// What it decides.
    pub(super) meaning: &'static str,
    /// The words.
    pub(super) variants: &'static [Variant],
}

/// One word of a choice.
pub(super) struct Variant {
    /// The word.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    /// The fields accepted with it.
    pub(super) fields: &'static [FieldDoc],
}

/// One field.
pub(super) struct FieldDoc {
    /// Its name.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// What holds when it is left out.
    pub(super) default: Default,
    /// What it means.
    pub(super) meaning: &'static str,
}

/// What holds when a field is left out.
#[derive(Clone, Copy)]
pub(super) enum Default {
    /// It may not be left out.
    Required,
    /// Nothing; the meaning says what follows.
    Nothing,
    /// This, written as in a world file.
    Is(&'static str),
}

/// What a field takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Whole {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number from 0 to 1.
    Share,
    /// A text with a syntax of its own.
    Word(&'static Word),
    /// One of some words.
    OneOf(&'static [(&'static str, &'static str)]),
    /// A list.
    List(&'static Kind),
    /// A mapping with keys of the user's choice.
    Map(&'static Kind),
    /// A mapping with known fields.
    Object(&'static Object),
}

/// A text with a syntax of its own.
pub(super) struct Word {
    /// What the reference calls it.
    pub(super) name: &'static str,
    /// What is accepted, as an error says it: "expected ..."
    pub(super) accepts: &'static str,
    /// Whether a plain number is taken as its text, as in `cpu: 2`.
    pub(super) numbers: bool,
    /// Whether a text is accepted.
    pub(super) check: fn(&str) -> bool,
}

/// A field that must be there.
pub(super) const fn required(name: &'static str, kind: Kind, meaning: &'static str) -> FieldDoc {
    FieldDoc { name, kind, default: Default::Required, meaning }
}

/// A field that may be left out.
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
    /// What is accepted, as an error says it after "expected".
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

    /// What the reference calls it.
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
