//! Decides what a node group update does next. Knows no clock, no I/O, no serialisation.
