//! Renders the reference page of world files from the table of fields.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::schema::{Default, FieldDoc, Kind, Object, Variant, Word};
use super::table::WORLD;

/// The page in Markdown.
pub fn reference() -> String {
    let mut page = Page::default();
    page.text.push_str(
        "# World file\n\nA world file describes the embedded world and the update that is run on it, in YAML. Fields \
         that are not listed here are refused. Numbers such as `1.30` that are meant as text are written in \
         quotes.\n",
    );
    page.object(&WORLD);
    let mut next = 0;
    while let Some(object) = page.pending.get(next).copied() {
        page.object(object);
        next += 1;
    }
    page.words();
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    pending: Vec<&'static Object>,
    seen: BTreeSet<&'static str>,
    words: Vec<&'static Word>,
}

impl Page {
    fn object(&mut self, object: &'static Object) {
        let _ = write!(self.text, "\n## {}\n\n{}\n", object.name, object.about);
        self.fields(object.fields);
        let Some(choice) = &object.choice else { return };
        let _ = write!(
            self.text,
            "\n### `{}`\n\n{} One of these words is required; its fields stand beside it.\n",
            choice.field, choice.meaning
        );
        for variant in choice.variants {
            let _ = write!(self.text, "\n#### `{}: {}`\n\n{}\n", choice.field, variant.name, variant.meaning);
            self.fields(variant.fields);
        }
    }

    fn fields(&mut self, fields: &'static [FieldDoc]) {
        if fields.is_empty() {
            return;
        }
        self.text.push_str("\n| Field | Takes | Default | Meaning |\n|---|---|---|---|\n");
        for field in fields {
            let default = match field.default {
                Default::Required => "required".to_owned(),
                Default::Nothing => String::new(),
                Default::Is(text) => format!("`{text}`"),
            };
            let takes = field.kind.name();
            let mut meaning = field.meaning.to_owned();
            self.follow(&field.kind, &mut meaning);
            let _ = writeln!(self.text, "| `{}` | {takes} | {default} | {meaning} |", field.name);
        }
    }

    /// Queues the object or syntax that a kind refers to, and appends the meanings of its words.
    fn follow(&mut self, kind: &Kind, meaning: &mut String) {
        match kind {
            Kind::List(of) | Kind::Map(of) => self.follow(of, meaning),
            Kind::Object(object) => {
                if self.seen.insert(object.name) {
                    self.pending.push(object);
                }
            }
            Kind::Word(word) => {
                if self.seen.insert(word.name) {
                    self.words.push(word);
                }
            }
            Kind::OneOf(words) => {
                let explained: Vec<_> = words
                    .iter()
                    .filter(|(_, meaning)| !meaning.is_empty())
                    .map(|(word, meaning)| format!("`{word}`: {meaning}"))
                    .collect();
                if !explained.is_empty() {
                    let _ = write!(meaning, " {}.", explained.join("; "));
                }
            }
            Kind::Flag | Kind::Whole { .. } | Kind::Share => {}
        }
    }

    fn words(&mut self) {
        self.text.push_str("\n## Forms of text\n");
        for word in std::mem::take(&mut self.words) {
            let _ = write!(self.text, "\n### {}\n\nTakes {}.\n", word.name, word.accepts);
        }
    }
}

/// Every act with the names of its own fields and its meaning, in the order of the reference.
pub fn acts() -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let variants = super::table::ACT.choice.as_ref().map_or(&[][..], |choice| choice.variants);
    let fields = |variant: &Variant| variant.fields.iter().map(|field| field.name).collect();
    variants.iter().map(|variant| (variant.name, fields(variant), variant.meaning)).collect()
}
