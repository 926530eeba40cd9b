//! The model that ships with the program, for one machine.
//!
//! It was trained on an invented cohort, proves the pipeline and nothing clinical, and never serves by itself: who wants it
//! promotes it, and the gates refuse it beside people who are real. `tests/models/shipped.py` makes it anew, to the last byte.

use mindmate_model::Artefact;

use crate::session::Session;

/// How it is called on the command line.
pub(super) const NAME: &str = "shipped";

/// Its file.
const BYTES: &[u8] = include_bytes!("../../data/shipped-model.json");

/// Its bytes.
///
/// # Errors
/// On AWS, where nobody is invented.
pub(super) fn bytes(session: &Session) -> anyhow::Result<Vec<u8>> {
    anyhow::ensure!(
        is_offered(session),
        "the model that ships with the program is of invented people, for one machine: name one that was trained on yours"
    );
    Ok(BYTES.to_vec())
}

/// The model, where it is offered.
pub(super) fn model(session: &Session) -> anyhow::Result<Option<Artefact>> {
    is_offered(session).then(|| Artefact::parse(BYTES)).transpose().map_err(Into::into)
}

fn is_offered(session: &Session) -> bool {
    session.installation.training_store().is_none()
}

#[cfg(test)]
mod tests {
    use mindmate_model::Artefact;

    use super::BYTES;

    /// A change of the features' definitions, or of the file's form, needs it made anew.
    #[test]
    fn it_is_a_model_of_this_program_and_of_invented_people() {
        let model = Artefact::parse(BYTES).unwrap();
        assert!(model.version().starts_with("synthetic"), "{}", model.version());
        assert!(model.contents().training.synthetic);
        assert!(model.contents().card.contains("invented people"));
    }
}
