//! A history in, a vector of features out.
