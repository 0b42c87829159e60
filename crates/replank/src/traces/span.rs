//! A span, and how OTLP writes one as JSON (`opentelemetry-proto` 1.x, `trace.proto`, by its rules for JSON: ids in
//! hexadecimal digits, 64-bit numbers as texts, enums as numbers).

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use replank_core::draw::stable_hash;
use serde_json::{Value, json};

/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u32 = 1;
/// `STATUS_CODE_UNSET` and `STATUS_CODE_ERROR`.
const STATUS: [u32; 2] = [0, 2];
/// The field whose value is the trace.
const UPDATE: &str = "update";
/// The field that says how an act was answered, and the answers that are no success.
const ANSWER: &str = "answer";
const WRONG: [&str; 2] = ["impossible", "cannot_tell"];

/// The next id of a span: random in its beginning, so that two processes have none in common.
static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
    let begin = format!("{} {}", std::process::id(), Timestamp::now().as_nanosecond());
    AtomicU64::new(stable_hash(begin.bytes()))
});

/// Where a span is: its trace, and its own id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpanContext {
    trace: String,
    id: u64,
}

/// What a turn or an act took, with what it was about.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    name: &'static str,
    place: SpanContext,
    above: Option<u64>,
    fields: Vec<(&'static str, String)>,
    begun: Timestamp,
    ended: Timestamp,
}

impl Span {
    /// One that begins now, below another one or by itself.
    pub(super) fn begun(name: &'static str, above: Option<SpanContext>) -> Self {
        let id = NEXT.fetch_add(1, Ordering::Relaxed).max(1);
        let trace = above.as_ref().map_or_else(|| trace(&id.to_string()), |above| above.trace.clone());
        let now = Timestamp::now();
        let above = above.map(|above| above.id);
        Self { name, place: SpanContext { trace, id }, above, fields: Vec::new(), begun: now, ended: now }
    }

    pub(super) fn place(&self) -> SpanContext {
        self.place.clone()
    }

    /// Sets a field. The update that a span is of names its trace.
    pub(super) fn note(&mut self, field: &'static str, value: String) {
        if field == UPDATE && self.above.is_none() {
            self.place.trace = trace(&value);
        }
        self.fields.push((field, value));
    }

    /// The same, over now.
    pub(super) fn ended(self) -> Self {
        Self { ended: Timestamp::now(), ..self }
    }

    /// The span as OTLP has it.
    pub(super) fn json(&self) -> Value {
        let Self { name, place, above, fields, begun, ended } = self;
        let went_wrong =
            fields.iter().any(|(field, value)| *field == ANSWER && WRONG.contains(&value.as_str()));
        let attribute = |(field, value): &(&str, String)| json!({"key": format!("replank.{field}"), "value": {"stringValue": value}});
        let mut span = json!({
            "traceId": place.trace,
            "spanId": format!("{:016x}", place.id),
            "name": name,
            "kind": INTERNAL,
            "startTimeUnixNano": begun.as_nanosecond().to_string(),
            "endTimeUnixNano": ended.as_nanosecond().to_string(),
            "attributes": fields.iter().map(attribute).collect::<Vec<_>>(),
            "status": {"code": STATUS[usize::from(went_wrong)]},
        });
        if let Some(above) = above {
            span["parentSpanId"] = format!("{above:016x}").into();
        }
        span
    }
}

/// The id of a trace: a UUID is one as it stands, any other text by its hash.
fn trace(of: &str) -> String {
    let digits = of.replace('-', "").to_ascii_lowercase();
    let is_id = digits.len() == 32
        && digits.bytes().all(|it| it.is_ascii_hexdigit())
        && digits.bytes().any(|it| it != b'0');
    if is_id {
        return digits;
    }
    let (first, second) = (stable_hash(of.bytes()), stable_hash(of.bytes().rev()));
    format!("{:016x}{:016x}", first.max(1), second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_has_sixteen_bytes_that_are_not_all_zero() {
        for (of, wanted) in [
            ("5F0C2B9E-7d5c-4f7e-9d2b-0c1a2b3c4d5e", Some("5f0c2b9e7d5c4f7e9d2b0c1a2b3c4d5e")),
            ("workers-1", None),
            ("00000000-0000-0000-0000-000000000000", None),
            ("", None),
        ] {
            let trace = trace(of);
            assert!(trace.len() == 32 && trace.bytes().any(|it| it != b'0'), "{trace}");
            assert!(wanted.is_none_or(|wanted| wanted == trace), "{trace}");
        }
    }
}
