//! Creating, changing and deleting launch templates.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::ports::launch_templates::{NoChange, OwnTemplate, OwnVersion, TemplateChange};
use serde_json::Value;

use super::data;
use super::describe::{named, template, version, whole};
use super::failure::Ec2Error;
use crate::app::App;
use crate::encode;
use crate::given::Given;
use crate::xml::escaped;
use replank_service::launch_template::lookup::{self as templates, Named, NotFound};

/// `CreateLaunchTemplate`.
pub(super) async fn create<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let made = created(app, given).await?;
    Ok(format!("<launchTemplate>{}</launchTemplate>", template(app, &made)))
}

/// The template that `CreateLaunchTemplate` makes.
pub(super) async fn created<A: Account>(app: &App<A>, given: &Given) -> Result<OwnTemplate, Ec2Error> {
    let name = given.given("LaunchTemplateName").ok_or_else(|| Ec2Error::missing("LaunchTemplateName"))?;
    check_name(name)?;
    let first = new_version(given, None)?;
    let made = templates::all(&app.service).await?;
    // The same token again gets the same answer, whatever became of the template since.
    let again = made.iter().find(|it| {
        it.name == name
            && first.token.is_some()
            && it.versions.get(&1).is_some_and(|it| it.token == first.token)
    });
    if let Some(again) = again {
        return Ok(again.clone());
    }
    let letters: String = replank_service::uuid().chars().filter(|c| *c != '-').take(16).collect();
    let tags = tags(given);
    let change = TemplateChange::Create { id: format!("lt-0{letters}"), name: name.to_owned(), first, tags };
    app.service.account.change_template(&change).await.map_err(|why| refused(why, change.id()))
}

/// `CreateLaunchTemplateVersion`.
pub(super) async fn add<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let (after, number) = added(app, given).await?;
    Ok(format!("<launchTemplateVersion>{}</launchTemplateVersion>", version(app, &after, number)))
}

/// The template after `CreateLaunchTemplateVersion`, and the number of the version.
pub(super) async fn added<A: Account>(app: &App<A>, given: &Given) -> Result<(OwnTemplate, u64), Ec2Error> {
    let found = own(app, given).await?;
    let source = match given.given("SourceVersion") {
        Some(source) => Some(templates::says(&found, templates::version(&found, source)?)),
        None => None,
    };
    let made = new_version(given, source)?;
    let token = made.token.clone();
    let change = TemplateChange::Add { id: found.id, version: made };
    let after =
        app.service.account.change_template(&change).await.map_err(|why| refused(why, change.id()))?;
    let of_token = after.versions.iter().find(|(_, it)| token.is_some() && it.token == token);
    let number = of_token.map_or(after.latest, |(number, _)| *number);
    Ok((after, number))
}

/// `ModifyLaunchTemplate`: sets the default version.
pub(super) async fn modify<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let found = own(app, given).await?;
    let wanted = given.given("SetDefaultVersion").ok_or_else(|| Ec2Error::missing("SetDefaultVersion"))?;
    let version = templates::version(&found, wanted)?;
    let change = TemplateChange::Default { id: found.id, version };
    let after =
        app.service.account.change_template(&change).await.map_err(|why| refused(why, change.id()))?;
    Ok(format!("<launchTemplate>{}</launchTemplate>", template(app, &after)))
}

/// `DeleteLaunchTemplate`: the user's own, or one made for a node group, which cannot launch nodes then.
pub(super) async fn delete<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let gone = deleted(app, given).await?;
    Ok(format!("<launchTemplate>{}</launchTemplate>", template(app, &gone)))
}

/// The template that `DeleteLaunchTemplate` deletes.
pub(super) async fn deleted<A: Account>(app: &App<A>, given: &Given) -> Result<OwnTemplate, Ec2Error> {
    let found = templates::find(&app.service, which(given)?).await?;
    let change = TemplateChange::Delete { id: found.id.clone() };
    app.service.account.change_template(&change).await.map_err(|why| refused(why, change.id()))?;
    Ok(found)
}

/// The template that a request names.
pub(super) async fn known<A: Account>(app: &App<A>, given: &Given) -> Result<OwnTemplate, Ec2Error> {
    Ok(templates::find(&app.service, which(given)?).await?)
}

