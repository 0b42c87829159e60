//! Rust text without its comments and literals, so that a rule about code does not trip over prose.

/// Replaces comments and the contents of string and character literals by spaces; line breaks stay.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at..] {
            ['/', '/', ..] => line_end(&chars, at),
            ['/', '*', ..] => block_end(&chars, at),
            ['"', ..] => string_end(&chars, at + 1),
            ['r', '"' | '#', ..] if starts_word(&chars, at) => raw_end(&chars, at).unwrap_or(at),
            ['\'', ..] => char_end(&chars, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// True when the words of `path` stand in the code, not as a part of longer words.
pub(crate) fn has_path(code: &str, path: &str) -> bool {
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(path).any(|(at, _)| {
        !in_word(code[..at].chars().next_back()) && !in_word(code[at + path.len()..].chars().next())
    })
}

/// True when the character at `at` begins a word, or follows the `b` or `c` of a literal's prefix.
fn starts_word(chars: &[char], at: usize) -> bool {
    let is_word = |index: usize| chars.get(index).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    match at.checked_sub(1) {
        None => true,
        Some(before) if matches!(chars[before], 'b' | 'c') => before == 0 || !is_word(before - 1),
        Some(before) => !is_word(before),
    }
}

fn line_end(chars: &[char], from: usize) -> usize {
    chars[from..].iter().position(|c| *c == '\n').map_or(chars.len(), |length| from + length)
}

/// Block comments nest.
fn block_end(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0_usize);
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// None when this is a raw identifier such as `r#type`.
fn raw_end(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let mut closing = vec!['"'];
    closing.resize(1 + hashes, '#');
    let length = chars[open + 1..].windows(closing.len()).position(|window| window == closing);
    Some(length.map_or(chars.len(), |length| open + 1 + length + closing.len()))
}

/// None when this is a lifetime.
fn char_end(chars: &[char], from: usize) -> Option<usize> {
    if chars.get(from + 1) == Some(&'\\') {
        let close = chars.get(from + 3..)?.iter().position(|c| *c == '\'')?;
        return Some(from + 3 + close + 1);
    }
    (chars.get(from + 2) == Some(&'\'')).then_some(from + 3)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn keeps_code_and_blanks_the_rest() {
        for (text, expected) in [
            ("a // b", "a"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x\"y", z)"#, "f(      , z)"),
            (r##"f(r#"a"b"#, br"c")"##, "f(        , b    )"),
            ("let r#type = 1;", "let r#type = 1;"),
            ("fn f<'a>(x: &'a str) { '\"' }", "fn f<'a>(x: &'a str) {     }"),
            (r"'\'' + '\u{1F}' + c", "     +          + c"),
            ("\"a\nb\" c", "\n   c"),
            ("var\"s\"", "var"),
        ] {
            let lines: Vec<String> = code(text).lines().map(|line| line.trim_end().to_owned()).collect();
            assert_eq!(lines.join("\n"), expected, "{text}");
        }
    }
}
