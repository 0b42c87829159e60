//! A resource as the functions of a template see it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A resource that is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// What `Ref` gives.
    pub reference: String,
    /// What `Fn::GetAtt` gives, by attribute.
    pub attributes: Map<String, Value>,
}
