//! Sentiment: analyses each new text once in its life (R1.5).
//!
//! So far there is the analyser that needs no service, [`LocalAnalyzer`]; the consumer of new texts waits for
//! the streams. The analyser is here and not beside the lexicons because they know no ports.

mod local;

pub use local::LocalAnalyzer;
