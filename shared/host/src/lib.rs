//! What runs the stages: configuration, telemetry and the local host.
