//! Whatever is asked of any operation, within its model or beside it, over a real socket: answered as the model says, or
//! refused in its words and nothing done; and the server stays up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use replank_server::model::{Kind, Location, Member, Model, Operation};
use serde_json::{Map, Value, json};

use crate::served::Up;
use crate::tool::Scratch;
use crate::wire::{sent, signed};

/// How deep made-up input goes.
const DEPTH: usize = 6;
/// How often each operation is asked at least; beyond that for so long, or as long as `REPLANK_FUZZ_SECONDS` says.
const ROUNDS: usize = 4;
const LASTS: Duration = Duration::from_secs(20);
const ROLE: &str = "arn:aws:iam::111122223333:role/r";
/// Texts that mean something, and texts that do not.
const WORDS: [&str; 18] = [
    "eks-workshop",
    "default",
    "x",
    "",
    "a b",
    "1.32",
    "1.33",
    ROLE,
    "-1",
    "\u{e4}",
    "m5.large",
    "subnet-1",
    "coredns",
    "kube-proxy",
    "STANDARD",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
    "{\"a\": 1}",
    "$Latest",
];
/// What members of these names mean, mostly.
const MEANT: [(&str, &str); 9] = [
    ("clusterName", "eks-workshop"),
    ("name", "eks-workshop"),
    ("nodegroupName", "default"),
    ("addonName", "coredns"),
    ("principalArn", ROLE),
    ("roleArn", ROLE),
    ("podExecutionRoleArn", ROLE),
    ("policyArn", WORDS[15]),
    ("namespace", "default"),
];
/// Errors that any operation may answer with.
const COMMON: [&str; 1] = ["SerializationException"];
/// Errors that tell of bad input.
const BAD_INPUT: [&str; 4] =
    ["InvalidParameterException", "BadRequestException", "InvalidRequestException", "ClientException"];
/// Errors that the service answers with though its model does not declare them there.
const BESIDE: [(&str, &str); 5] = [
    ("CreateCapability", "ResourceNotFoundException"),
    ("CreateFargateProfile", "ResourceInUseException"),
    ("CreateFargateProfile", "ResourceNotFoundException"),
    ("CreateNodegroup", "ResourceNotFoundException"),
    ("ListCapabilities", "ResourceNotFoundException"),
];

/// A small generator (splitmix64): seeded, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    /// A value of a member, mostly.
    fn member(&mut self, name: &str, shape: &str, depth: usize) -> Value {
        match MEANT.iter().find(|(meant, _)| *meant == name) {
            Some((_, word)) if self.below(4) > 0 => json!(word),
            _ => self.value(shape, depth),
        }
    }

    /// A value of a shape, mostly.
    fn value(&mut self, shape: &str, depth: usize) -> Value {
        let Some(shape) = Model::get().shapes.get(shape).filter(|_| depth > 0) else { return Value::Null };
        let inner = |member: &Option<Member>| member.as_ref().map_or(String::new(), |it| it.shape.clone());
        match shape.kind {
            _ if self.below(60) == 0 => json!([{}, [], "x", 7, true])[self.below(5)].clone(),
            Kind::Structure => {
                let mut map = Map::new();
                for (name, member) in &shape.members {
                    if shape.required.contains(name) || self.below(3) == 0 {
                        map.insert(name.clone(), self.member(name, &member.shape, depth - 1));
                    }
                }
                Value::Object(map)
            }
            Kind::List => (0..self.below(3)).map(|_| self.value(&inner(&shape.member), depth - 1)).collect(),
            Kind::Map => json!({ self.word(): self.value(&inner(&shape.value), depth - 1) }),
            Kind::String if !shape.values.is_empty() => json!(shape.values[self.below(shape.values.len())]),
            Kind::String => json!(self.word()),
            Kind::Integer if self.below(8) == 0 => json!(i64::MAX),
            Kind::Integer => json!(self.below(12) as i64 - 2),
            Kind::Boolean => json!(self.below(2) == 0),
            Kind::Timestamp => json!(self.below(2_000_000_000)),
        }
    }

    /// A request: its path with its query, and its body.
    fn request(&mut self, operation: &Operation) -> (String, String) {
        let members = &Model::get().shapes[&operation.input].members;
        let input = self.value(&operation.input, DEPTH);
        let Value::Object(mut given) = input else {
            return (self.path(operation, &Map::new()), input.to_string());
        };
        let path = self.path(operation, &given);
        let mut query = Vec::new();
        for (name, member) in members {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let key = member.location_name.as_deref().unwrap_or(name);
            match (member.location, given.get(name)) {
                (Some(Location::Querystring), Some(Value::Array(items))) => {
                    query.extend(items.iter().map(|item| format!("{key}={}", encoded(&text(item)))));
                }
                (Some(Location::Querystring), Some(value)) => {
                    query.push(format!("{key}={}", encoded(&text(value))));
                }
                _ => {}
            }
            if member.location.is_some() {
                given.remove(name);
            }
        }
        let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        (target, Value::Object(given).to_string())
    }

    fn path(&mut self, operation: &Operation, given: &Map<String, Value>) -> String {
        let members = &Model::get().shapes[&operation.input].members;
        let mut part = |part: &str| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return part.to_owned();
            };
            let is_it =
                |(member, of): &(&String, &Member)| of.location_name.as_deref().unwrap_or(member) == name;
            let value = members.iter().find(is_it).and_then(|(member, _)| given.get(member)?.as_str());
            encoded(value.filter(|value| !value.is_empty()).unwrap_or(self.word()))
        };
        operation.path.split('/').map(&mut part).collect::<Vec<_>>().join("/")
    }
}

