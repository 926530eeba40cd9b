//! Risk models: the port and the documented rules.
