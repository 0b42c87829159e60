//! The table of one kind: objects by a dense number that is never used again, and by namespace and name.
//!
//! Names are hashed: nearly all that is asked of them is whether one is there. Whoever wants objects in the order of
//! their names pays for the sorting.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::object::Meta;

/// A kind of object that has a [`Table`].
pub trait Row {
    /// The number type of the kind, such as `PodId`.
    type Id: Copy + Ord;
    /// Wraps a plain number.
    fn id(number: u32) -> Self::Id;
    /// Unwraps a number.
    fn number(id: Self::Id) -> u32;
    /// The metadata of the object.
    fn meta(&self) -> &Meta;
    /// The metadata of the object, to change.
    fn meta_mut(&mut self) -> &mut Meta;
}

/// The numbers of the objects of one namespace, by name.
type Names = FxHashMap<Arc<str>, u32>;

/// All objects of one kind.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: Vec<Option<Box<T>>>,
    by_name: FxHashMap<Arc<str>, Names>,
    present: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), by_name: FxHashMap::default(), present: 0 }
    }
}

impl<T: Row> Table<T> {
    /// Stores an object under the next number. The caller has checked that its name is free.
    pub fn insert(&mut self, object: T) -> T::Id {
        let number = self.rows.len() as u32;
        let meta = object.meta();
        self.by_name.entry(meta.namespace.clone()).or_default().insert(meta.name.clone(), number);
        self.rows.push(Some(Box::new(object)));
        self.present += 1;
        T::id(number)
    }

    /// Removes an object and returns it; `None` when it was removed before.
    pub fn remove(&mut self, id: T::Id) -> Option<T> {
        let object = self.rows.get_mut(T::number(id) as usize)?.take()?;
        let meta = object.meta();
        if let Some(names) = self.by_name.get_mut(&meta.namespace) {
            names.remove(&meta.name);
        }
        self.present -= 1;
        Some(*object)
    }

    /// The object; `None` once it is removed.
    pub fn get(&self, id: T::Id) -> Option<&T> {
        self.rows.get(T::number(id) as usize)?.as_deref()
    }

    /// The object, to change; `None` once it is removed.
    pub fn get_mut(&mut self, id: T::Id) -> Option<&mut T> {
        self.rows.get_mut(T::number(id) as usize)?.as_deref_mut()
    }

    /// The number of the object of that namespace and name.
    pub fn find(&self, namespace: &str, name: &str) -> Option<T::Id> {
        self.by_name.get(namespace)?.get(name).map(|number| T::id(*number))
    }

    /// All objects in the order of their creation. Scans the table: for set-up and reports only.
    pub fn iter(&self) -> impl Iterator<Item = (T::Id, &T)> {
        self.rows.iter().enumerate().filter_map(|(number, row)| Some((T::id(number as u32), row.as_deref()?)))
    }

    /// All objects ordered by namespace and name, as a list request returns them.
    pub fn in_order(&self) -> impl Iterator<Item = (T::Id, &T)> {
        let mut namespaces: Vec<(&Arc<str>, &Names)> = self.by_name.iter().collect();
        namespaces.sort_unstable_by_key(|(namespace, _)| *namespace);
        let numbers = namespaces.into_iter().flat_map(|(_, names)| by_name(names));
        numbers.filter_map(|number| Some((T::id(number), self.rows[number as usize].as_deref()?)))
    }

    /// The objects of one namespace ordered by name.
    pub fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = (T::Id, &'a T)> + use<'a, T> {
        let numbers = self.by_name.get(namespace).map(by_name).unwrap_or_default().into_iter();
        numbers.filter_map(|number| Some((T::id(number), self.rows[number as usize].as_deref()?)))
    }

    /// The number of objects present.
    pub fn len(&self) -> usize {
        self.present
    }

    /// Whether no object is present.
    pub fn is_empty(&self) -> bool {
        self.present == 0
    }
}

/// The numbers of these objects in the order of their names.
fn by_name(names: &Names) -> Vec<u32> {
    let mut sorted: Vec<(&Arc<str>, u32)> = names.iter().map(|(name, number)| (name, *number)).collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, number)| number).collect()
}
