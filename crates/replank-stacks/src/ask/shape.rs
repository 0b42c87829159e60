//! From a request to the shape of a stack: template, parameters and everything else checked, nothing written.

use super::Request;
use crate::error::{Code, StackError};
use crate::port::Api;
use crate::record::Shape;
use crate::run::pseudo;
use crate::template::{Parameter, Scope, Template, Unresolved, values};

/// The shape that a request asks for, with its template.
pub async fn shape<P: Api>(
    api: &P,
    request: &Request,
    before: Option<&Shape>,
    (name, id): (&str, &str),
) -> Result<(Template, Shape), StackError> {
    let body = request.body.clone().or_else(|| before.map(|it| it.body.clone()));
    let body =
        body.ok_or_else(|| StackError::invalid("Either Template URL or Template Body must be specified."))?;
    let template = Template::read(&body)?;
    let had = before.map(|it| it.parameters.as_slice()).unwrap_or_default();
    let mut parameters = values(&template, &request.parameters, had)?;
    for parameter in &mut parameters {
        if Parameter::is_of_ssm(&template, &parameter.name) {
            let found = api.parameter(&parameter.value).await;
            let missing = || {
                StackError::invalid(format!(
                    "Unable to fetch parameters [{}] from parameter store for this account.",
                    parameter.value
                ))
            };
            parameter.resolved = Some(found.ok_or_else(missing)?);
        }
    }
    if let Some((needed, _)) = template.capability() {
        let has = |name: &str| request.capabilities.iter().any(|it| it == name);
        if !has("CAPABILITY_NAMED_IAM") && !has(needed) {
            let said = format!("Requires capabilities : [{needed}]");
            return Err(StackError::new(Code::InsufficientCapabilities, said));
        }
    }
    let pseudo = pseudo(api, name, id).await;
    let scope = Scope::new(&template, &parameters, &pseudo)?.draft();
    for logical in
        template.order().iter().filter(|it| template.resource(it).is_some_and(|it| scope.is_wanted(it)))
    {
        if let Err(Unresolved::Wrong(said)) = scope.properties(logical) {
            return Err(StackError::invalid(said));
        }
    }
    let tags = request.tags.clone().or_else(|| before.map(|it| it.tags.clone())).unwrap_or_default();
    let capabilities = request.capabilities.clone();
    Ok((template, Shape { body, parameters, tags: once(tags), capabilities }))
}

/// Each tag once; the last of a name counts.
fn once(tags: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(tags.len());
    for (name, value) in tags {
        match kept.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => kept.push((name, value)),
        }
    }
    kept
}
