//! AWS on this machine: moto's server, faults in front of it, and what plays kubelets and an autoscaler on its instances.
//!
//! moto and microburst are what others released. Three things are ours and only stand in for the real ones, so nothing that
//! a test finds out about them is a fact about AWS: the behaviour that moto lacks (`moto/moto_world.py`), the kubelets of
//! instances ([`Kubelets`]) and the [`Autoscaler`]. Unmodified moto ([`Moto::as_released`]) judges the shape of requests and
//! answers, and no behaviour.

mod account;
mod autoscaler;
mod faults;
mod group;
mod kubelets;
mod moto;
mod wire;

pub use account::{Account, REGION};
pub use autoscaler::Autoscaler;
pub use faults::{Call, Faults};
pub use group::{Group, Launches, Made};
pub use kubelets::{Joins, Kubelets};
pub use moto::{Moto, Pace, images};
