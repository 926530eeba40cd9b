//! `mindmate features`: feature vectors, with the reasons for what is missing.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use mindmate_domain::{
    AsOf, Consent, Feature, FeatureVector, History, MissingReason, Policy, UserId,
};
use mindmate_features::{extract, read_texts};
use mindmate_language::Lexicons;
use serde::Serialize;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::session::{self, Place, Session};

/// Users that are read at one look.
const LOOK: usize = 100;

/// Histories that are loaded at once.
const IN_FLIGHT: usize = 8;

/// One user's vector, as written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vector<'a> {
    user_id: &'a str,
    as_of: AsOf,
    features: BTreeMap<Feature, f64>,
    missing: BTreeMap<Feature, Missing>,
}

/// Why a feature is missing, with counts where the reason has them.
#[derive(Serialize)]
struct Missing {
    reason: &'static str,
    have: Option<u32>,
    need: Option<u32>,
}

impl From<MissingReason> for Missing {
    fn from(reason: MissingReason) -> Self {
        let (reason, have, need) = match reason {
            MissingReason::NoData => ("noData", None, None),
            MissingReason::TooFew { have, need } => ("tooFew", Some(have), Some(need)),
            MissingReason::Undefined => ("undefined", None, None),
            MissingReason::Unavailable => ("unavailable", None, None),
        };
        Self { reason, have, need }
    }
}

pub(crate) async fn run(
    place: &Place,
    format: Format,
    args: &args::Features,
) -> anyhow::Result<Exit> {
    let session = place.open_existing().await?;
    let as_of = session.as_of(args.as_of)?;
    let look = Look {
        session: &session,
        as_of,
        policy: Policy::built_in()?,
        lexicons: Lexicons::built_in()?,
    };
    let mut out = Writer::begin(format, BufWriter::new(io::stdout().lock()))?;
    let mut opted_out = 0_u64;
    match &args.user {
        Some(id) => {
            let user = session::user(id)?;
            let history = look.history(&user).await?;
            anyhow::ensure!(
                history.first_event.is_some(),
                "this user has no item in the 35 days up to {as_of}: is the id right, and the asOf?"
            );
            anyhow::ensure!(
                history.consents.allows(Consent::Scoring),
                "this user does not consent to scoring: no features are made (R8.4)"
            );
            out.write(&user, as_of, &look.vector(&history))?;
        }
        None => opted_out = look.write_all(&mut out).await?,
    }
    out.end()?;
    if opted_out > 0 {
        eprintln!("note: {opted_out} users do not consent to scoring and are left out");
    }
    Ok(Exit::Success)
}

struct Look<'a> {
    session: &'a Session,
    as_of: AsOf,
    policy: Policy,
    lexicons: Lexicons,
}

impl Look<'_> {
    async fn history(&self, user: &UserId) -> anyhow::Result<History> {
        Ok(self.session.ports.history.load(user, self.as_of, self.policy.legacy_consents).await?)
    }

    fn vector(&self, history: &History) -> FeatureVector {
        extract(history, &read_texts(history, &self.lexicons)).features
    }

    /// Everybody of whom the app's table holds something, on AWS by a scan of it. The index of who
    /// was active would be cheaper and is not the same: somebody to whom only the app wrote has a
    /// history too.
    async fn write_all(&self, out: &mut Writer<impl Write>) -> anyhow::Result<u64> {
        let (mut after, mut opted_out) = (None, 0);
        loop {
            let everybody = &self.session.ports.training;
            let page = everybody.users(self.as_of.instant(), after.as_ref(), LOOK).await?;
            let loads = page.users.iter().map(|one| self.history(&one.user));
            let histories: Vec<History> =
                stream::iter(loads).buffered(IN_FLIGHT).try_collect().await?;
            for (one, history) in page.users.iter().zip(&histories) {
                if history.first_event.is_none() {
                    continue;
                }
                if history.consents.allows(Consent::Scoring) {
                    out.write(&one.user, self.as_of, &self.vector(history))?;
                } else {
                    opted_out += 1;
                }
            }
            if page.last {
                return Ok(opted_out);
            }
            after = page.users.into_iter().last().map(|one| one.user);
        }
    }
}

/// Writes vectors one by one, so that memory stays flat.
enum Writer<W: Write> {
    Json { out: W, first: bool },
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Writer<W> {
    fn begin(format: Format, mut out: W) -> anyhow::Result<Self> {
        if format == Format::Csv {
            let mut csv = csv::Writer::from_writer(out);
            let names = Feature::ALL.iter().map(|feature| feature.name());
            csv.write_record(["userId", "asOf"].into_iter().chain(names))?;
            return Ok(Self::Csv(Box::new(csv)));
        }
        write!(out, "[")?;
        Ok(Self::Json { out, first: true })
    }

    fn write(&mut self, user: &UserId, as_of: AsOf, vector: &FeatureVector) -> anyhow::Result<()> {
        match self {
            Self::Json { out, first } => {
                let missing = vector.missing().into_iter().map(|(name, why)| (name, why.into()));
                let vector = Vector {
                    user_id: user.as_str(),
                    as_of,
                    features: vector.present(),
                    missing: missing.collect(),
                };
                write!(out, "{}\n  ", if std::mem::take(first) { "" } else { "," })?;
                serde_json::to_writer(out, &vector)?;
            }
            Self::Csv(csv) => {
                let values = vector.iter().map(|(_, value)| match value.value() {
                    Some(number) => number.to_string(),
                    None => String::new(),
                });
                let keys = [user.as_str().to_owned(), as_of.to_string()];
                csv.write_record(keys.into_iter().chain(values))?;
            }
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Json { mut out, .. } => {
                writeln!(out, "\n]")?;
                Ok(out.flush()?)
            }
            Self::Csv(mut csv) => Ok(csv.flush()?),
        }
    }
}
