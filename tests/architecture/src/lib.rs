//! Who may import whom: see `tests/imports.rs`.
