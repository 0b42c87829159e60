//! Reads manifests: each document with its file and line.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Result;
use replank_check::{Item, Origin};
use replank_formats::manifest::{self, Source};
use replank_formats::yaml::{self, BadInput, BadInputs, Doc, FilePosition, Pos};
use serde_json::Value;

use super::{Looked, burden, releases, side_by_side};
use crate::definition;
use crate::errors::bad;

/// Size in bytes above which a text is cut into pieces.
const PIECE: usize = 64 << 10;

/// Objects and other documents of some texts.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    wrong: Vec<BadInput>,
    /// Documents that are no Kubernetes objects.
    foreign: Vec<FilePosition>,
}

/// Reads files, directories and standard input. A document that cannot be read is named and the rest goes on; an error when
/// nothing is left.
pub(super) fn read(
    paths: &[PathBuf],
    namespace: Option<&str>,
    stdin: &mut dyn Read,
    looked: &mut Looked,
) -> Result<()> {
    let sources = definition::sources(paths, namespace, stdin)?;
    let mut found = beside_each_other(&sources);
    found.wrong.sort();
    if found.items.is_empty() && !found.wrong.is_empty() {
        return Err(bad(BadInputs(found.wrong).to_string()));
    }
    looked.broken = found.wrong.iter().map(ToString::to_string).collect();
    let count = found.items.len();
    let files = sources.len();
    looked.at.push(format!("{count} objects in {files} {}", if files == 1 { "file" } else { "files" }));
    if let Some(first) = found.foreign.first() {
        let said = match found.foreign.len() {
            1 => "1 document has no apiVersion and kind, at".to_owned(),
            count => format!("{count} documents have no apiVersion and kind, the first at"),
        };
        looked.unseen.push(format!("{said} {first}"));
    }
    let hidden = found.items.iter().filter(|item| item.hides_who_applied_it()).count();
    if hidden > 0 {
        looked.unseen.push(format!(
            "who applied {hidden} of these objects in which version: their managedFields are left out; print them with \
             `kubectl get --show-managed-fields`"
        ));
    }
    releases::take_apart(found.items, looked);
    Ok(())
}

/// Part of a text: whole documents.
struct Piece<'s> {
    file: &'s str,
    text: &'s [u8],
    namespace: Option<&'s str>,
    /// Number of lines of the file before this piece.
    lines: u32,
}

/// Parses pieces in parallel.
fn beside_each_other(sources: &[Source]) -> Found {
    let pieces: Vec<Piece<'_>> = sources.iter().flat_map(|source| pieces(source, PIECE)).collect();
    together(side_by_side::map(&pieces, of_piece))
}

fn together(parts: Vec<Found>) -> Found {
    parts.into_iter().fold(Found::default(), |mut all, part| {
        all.items.extend(part.items);
        all.wrong.extend(part.wrong);
        all.foreign.extend(part.foreign);
        all
    })
}

/// Cuts a text where documents begin, into pieces of at least so many bytes. What begins like JSON stays whole.
fn pieces(source: &Source, least: usize) -> Vec<Piece<'_>> {
    let namespace = source.namespace.as_deref();
    let whole = Piece { file: &source.name, text: &source.text, namespace, lines: 0 };
    if source.text.len() < 2 * least || source.text.trim_ascii_start().starts_with(b"{") {
        return vec![whole];
    }
    cut(&whole, least)
}

/// Cuts a piece. Three dashes at the beginning of a line are a marker wherever they stand (YAML 1.2, 9.1.2).
fn cut<'s>(whole: &Piece<'s>, least: usize) -> Vec<Piece<'s>> {
    let &Piece { file, text, namespace, lines } = whole;
    let (mut pieces, mut begin, mut lines, mut lines_before) = (Vec::new(), 0, lines, lines);
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if at - begin >= least && line.trim_ascii_end() == b"---" {
            pieces.push(Piece { file, text: &text[begin..at], namespace, lines: lines_before });
            (begin, lines_before) = (at, lines);
        }
        at += line.len();
        lines += 1;
    }
    pieces.push(Piece { file, text: &text[begin..], namespace, lines: lines_before });
    pieces
}

fn of_piece(piece: &Piece<'_>) -> Found {
    let mut found = Found::default();
    match yaml::read_manifest(piece.file, piece.text) {
        Ok(docs) => docs.into_iter().for_each(|doc| take(doc, piece, &mut found)),
        Err(wrong) => {
            // One broken document takes none of its neighbours with it.
            let documents = cut(piece, 1);
            if documents.len() > 1 {
                return together(documents.iter().map(of_piece).collect());
            }
            found.wrong.push(BadInput { place: moved(wrong.place, piece.lines), ..wrong });
        }
    }
    found
}

