//! A place inside a value, and what the types say of it. Follows a path down without copying anything.

use serde_json::Value;

use super::{Field, Merging, PatchRule, Scalar, Schema, Shape, Type};

static PLAIN: PatchRule = PatchRule { strategies: Vec::new(), key: None };

/// Where in a type we are.
#[derive(Clone, Copy, Debug)]
pub struct Place<'s> {
    schema: &'s Schema,
    at: At<'s>,
    field: Option<&'s Field>,
}

#[derive(Clone, Copy, Debug)]
enum At<'s> {
    Unknown,
    Type(&'s Type),
    Shape(&'s Shape),
}

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub enum Form<'s> {
    /// Whatever the value is.
    Unknown,
    /// A leaf.
    Scalar(Scalar),
    /// An object with known fields.
    Struct(&'s Type),
    /// An object with free keys.
    Map,
    /// A list.
    List,
}

impl<'s> Place<'s> {
    /// A place of which nothing is known: its values tell.
    pub fn unknown(schema: &'s Schema) -> Self {
        Self { schema, at: At::Unknown, field: None }
    }

    /// The beginning of a value of a type.
    pub fn of_type(schema: &'s Schema, found: &'s Type) -> Self {
        Self { schema, at: At::Type(found), field: None }
    }

    /// What stands here, names followed to what they mean.
    pub fn form(self) -> Form<'s> {
        match self.at {
            At::Unknown => Form::Unknown,
            At::Type(found) => self.form_of_type(found),
            At::Shape(shape) => self.form_of_shape(shape),
        }
    }

    fn form_of_type(self, found: &'s Type) -> Form<'s> {
        match &found.alias {
            Some(shape) => self.form_of_shape(shape),
            None => Form::Struct(found),
        }
    }

    fn form_of_shape(self, shape: &'s Shape) -> Form<'s> {
        match shape {
            Shape::Scalar(scalar) => Form::Scalar(*scalar),
            Shape::Any => Form::Unknown,
            Shape::Map(inner) if **inner == Shape::Any => Form::Unknown,
            Shape::Map(_) => Form::Map,
            Shape::List(_) => Form::List,
            Shape::Named(name) => match self.schema.named(name) {
                Some(found) => self.form_of_type(found),
                None => Form::Unknown,
            },
        }
    }

    /// The place of a field or a key below this one.
    #[must_use]
    pub fn child(self, key: &str) -> Self {
        match self.form() {
            Form::Struct(found) => match found.fields.get(key) {
                Some(field) => Self { at: At::Shape(&field.shape), field: Some(field), ..self },
                None => Self::unknown(self.schema),
            },
            Form::Map => match self.shape() {
                Some(Shape::Map(inner)) => Self { at: At::Shape(inner), field: None, ..self },
                _ => Self::unknown(self.schema),
            },
            Form::Unknown | Form::Scalar(_) | Form::List => Self::unknown(self.schema),
        }
    }

    /// The place of an item of the list here.
    #[must_use]
    pub fn item(self) -> Self {
        match self.shape() {
            Some(Shape::List(inner)) => Self { at: At::Shape(inner), field: None, ..self },
            _ => Self::unknown(self.schema),
        }
    }

    fn shape(self) -> Option<&'s Shape> {
        let mut shape = match self.at {
            At::Unknown => return None,
            At::Type(found) => found.alias.as_ref()?,
            At::Shape(shape) => shape,
        };
        while let Shape::Named(name) = shape {
            shape = self.schema.named(name)?.alias.as_ref()?;
        }
        Some(shape)
    }

    /// True among the types that Kubernetes itself brings.
    pub fn is_builtin(self) -> bool {
        std::ptr::eq(self.schema, Schema::builtin())
    }

    /// True of a field that is not written when it is an empty list or map (Go: `omitempty`).
    pub fn omits_empty(self) -> bool {
        matches!(self.form(), Form::Map | Form::List) && self.field.is_some_and(|field| !field.is_required)
    }

    /// True of a leaf that is not written when it is zero, false or empty.
    pub fn omits_zero(self) -> bool {
        self.field.is_some_and(|field| field.omits_zero)
    }

    /// True if the fields of an object here are known, and this is none of them.
    pub fn refuses(self, key: &str) -> bool {
        matches!(self.form(), Form::Struct(found) if !found.is_open && !found.fields.contains_key(key))
    }

    /// The short name of the type whose fields stand here; empty elsewhere.
    pub fn type_name(self) -> &'s str {
        match self.form() {
            Form::Struct(found) => found.name.rsplit('.').next().unwrap_or_default(),
            _ => "",
        }
    }

    /// How appliers share what stands here; never plain for a list.
    pub fn merging(self) -> Merging {
        let stated = self.field.map_or(Merging::Plain, |field| field.merging.clone());
        match (stated, self.form()) {
            (Merging::Plain, Form::List) => self.merging_by_patch_rule(),
            (Merging::Plain, Form::Struct(found)) if found.is_atomic => Merging::Atomic,
            // A raw extension is somebody else's object: nobody shares it.
            (Merging::Plain, Form::Unknown) if self.is_raw() => Merging::Atomic,
            (stated, _) => stated,
        }
    }

    /// Lists without a list type of their own fall back to the strategy of patches.
    fn merging_by_patch_rule(self) -> Merging {
        match (self.patch().has("merge"), &self.patch().key) {
            (true, Some(key)) => Merging::Keyed(vec![key.clone()]),
            (true, None) => Merging::Set,
            (false, _) => Merging::Atomic,
        }
    }

    fn is_raw(self) -> bool {
        match self.at {
            At::Type(found) => found.name.ends_with(".RawExtension"),
            At::Shape(Shape::Named(name)) => name.ends_with(".RawExtension"),
            At::Shape(_) | At::Unknown => false,
        }
    }

    /// How a strategic merge patch merges what stands here.
    pub fn patch(self) -> &'s PatchRule {
        self.field.map_or(&PLAIN, |field| &field.patch)
    }

    /// What a key counts as when an item of a keyed list leaves it out.
    pub fn key_default(self, key: &str) -> Option<Value> {
        let Form::Struct(found) = self.form() else { return None };
        let field = found.fields.get(key)?;
        if field.default.is_some() || !field.is_required {
            return field.default.clone();
        }
        match field.shape {
            Shape::Scalar(Scalar::Text) => Some(Value::from("")),
            Shape::Scalar(Scalar::Int32 | Scalar::Int64) => Some(Value::from(0)),
            _ => None,
        }
    }
}
