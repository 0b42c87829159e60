//! A position in a value, and what the types say about it. Following a path copies nothing.

use serde_json::Value;

use super::{Field, Merging, PatchRule, Scalar, Schema, Shape, Type};

static PLAIN: PatchRule = PatchRule { strategies: Vec::new(), key: None };

/// A position in a typed value.
#[derive(Clone, Copy, Debug)]
pub struct TypedValue<'s> {
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

/// Form of the value at a position.
#[derive(Clone, Copy, Debug)]
pub enum Form<'s> {
    /// Untyped.
    Unknown,
    /// A leaf.
    Scalar(Scalar),
    /// An object with declared fields.
    Struct(&'s Type),
    /// A map with string keys.
    Map,
    /// Values in an order, all of one form.
    List,
}

impl<'s> TypedValue<'s> {
    /// A position without type.
    pub fn unknown(schema: &'s Schema) -> Self {
        Self { schema, at: At::Unknown, field: None }
    }

    /// Root of a value of this type.
    pub fn of_type(schema: &'s Schema, found: &'s Type) -> Self {
        Self { schema, at: At::Type(found), field: None }
    }

    /// Form of the value here, with type names resolved.
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

    /// Position of a field or key below this one.
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

    /// Position of an item of the list here.
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

    /// Whether the table of types is the built-in one.
    pub fn is_builtin(self) -> bool {
        std::ptr::eq(self.schema, Schema::builtin())
    }

    /// Whether an empty list or map is left out here (Go: `omitempty`).
    pub fn omits_empty(self) -> bool {
        matches!(self.form(), Form::Map | Form::List) && self.field.is_some_and(|field| !field.is_required)
    }

    /// Whether a scalar here is left out when it is zero, false or empty.
    pub fn omits_zero(self) -> bool {
        self.field.is_some_and(|field| field.omits_zero)
    }

    /// Whether the object here has declared fields only and this is none of them.
    pub fn refuses(self, key: &str) -> bool {
        matches!(self.form(), Form::Struct(found) if !found.is_open && !found.fields.contains_key(key))
    }

    /// Short name of the struct type here; empty elsewhere.
    pub fn type_name(self) -> &'s str {
        match self.form() {
            Form::Struct(found) => found.name.rsplit('.').next().unwrap_or_default(),
            _ => "",
        }
    }

    /// How appliers share the value here; never plain for lists.
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

    /// Merging of lists without a list type: that of the patch strategy.
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

    /// How a strategic merge patch merges the value here.
    pub fn patch(self) -> &'s PatchRule {
        self.field.map_or(&PLAIN, |field| &field.patch)
    }

    /// Default of a key that an item of a keyed list leaves out.
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