/// Converts a position in a piece into one in its file.
fn moved(place: FilePosition, lines: u32) -> FilePosition {
    let pos = place.pos.map(|pos| Pos { line: pos.line + lines, ..pos });
    FilePosition { pos, ..place }
}

/// Adds the object of a document; a list is split into its items.
fn take(doc: Doc, of: &Piece<'_>, found: &mut Found) {
    let place = moved(doc.root().place(), of.lines);
    let text = |name: &str| doc.value()[name].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version.is_empty() || kind.is_empty() {
        found.foreign.push(place);
        return;
    }
    let is_list = kind.ends_with("List") && doc.value()["items"].is_array();
    if !is_list {
        let doc = match manifest::in_namespace(doc, of.namespace) {
            Ok(doc) => doc,
            Err(wrong) => {
                found.wrong.push(BadInput { place: moved(wrong.place, of.lines), ..wrong });
                return;
            }
        };
        let mut object = doc.into_value();
        burden::take_off(&mut object);
        let place = match place.pos {
            Some(pos) => format!("{}:{}", place.file, pos.line),
            None => place.file.to_string(),
        };
        found.items.push(Item { object, origin: Origin::File { place } });
        return;
    }
    let kind_of = kind.strip_suffix("List").unwrap_or_default().to_owned();
    for mut item in doc.into_list("items") {
        // Items of a typed list do not repeat what they are.
        if !kind_of.is_empty()
            && item.root().get("kind").is_absent()
            && let Some(fields) = item.value_mut().as_object_mut()
        {
            fields.insert("apiVersion".to_owned(), Value::from(api_version.as_str()));
            fields.insert("kind".to_owned(), Value::from(kind_of.as_str()));
        }
        take(item, of, found);
    }
}

/// Objects in a text that is no file, such as the manifest of a Helm release.
pub(super) fn objects(name: &str, text: &str) -> Result<Vec<Value>, BadInput> {
    let mut found = Found::default();
    let whole = Piece { file: name, text: text.as_bytes(), namespace: None, lines: 0 };
    for doc in yaml::read_manifest(name, text.as_bytes())? {
        take(doc, &whole, &mut found);
    }
    Ok(found.items.into_iter().map(|item| item.object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_typed_list_keep_their_lines() {
        let text =
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- 1\n- metadata: {name: b}\n";
        let found =
            beside_each_other(&[Source { name: "pods.yaml".to_owned(), text: text.into(), namespace: None }]);
        let seen = found.items.iter().map(|item| match &item.origin {
            Origin::File { place } => (item.name().name, item.kind().to_owned(), place.clone()),
            other => panic!("{other:?}"),
        });
        let wanted = |name: &str, place: &str| (name.to_owned(), "Pod".to_owned(), place.to_owned());
        assert_eq!(seen.collect::<Vec<_>>(), [wanted("a", "pods.yaml:4"), wanted("b", "pods.yaml:6")]);
        assert_eq!(found.foreign.len(), 1, "what is no object is said to be none");
    }

    #[test]
    fn a_text_in_pieces_is_read_as_one_with_its_lines() {
        let one = |index: usize| format!("---\napiVersion: v1\nkind: A\nmetadata: {{name: a-{index}}}\n");
        let text: String = (0..10_000).map(one).collect();
        let source = Source { name: "all.yaml".to_owned(), text: text.into_bytes(), namespace: None };
        assert!(pieces(&source, PIECE).len() > 4);
        let found = beside_each_other(std::slice::from_ref(&source));
        assert_eq!(found.items.len(), 10_000);
        for (index, item) in found.items.iter().enumerate() {
            assert_eq!(item.name().name, format!("a-{index}"));
            assert_eq!(item.origin, Origin::File { place: format!("all.yaml:{}", index * 4 + 2) });
        }
        let broken = Source { text: [&source.text, b"--- [".as_slice()].concat(), ..source };
        let whole = yaml::read_manifest("all.yaml", &broken.text).err().unwrap().to_string();
        let wrong = &beside_each_other(&[broken]).wrong;
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].to_string(), whole, "as if it were read in one piece");
    }

    #[test]
    fn a_broken_document_takes_no_neighbour_with_it() {
        let one = |name: &str| format!("apiVersion: v1\nkind: A\nmetadata: {{name: {name}}}\n");
        let text = format!("{}---\nname: {{{{ .Values.name }}}}\n---\n{}", one("a"), one("b"));
        let source = Source { name: "all.yaml".to_owned(), text: text.into(), namespace: None };
        let found = beside_each_other(&[source]);
        let names: Vec<String> = found.items.iter().map(|item| item.name().name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(found.items[1].origin, Origin::File { place: "all.yaml:7".to_owned() });
        assert_eq!(found.wrong.len(), 1);
        assert!(found.wrong[0].to_string().starts_with("all.yaml:5:"), "{}", found.wrong[0]);
    }
}
