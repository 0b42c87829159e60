//! What a journal keeps, refuses and survives.
