//! The HTTP endpoint: the EKS API, what its clients need of neighbouring services, and the control API.
//!
//! | it does | it decides |
//! | --- | --- |
//! | verifies signatures ([`auth`]) and finds the service a request is for ([`front`]) | who may ask |
//! | checks inputs by the model of EKS ([`model`]) and answers from the [service](replank_service) | which exception of EKS a refusal becomes |
//! | serves the control API ([`control`]), EC2's launch templates and instances, Auto Scaling and stacks | nothing about updates: that is the service's and the core's |
//! | shows all that to a person ([`dashboard`]) | who may look, who may change something |
//!
//! It must never know: the embedded world, which world is behind a port, how a promise is kept.

pub mod app;
pub mod auth;
mod auto_scaling;
mod cloudformation;
pub mod control;
pub mod dashboard;
mod ec2;
pub mod eks;
mod encode;
pub mod entrance;
pub mod forecasts;
pub mod front;
#[cfg(test)]
mod fuzz;
mod given;
pub mod model;
pub mod operations;
mod page_token;
pub mod people;
pub mod quota;
mod record_view;
pub mod serve;
mod ssm;
mod sts;
pub mod tls;
pub mod uri;
pub mod wire;
mod xml;