/// What an answer has that its shape has not, or not so.
fn wrong(shape: &str, value: &Value, at: &str) -> Option<String> {
    let shape = &Model::get().shapes[shape];
    let inner = |member: &Option<Member>| member.as_ref().map_or(String::new(), |it| it.shape.clone());
    let is_right = match shape.kind {
        Kind::Structure => {
            let Some(given) = value.as_object() else {
                return Some(format!("{at}: {value} is no structure"));
            };
            if let Some(name) = shape.required.iter().find(|name| !given.contains_key(*name)) {
                return Some(format!("{at}.{name} is missing"));
            }
            return given.iter().find_map(|(name, value)| match shape.members.get(name) {
                None => Some(format!("{at}.{name}: no such member")),
                Some(member) => wrong(&member.shape, value, &format!("{at}.{name}")),
            });
        }
        Kind::List => {
            let Some(items) = value.as_array() else { return Some(format!("{at}: {value} is no list")) };
            return items.iter().find_map(|item| wrong(&inner(&shape.member), item, at));
        }
        Kind::Map => {
            let Some(items) = value.as_object() else { return Some(format!("{at}: {value} is no map")) };
            return items.values().find_map(|item| wrong(&inner(&shape.value), item, at));
        }
        Kind::String => value
            .as_str()
            .is_some_and(|text| shape.values.is_empty() || shape.values.iter().any(|it| it == text)),
        Kind::Integer => value.is_i64(),
        Kind::Boolean => value.is_boolean(),
        Kind::Timestamp => value.is_number(),
    };
    (!is_right).then(|| format!("{at}: {value}"))
}

/// Why an operation cannot be refused so.
fn illegal(
    (name, operation): (&String, &Operation),
    (status, error): (u16, &str),
    told: &Value,
) -> Option<String> {
    let shape = Model::get().shapes.get(error);
    let of_bad_input = |error: &String| BAD_INPUT.contains(&error.as_str());
    let is_declared = operation.errors.iter().any(|declared| declared == error)
        || COMMON.contains(&error)
        || BESIDE.contains(&(name, error))
        // One that declares none for bad input has to answer with some.
        || !operation.errors.iter().any(of_bad_input);
    if !is_declared || !(400..500).contains(&status) {
        return Some(format!("{error} is not declared"));
    }
    let shape = shape.filter(|_| !COMMON.contains(&error))?;
    if shape.error != Some(status) {
        return Some(format!("the status of {error} is {:?}", shape.error));
    }
    wrong(error, told, error)
}

/// What there is, by name.
pub(crate) fn everything(up: &Up) -> Vec<String> {
    let ask = |method: &str, path: &str, body: &str| {
        let told = sent(up, &signed(up, method, path, body)).unwrap_or_default();
        assert_eq!(told.0, 200, "{path}: {told:?}");
        told.2
    };
    let of = "/clusters/eks-workshop";
    let lists = [
        "node-groups",
        "updates",
        "addons",
        "fargate-profiles",
        "access-entries",
        "pod-identity-associations",
    ];
    let mut all: Vec<String> = lists.iter().map(|list| ask("GET", &format!("{of}/{list}"), "")).collect();
    all.push(ask("GET", "/clusters", ""));
    all.push(ask("GET", &format!("{of}/updates?nodegroupName=default"), ""));
    all
}

#[test]
fn whatever_is_asked_is_answered_or_refused() {
    let scratch = Scratch::new("any-request");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    // What is begun stays so: a list changes by requests alone.
    up.says("world pause");
    let asked = std::env::var("REPLANK_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let (lasts, begun) = (asked.map_or(LASTS, Duration::from_secs), Instant::now());
    let (model, mut dice) = (Model::get(), Dice(11));
    let (mut good, mut refused, mut round) = (0, 0, 0);
    let mut before = everything(&up);
    let mut faults = BTreeMap::new();
    while round < ROUNDS || begun.elapsed() < lasts {
        for (name, operation) in &model.operations {
            let (target, body) = dice.request(operation);
            let what = format!("round {round}: {name} {} {target} {body}", operation.method);
            let answer = sent(&up, &signed(&up, &operation.method, &target, &body));
            let Some((status, error, said)) = answer else { panic!("{what}: no answer") };
            let Ok(told) = serde_json::from_str::<Value>(&said) else { panic!("{what}: {status} {said}") };
            let changes = operation.method != "GET";
            if status == 200 {
                good += 1;
                if let Some(wrong) = wrong(&operation.output, &told, name) {
                    faults.entry((name, error)).or_insert(format!("{what}: {wrong}"));
                }
                if changes {
                    before = everything(&up);
                }
                continue;
            }
            refused += 1;
            let fault = illegal((name, operation), (status, &error), &told);
            let done = changes.then(|| everything(&up)).filter(|after| *after != before);
            let fault =
                fault.or_else(|| done.as_ref().map(|after| format!("it is done: {before:?} {after:?}")));
            if let Some(fault) = fault {
                faults.entry((name, error)).or_insert(format!("{what}: {status} {said}: {fault}"));
            }
            before = done.unwrap_or(before);
        }
        round += 1;
    }
    assert!(faults.is_empty(), "{:#?}", faults.values());
    assert!(good > 20 && refused > 20, "{good} good, {refused} refused");
    assert_eq!(up.end("-TERM"), Some(0));
}

pub(crate) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
