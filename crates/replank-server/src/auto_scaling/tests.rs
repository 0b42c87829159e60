//! The list of operations is the one that is answered.

use super::OPERATIONS;

#[test]
fn the_list_is_that_of_the_dispatch() {
    let here = [include_str!("mod.rs"), include_str!("none.rs")].concat();
    let arms: Vec<&str> = here
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"))
        .map(|(name, _)| name)
        .collect();
    for (name, _) in OPERATIONS {
        assert!(arms.contains(name), "{name} is listed and not answered");
    }
    assert_eq!(arms.len(), OPERATIONS.len(), "{arms:?}");
    assert!(OPERATIONS.is_sorted());
}
