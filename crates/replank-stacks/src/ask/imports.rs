//! Which stacks import what others export.

use crate::port::Api;
use crate::record::{Stack, StackStatus, all};
use crate::run::pseudo;
use crate::template::{Scope, Template};

/// Names of the stacks that import an export.
pub async fn importing<P: Api>(api: &P, export: &str) -> Vec<String> {
    let mut found = Vec::new();
    for stack in all(api.records()).into_iter().filter(|it| it.status != StackStatus::DeleteComplete) {
        if imports(api, &stack).await.iter().any(|it| it == export) {
            found.push(stack.name);
        }
    }
    found
}

/// An export of a stack that another stack uses, with the name of that stack.
pub(super) async fn in_use<P: Api>(api: &P, stack: &Stack) -> Option<(String, String)> {
    for export in stack.outputs.iter().filter_map(|it| it.export.clone()) {
        if let Some(by) = importing(api, &export).await.into_iter().find(|it| *it != stack.name) {
            return Some((export, by));
        }
    }
    None
}

async fn imports<P: Api>(api: &P, stack: &Stack) -> Vec<String> {
    let Ok(template) = Template::read(&stack.shape.body) else { return Vec::new() };
    let pseudo = pseudo(api, &stack.name, &stack.id).await;
    let Ok(scope) = Scope::new(&template, &stack.shape.parameters, &pseudo) else { return Vec::new() };
    let values = template.imports().into_iter().filter_map(|it| scope.value(&it).ok().flatten());
    values.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}
