//! The operations that stacks act through: those of this endpoint, with the checks that every request gets.

use replank_service::Identity;
use replank_service::ports::Account;
use replank_service::records::Records;
use replank_stacks::port::{Api, Declined, LaunchTemplate};
use serde_json::{Map, Value};

use crate::app::App;
use crate::{ec2, eks};

impl<A: Account> Api for App<A> {
    fn identity(&self) -> &Identity {
        &self.service.identity
    }

    fn records(&self) -> &Records {
        &self.service.records
    }

    async fn eks(&self, operation: &str, input: Value) -> Result<Value, Declined> {
        let members = match input {
            Value::Object(members) => members,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        eks::call(self, operation, members).await.map_err(|failure| Declined {
            service: "Eks",
            status: failure.reply().status,
            code: failure.exception.name().to_owned(),
            message: failure.message,
        })
    }

    async fn ec2(&self, operation: &str, given: Vec<(String, String)>) -> Result<LaunchTemplate, Declined> {
        let outcome = ec2::call(self, operation, given).await;
        let made = outcome.map_err(|failure| Declined {
            service: "Ec2",
            status: failure.status,
            code: failure.code.to_owned(),
            message: failure.message,
        })?;
        Ok(LaunchTemplate { id: made.id, default: made.default, latest: made.latest })
    }

    async fn parameter(&self, name: &str) -> Option<String> {
        let found = self.service.account.parameter(name).await.ok().flatten();
        found.map(|it| it.value.to_string())
    }

    async fn zones(&self) -> Vec<String> {
        self.service.account.zones().await.unwrap_or_default()
    }
}
