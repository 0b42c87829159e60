//! The tokens of a label selector.

use std::iter::Peekable;
use std::str::Chars;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    In,
    NotIn,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    Comma,
    Open,
    Close,
    End,
}

impl Token {
    /// The token as written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Not => "!",
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::End => "",
        }
    }

    /// The token as a word: `in` and `notin` are words where no operator is allowed.
    pub(super) fn into_value(self) -> Self {
        match self {
            Self::In | Self::NotIn => Self::Word(self.text().to_owned()),
            other => other,
        }
    }
}

const SPECIAL: &[char] = &['=', '!', '(', ')', ',', '>', '<'];

fn known(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::Greater,
        "in" => Token::In,
        "<" => Token::Less,
        "!=" => Token::NotEquals,
        "notin" => Token::NotIn,
        "(" => Token::Open,
        _ => return None,
    })
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// All tokens, ending with [`Token::End`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|letter| is_space(*letter)).is_some() {}
        let token = match letters.peek() {
            None | Some('\0') => Token::End,
            Some(letter) if SPECIAL.contains(letter) => symbol(&mut letters),
            Some(_) => word(&mut letters),
        };
        let is_end = token == Token::End;
        found.push(token);
        if is_end {
            return found;
        }
    }
}

/// The longest known prefix of a run of symbols; each single symbol is known.
fn symbol(letters: &mut Peekable<Chars<'_>>) -> Token {
    let mut text = String::new();
    let mut token = Token::End;
    while let Some(letter) = letters.peek().filter(|letter| SPECIAL.contains(letter)) {
        text.push(*letter);
        let Some(found) = known(&text) else { break };
        token = found;
        letters.next();
    }
    token
}

fn word(letters: &mut Peekable<Chars<'_>>) -> Token {
    let mut text = String::new();
    while let Some(letter) = letters.next_if(|it| !SPECIAL.contains(it) && !is_space(*it) && *it != '\0') {
        text.push(letter);
    }
    known(&text).unwrap_or(Token::Word(text))
}
