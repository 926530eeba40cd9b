//! Crisis floor, resources by country and the cool-down rule.
