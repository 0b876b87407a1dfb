//! Loading a root module and its modules, and evaluating them by dependency graph.
