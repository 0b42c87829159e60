//! The replank command.

fn main() {}
