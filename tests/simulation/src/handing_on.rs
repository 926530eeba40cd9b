//! Ports that do something of their own in a method or two, and hand the rest on to `self.inner`.

/// Writes a port: the methods given, and the rest of it handed on.
macro_rules! handing_on {
    (AssessmentStore for $type:ty { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl mindmate_pipeline::ports::AssessmentStore for $type {
            $($own)*

            async fn get_many(
                &self,
                users: &[mindmate_domain::UserId],
                as_of: mindmate_domain::AsOf,
            ) -> mindmate_pipeline::PortResult<Vec<mindmate_domain::Assessment>> {
                self.inner.get_many(users, as_of).await
            }

            async fn latest(
                &self,
                user: &mindmate_domain::UserId,
                limit: usize,
            ) -> mindmate_pipeline::PortResult<Vec<mindmate_domain::Assessment>> {
                self.inner.latest(user, limit).await
            }

            async fn last_known(
                &self,
                user: &mindmate_domain::UserId,
                before: mindmate_domain::AsOf,
            ) -> mindmate_pipeline::PortResult<
                Option<(mindmate_domain::AsOf, mindmate_domain::RiskLevel)>,
            > {
                self.inner.last_known(user, before).await
            }

            async fn latest_as_of(
                &self,
                user: &mindmate_domain::UserId,
            ) -> mindmate_pipeline::PortResult<Option<mindmate_domain::AsOf>> {
                self.inner.latest_as_of(user).await
            }
        }
    };
    (InterventionStore for $type:ty { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl mindmate_pipeline::ports::InterventionStore for $type {
            $($own)*

            async fn get(
                &self,
                id: &mindmate_domain::InterventionId,
            ) -> mindmate_pipeline::PortResult<
                Option<mindmate_pipeline::ports::StoredIntervention>,
            > {
                self.inner.get(id).await
            }

            async fn latest(
                &self,
                user: &mindmate_domain::UserId,
                limit: usize,
            ) -> mindmate_pipeline::PortResult<Vec<mindmate_pipeline::ports::StoredIntervention>>
            {
                self.inner.latest(user, limit).await
            }
        }
    };
    (AppChats for $type:ty { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl mindmate_pipeline::ports::AppChats for $type {
            $($own)*

            async fn wrote_between(
                &self,
                user: &mindmate_domain::UserId,
                since: jiff::Timestamp,
                until: jiff::Timestamp,
            ) -> mindmate_pipeline::PortResult<bool> {
                self.inner.wrote_between(user, since, until).await
            }
        }
    };
    (ReviewQueue for $type:ty { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl mindmate_pipeline::ports::ReviewQueue for $type {
            $($own)*

            async fn open(
                &self,
                limit: usize,
            ) -> mindmate_pipeline::PortResult<Vec<mindmate_domain::intervention::ReviewEntry>>
            {
                self.inner.open(limit).await
            }

            async fn count_open(&self) -> mindmate_pipeline::PortResult<u64> {
                self.inner.count_open().await
            }

            async fn acknowledge(
                &self,
                user: &mindmate_domain::UserId,
                as_of: mindmate_domain::AsOf,
                reason: mindmate_domain::intervention::ReviewReason,
                by: &str,
                at: jiff::Timestamp,
            ) -> mindmate_pipeline::PortResult<bool> {
                self.inner.acknowledge(user, as_of, reason, by, at).await
            }
        }
    };
    (RunLedger for $type:ty { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl mindmate_pipeline::ports::RunLedger for $type {
            $($own)*

            async fn run(
                &self,
                id: &mindmate_domain::RunId,
            ) -> mindmate_pipeline::PortResult<Option<mindmate_domain::run::Run>> {
                self.inner.run(id).await
            }

            async fn runs(&self) -> mindmate_pipeline::PortResult<Vec<mindmate_domain::run::Run>> {
                self.inner.runs().await
            }

            async fn runs_since(
                &self,
                since: mindmate_domain::AsOf,
            ) -> mindmate_pipeline::PortResult<Vec<mindmate_domain::run::Run>> {
                self.inner.runs_since(since).await
            }

            async fn complete(
                &self,
                run: &mindmate_domain::RunId,
                at: jiff::Timestamp,
                summary: &str,
            ) -> mindmate_pipeline::PortResult<()> {
                self.inner.complete(run, at, summary).await
            }

            async fn summary(
                &self,
                run: &mindmate_domain::RunId,
            ) -> mindmate_pipeline::PortResult<Option<String>> {
                self.inner.summary(run).await
            }
        }
    };
}
pub(crate) use handing_on;
