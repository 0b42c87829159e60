//! The embedded world: a cluster and a cloud in virtual time.
