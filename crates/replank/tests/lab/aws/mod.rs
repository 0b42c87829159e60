//! Self-managed node groups: an Auto Scaling group of moto whose instances are nodes of a real control plane, updated by the
//! command itself. Witnesses are `aws`, `kubectl` and the audit log. What stands in for AWS is told in `replank_lab::aws`.

mod beside;
mod contract;
mod judge;
mod phases;
mod stage;
mod steered;
mod third_party;
mod troubled;
