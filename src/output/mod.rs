//! Prints reports.
