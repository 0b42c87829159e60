#!/usr/bin/env bash
# schemars 1.2.3 makes a field required that is an Option and has a schema of its own (schema_with), though serde reads the
# type without it.
#
# An Option field is optional in both worlds: serde takes its absence for None, and schemars leaves it out of "required".
# With schema_with the type is not looked at any more, so it is listed, unless serde(default) stands beside it. Schemas of
# custom resources are made like this, with rules for single fields; an API server then refuses objects that the controller
# would read, and the objects that were there before.
#
# Seen: required: ["written"], read without it: true.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding --edition 2024 .
cargo add --quiet schemars@=1.2.3
cargo add --quiet serde@1 --features derive
cargo add --quiet serde_json@1
cat > src/main.rs <<'RUST'
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde::Deserialize;

fn text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "maxLength": 63 })
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code)]
struct Wish {
    plain: Option<String>,
    #[schemars(schema_with = "text")]
    written: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "text")]
    defaulted: Option<String>,
}

fn main() {
    let required = schema_for!(Wish).get("required").cloned().unwrap_or_default();
    println!("required: {required}, read without it: {}", serde_json::from_str::<Wish>("{}").is_ok());
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = 'required: ["written"], read without it: true' ] || { echo "it behaves otherwise now" >&2; exit 1; }