/// `DeleteLaunchTemplateVersions`, with a result for each version.
pub(super) async fn delete_versions<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let found = own(app, given).await?;
    let (mut good, mut bad) = (String::new(), String::new());
    let wanted = given.list("LaunchTemplateVersion");
    if wanted.is_empty() {
        return Err(Ec2Error::missing("LaunchTemplateVersion"));
    }
    for number in wanted {
        let outcome = match templates::version(&found, number) {
            Ok(version) => {
                let change = TemplateChange::Remove { id: found.id.clone(), version };
                app.service.account.change_template(&change).await.map(drop).map_err(|why| match why {
                    NoChange::NoVersion => "launchTemplateVersionDoesNotExist",
                    NoChange::NoTemplate => "launchTemplateIdDoesNotExist",
                    NoChange::IsDefault | NoChange::NameTaken | NoChange::TooMany => "unexpectedError",
                })
            }
            Err(_) => Err("launchTemplateVersionDoesNotExist"),
        };
        let item = format!(
            "<launchTemplateId>{}</launchTemplateId><launchTemplateName>{}</launchTemplateName><versionNumber>{}\
             </versionNumber>",
            escaped(&found.id),
            escaped(&found.name),
            escaped(number),
        );
        match outcome {
            Ok(()) => good.push_str(&format!("<item>{item}</item>")),
            Err(code) => {
                let error = format!("<responseError><code>{code}</code></responseError>");
                bad.push_str(&format!("<item>{item}{error}</item>"));
            }
        }
    }
    Ok(format!(
        "<successfullyDeletedLaunchTemplateVersionSet>{good}</successfullyDeletedLaunchTemplateVersionSet>\
         <unsuccessfullyDeletedLaunchTemplateVersionSet>{bad}</unsuccessfullyDeletedLaunchTemplateVersionSet>"
    ))
}

/// The user's own template that the request names. Templates made for node groups are refused: EKS changes those.
async fn own<A: Account>(app: &App<A>, given: &Given) -> Result<OwnTemplate, Ec2Error> {
    let found = templates::find(&app.service, which(given)?).await?;
    if found.tags.contains_key("eks:nodegroup-name") {
        let said = format!(
            "The launch template {} is made and changed by EKS for node group {}; change the node group instead.",
            found.id, found.tags["eks:nodegroup-name"]
        );
        return Err(Ec2Error::new("UnsupportedOperation", said));
    }
    Ok(found)
}

fn which(given: &Given) -> Result<Named<'_>, Ec2Error> {
    let said = "The request must contain a launch template ID or a launch template name";
    named(given)?.ok_or_else(|| Ec2Error::new("MissingParameter", said))
}

/// The version that the request describes: its data over those of the source version.
fn new_version(given: &Given, source: Option<Value>) -> Result<OwnVersion, Ec2Error> {
    let asked = given.structure("LaunchTemplateData").filter(Value::is_object);
    let mut says = match (source, asked) {
        (Some(source), Some(asked)) => laid_over(source, asked),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Err(Ec2Error::missing("LaunchTemplateData")),
    };
    data::interfaces(&mut says);
    check(&says)?;
    Ok(OwnVersion {
        description: given.given("VersionDescription").map(str::to_owned),
        created_at: whole(replank_service::now()).to_string(),
        data: says.to_string(),
        token: given.given("ClientToken").map(str::to_owned),
    })
}

fn laid_over(mut source: Value, asked: Value) -> Value {
    if let (Value::Object(into), Value::Object(asked)) = (&mut source, asked) {
        into.extend(asked);
    }
    source
}

/// Refuses content that EC2 refuses before anything is launched from it.
fn check(says: &Value) -> Result<(), Ec2Error> {
    let text = |name: &str| says[name].as_str();
    if let Some(image) =
        text("imageId").filter(|it| !it.starts_with("ami-") && !it.starts_with("resolve:ssm:"))
    {
        let said = format!("Invalid id: \"{image}\" (expecting \"ami-...\")");
        return Err(Ec2Error::new("InvalidAMIID.Malformed", said));
    }
    if let Some(data) = text("userData")
        && encode::from_base64(data).is_none()
    {
        let said = "Invalid BASE64 encoding of user data.";
        return Err(Ec2Error::new("InvalidUserData.Malformed", said));
    }
    if says["networkInterfaceSet"].is_array() && says["securityGroupIdSet"].is_array() {
        let said = "Network interfaces and an instance-level security groups may not be specified on the same request";
        return Err(Ec2Error::new("InvalidParameterCombination", said));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Ec2Error> {
    let good = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
    if (3..=128).contains(&name.len()) && name.chars().all(good) {
        return Ok(());
    }
    let said = "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and \
                the following characters: - ( ) . / _";
    Err(Ec2Error::new("InvalidLaunchTemplateName.MalformedException", said))
}

/// The tags for the template itself.
fn tags(given: &Given) -> BTreeMap<String, String> {
    let specifications = given.structure("TagSpecification").unwrap_or_default();
    let mine = specifications.as_array().into_iter().flatten();
    let mine = mine.filter(|it| it["resourceType"] == "launch-template");
    let tags = mine.flat_map(|it| it["tagSet"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect()
}

fn refused(why: NoChange, id: &str) -> Ec2Error {
    match why {
        NoChange::NoTemplate => NotFound::Id(id.to_owned()).into(),
        NoChange::NoVersion => NotFound::Version { id: id.to_owned(), version: String::new() }.into(),
        NoChange::NameTaken => {
            let said = "Launch template name already in use.";
            Ec2Error::new("InvalidLaunchTemplateName.AlreadyExistsException", said)
        }
        NoChange::IsDefault => {
            Ec2Error::new("OperationNotPermitted", "The default version of a launch template stays.")
        }
        NoChange::TooMany => {
            let said = "The maximum number of versions of the launch template is reached.";
            Ec2Error::new("VersionLimitExceeded", said)
        }
    }
}
