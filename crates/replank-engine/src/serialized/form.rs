//! Serialized forms: types for JSON that correspond to types of the core, field by field, with conversions both ways.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{
    AddOnName, ClusterName, ImageId, InstanceId, NodeGroupName, NodeName, ObjectName, TemplateId, UpdateId,
    Zone,
};
use replank_core::version::Minor;
use serde::{Deserialize, Serialize};

/// The serialized form of a `T`.
pub trait SerializedForm<T> {
    /// Converts from the core's type.
    fn of(value: &T) -> Self;
    /// Converts to the core's type.
    fn back(self) -> T;
}

/// A minor such as `1.33`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(into = "String", try_from = "String")]
pub struct Version(Minor);

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0.to_string()
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Minor::parse(&text).map(Self).ok_or_else(|| format!("{text:?} is no version such as 1.33"))
    }
}

impl SerializedForm<Minor> for Version {
    fn of(value: &Minor) -> Self {
        Self(*value)
    }

    fn back(self) -> Minor {
        self.0
    }
}

/// A serialized enum whose variants can be named.
pub trait Kind {
    /// Names of all variants, in their order.
    const KINDS: &'static [&'static str];

    /// Name of this variant.
    fn kind(&self) -> &'static str;
}

/// Name of a variant in JSON: camel case.
pub(crate) fn camel(variant: &str) -> String {
    let mut letters = variant.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A struct with the fields of a struct of the core; each field has its name there and its own serialized type. How
/// names are spelled in JSON is said at each.
macro_rules! form_struct {
    ($(#[$doc:meta])* $vis:vis $name:ident = $module:ident::$core:ident {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
    }) => {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$doc])*
        $vis struct $name { $($(#[$field_doc])* $vis $field: $ty,)* }

        impl $crate::serialized::SerializedForm<$module::$core> for $name {
            fn of(value: &$module::$core) -> Self {
                Self { $($field: $crate::serialized::SerializedForm::of(&value.$field),)* }
            }
            fn back(self) -> $module::$core {
                $module::$core { $($field: $crate::serialized::SerializedForm::back(self.$field),)* }
            }
        }
    };
}

/// An enum with the variants of an enum of the core: without content, with fields, or around one value.
macro_rules! form_enum {
    ($(#[$doc:meta])* $vis:vis $name:ident = $module:ident::$core:ident {
        $($(#[$variant_doc:meta])* $variant:ident
            $(($inner:ident: $inner_ty:ty))?
            $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })?,)*
    }) => {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$doc])*
        $vis enum $name {
            $($(#[$variant_doc])* $variant $(($inner_ty))? $({ $($(#[$field_doc])* $field: $ty,)* })?,)*
        }

        impl $crate::serialized::Kind for $name {
            const KINDS: &'static [&'static str] = &[$(stringify!($variant)),*];

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field: _,)* })? => {
                        $(let _ = $inner;)?
                        stringify!($variant)
                    })*
                }
            }
        }

        impl $crate::serialized::SerializedForm<$module::$core> for $name {
            fn of(value: &$module::$core) -> Self {
                match value {
                    $($module::$core::$variant $(($inner))? $({ $($field,)* })? => Self::$variant
                        $(($crate::serialized::SerializedForm::of($inner)))?
                        $({ $($field: $crate::serialized::SerializedForm::of($field),)* })?,)*
                }
            }
            fn back(self) -> $module::$core {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field,)* })? => $module::$core::$variant
                        $(($crate::serialized::SerializedForm::back($inner)))?
                        $({ $($field: $crate::serialized::SerializedForm::back($field),)* })?,)*
                }
            }
        }
    };
}

pub(crate) use {form_enum, form_struct};

macro_rules! as_it_is {
    ($($ty:ty),*) => {$(
        impl SerializedForm<$ty> for $ty {
            fn of(value: &$ty) -> Self {
                value.clone()
            }
            fn back(self) -> $ty {
                self
            }
        }
    )*};
}

as_it_is!(bool, u32, u64, String, Arc<str>);

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl SerializedForm<$name> for String {
            fn of(value: &$name) -> Self {
                value.as_str().to_owned()
            }
            fn back(self) -> $name {
                <$name>::new(self)
            }
        }
    )*};
}

as_text!(AddOnName, ClusterName, NodeGroupName, NodeName, InstanceId, Zone, ImageId, TemplateId, UpdateId);

impl SerializedForm<Arc<str>> for String {
    fn of(value: &Arc<str>) -> Self {
        value.as_ref().to_owned()
    }
    fn back(self) -> Arc<str> {
        self.into()
    }
}

impl<T, W: SerializedForm<T>> SerializedForm<Option<T>> for Option<W> {
    fn of(value: &Option<T>) -> Self {
        value.as_ref().map(W::of)
    }
    fn back(self) -> Option<T> {
        self.map(W::back)
    }
}

impl<T, W: SerializedForm<T>> SerializedForm<Vec<T>> for Vec<W> {
    fn of(value: &Vec<T>) -> Self {
        value.iter().map(W::of).collect()
    }
    fn back(self) -> Vec<T> {
        self.into_iter().map(W::back).collect()
    }
}

impl<T, W: SerializedForm<T>> SerializedForm<Arc<[T]>> for Vec<W> {
    fn of(value: &Arc<[T]>) -> Self {
        value.iter().map(W::of).collect()
    }
    fn back(self) -> Arc<[T]> {
        self.into_iter().map(W::back).collect()
    }
}

impl<W: SerializedForm<K> + Ord, K: Ord> SerializedForm<BTreeMap<K, u32>> for BTreeMap<W, u32> {
    fn of(value: &BTreeMap<K, u32>) -> Self {
        value.iter().map(|(key, count)| (W::of(key), *count)).collect()
    }
    fn back(self) -> BTreeMap<K, u32> {
        self.into_iter().map(|(key, count)| (key.back(), count)).collect()
    }
}

/// A namespaced Kubernetes object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl SerializedForm<ObjectName> for Object {
    fn of(value: &ObjectName) -> Self {
        Self { namespace: value.namespace.to_string(), name: value.name.to_string() }
    }
    fn back(self) -> ObjectName {
        ObjectName::new(self.namespace, self.name)
    }
}

/// A time in RFC 3339, UTC, with up to nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Time(pub Timestamp);

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.0.to_string()
    }
}

impl TryFrom<String> for Time {
    type Error = jiff::Error;
    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl SerializedForm<Timestamp> for Time {
    fn of(value: &Timestamp) -> Self {
        Self(*value)
    }
    fn back(self) -> Timestamp {
        self.0
    }
}

/// A duration in ISO 8601, such as `PT15M`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("format" = "duration"))]
pub struct Span(pub SignedDuration);

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.0.to_string()
    }
}

impl TryFrom<String> for Span {
    type Error = jiff::Error;
    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl SerializedForm<SignedDuration> for Span {
    fn of(value: &SignedDuration) -> Self {
        Self(*value)
    }
    fn back(self) -> SignedDuration {
        self.0
    }
}
