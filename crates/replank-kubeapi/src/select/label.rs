//! Label selectors, such as `app=web,tier in (a,b),!old`.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::lex::{Token, tokens};
use super::names::{complaints_of_key, complaints_of_value};
use crate::rejection::Rejection;

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

/// Requirements on labels; an empty selector matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    terms: Vec<(String, Demand)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Demand {
    Exists,
    Missing,
    In(BTreeSet<String>),
    /// Also met by objects without the label.
    NotIn(BTreeSet<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Whether it has no requirements.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the labels returned by `label` meet all requirements.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|(key, demand)| demand.is_met(label(key)))
    }

    /// Whether `metadata.labels` of the object meet all requirements.
    pub fn matches_object(&self, object: &Value) -> bool {
        let labels: Option<&Map<String, Value>> = object["metadata"]["labels"].as_object();
        self.matches(|key| labels?.get(key)?.as_str())
    }
}

impl Demand {
    fn is_met(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|it| it.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|it| values.contains(it)),
            Self::NotIn(values) => value.is_none_or(|it| !values.contains(it)),
            Self::Greater(limit) => number().is_some_and(|it| it > *limit),
            Self::Less(limit) => number().is_some_and(|it| it < *limit),
        }
    }
}

impl FromStr for LabelSelector {
    type Err = Rejection;

    /// Parses the query form; errors are 400 with the message of the API server.
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        Ok(Self { terms: parser.terms().map_err(Rejection::bad_request)? })
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn ahead(&self) -> Token {
        self.operator_ahead().into_value()
    }

    fn operator_ahead(&self) -> Token {
        self.tokens.get(self.at).cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.ahead();
        self.at += 1;
        token
    }

    fn next_operator(&mut self) -> Token {
        let token = self.operator_ahead();
        self.at += 1;
        token
    }

    fn terms(&mut self) -> Result<Vec<(String, Demand)>, String> {
        let mut terms = Vec::new();
        loop {
            match self.ahead() {
                Token::Word(_) | Token::Not => {}
                Token::End => return Ok(terms),
                other => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
            terms.push(self.term().map_err(|it| format!("unable to parse requirement: {it}"))?);
            match self.next() {
                Token::End => return Ok(terms),
                Token::Comma => match self.ahead() {
                    Token::Word(_) | Token::Not => {}
                    other => {
                        return Err(format!("found '{}', expected: identifier after ','", other.text()));
                    }
                },
                other => {
                    return Err(format!("found '{}', expected: ',' or 'end of string'", other.text()));
                }
            }
        }
    }

    fn term(&mut self) -> Result<(String, Demand), String> {
        let mut token = self.next();
        let is_negated = token == Token::Not;
        if is_negated {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        if let Some(wrong) = joined(&complaints_of_key(&key)) {
            return Err(format!("<nil>: Invalid value: {key:?}: {wrong}"));
        }
        if is_negated {
            return Ok((key, Demand::Missing));
        }
        if matches!(self.ahead(), Token::End | Token::Comma) {
            return Ok((key, Demand::Exists));
        }
        let operator = self.next_operator();
        let values = match operator {
            Token::In | Token::NotIn => self.values()?,
            Token::Equals | Token::DoubleEquals | Token::NotEquals | Token::Greater | Token::Less => {
                BTreeSet::from([self.value()?])
            }
            other => return Err(format!("found '{}', expected: {OPERATORS}", other.text())),
        };
        let demand = demand(&key, &operator, values)?;
        Ok((key, demand))
    }

    fn value(&mut self) -> Result<String, String> {
        if matches!(self.ahead(), Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(text) => Ok(text),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let token = self.next();
        if token != Token::Open {
            return Err(format!("found '{}' expected: '('", token.text()));
        }
        match self.ahead() {
            Token::Word(_) | Token::Comma => {
                let values = self.value_list()?;
                self.next();
                Ok(values)
            }
            Token::Close => {
                self.next();
                Ok(BTreeSet::from([String::new()]))
            }
            other => Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
        }
    }

    /// Up to the closing parenthesis, which stays.
    fn value_list(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.next() {
                Token::Word(text) => {
                    values.insert(text);
                    match self.ahead() {
                        Token::Comma => {}
                        Token::Close => return Ok(values),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Comma => {
                    if values.is_empty() {
                        values.insert(String::new());
                    }
                    match self.ahead() {
                        Token::Close => {
                            values.insert(String::new());
                            return Ok(values);
                        }
                        Token::Comma => {
                            self.next();
                            values.insert(String::new());
                        }
                        _ => {}
                    }
                }
                other => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
            }
        }
    }
}

fn demand(key: &str, operator: &Token, values: BTreeSet<String>) -> Result<Demand, String> {
    let mut wrong = Vec::new();
    let is_order = matches!(operator, Token::Greater | Token::Less);
    let mut number = 0;
    for (index, value) in values.iter().enumerate() {
        match value.parse() {
            Ok(parsed) => number = parsed,
            Err(_) if is_order => wrong.push(format!(
                "values[{index}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
            )),
            Err(_) => {}
        }
    }
    for (index, value) in values.iter().enumerate() {
        if let Some(rule) = joined(&complaints_of_value(value)) {
            wrong.push(format!("values[{index}][{key}]: Invalid value: {value:?}: {rule}"));
        }
    }
    match wrong.len() {
        0 => {}
        1 => return Err(wrong.concat()),
        _ => return Err(format!("[{}]", wrong.join(", "))),
    }
    Ok(match operator {
        Token::Greater => Demand::Greater(number),
        Token::Less => Demand::Less(number),
        Token::NotIn | Token::NotEquals => Demand::NotIn(values),
        _ => Demand::In(values),
    })
}

fn joined(complaints: &[String]) -> Option<String> {
    (!complaints.is_empty()).then(|| complaints.join("; "))
}
