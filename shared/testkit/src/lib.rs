//! Conformance suites for every port, in-memory fakes, faulty adapters and a manual clock. Only ever a dev-dependency.
