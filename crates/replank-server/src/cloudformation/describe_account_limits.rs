//! `DescribeAccountLimits`.

use serde_json::{Value, json};

/// The limits of a new account (CloudFormation quotas). Nothing here holds to them.
pub(super) fn run() -> Value {
    json!({ "AccountLimits": [
        { "Name": "StackLimit", "Value": 2000 },
        { "Name": "StackOutputsLimit", "Value": 200 },
    ] })
}
