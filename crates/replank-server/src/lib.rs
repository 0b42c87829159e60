//! The HTTP edge: the API of EKS and what its clients need of its neighbours, in front of the engine.
//!
//! Requests are verified ([`auth`]), told apart by the service they are signed for ([`front`]) and answered from the
//! [service](replank_service), which keeps records and carries out what takes time. Which world stands behind its ports is
//! not known here.

pub mod app;
pub mod auth;
pub mod control;
mod ec2;
pub mod eks;
mod encode;
pub mod front;
#[cfg(test)]
mod fuzz;
pub mod model;
mod page_token;
mod query;
pub mod quota;
pub mod serve;
mod ssm;
mod sts;
pub mod tls;
pub mod uri;
pub mod wire;
