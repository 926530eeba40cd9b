//! One table, with the calls that the stores make of it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::PortError;

use crate::error::port_error;
use crate::item::Row;

/// What errors name.
pub(crate) const PORT: &str = "dynamodb";

/// The code of a condition that does not hold.
const CONDITION: &str = "ConditionalCheckFailed";

/// A table.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transacted {
    /// All was written.
    Done,
    /// Nothing was: the conditions of the writes at these places did not hold. None where another
    /// transaction was in the way.
    Refused(Vec<usize>),
}

impl Table {
    pub(crate) fn new(client: &Client, name: &str) -> Self {
        Self { client: client.clone(), name: name.to_owned() }
    }

    /// Reads one item, as it is now.
    pub(crate) async fn get<const N: usize>(
        &self,
        key: [(&str, AttributeValue); N],
    ) -> PortResult<Option<Row>> {
        let key = key.map(|(name, value)| (name.to_owned(), value)).into();
        let found = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        Ok(found.item)
    }

    /// Writes an item unless there is one under its key. Says whether it wrote.
    pub(crate) async fn put_new(&self, row: Row, key: &str) -> PortResult<bool> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", key)
            .send()
            .await;
        held(put.map(drop))
    }

    /// Removes an item, if it is there.
    #[cfg(all(feature = "sqs", feature = "kinesis"))]
    pub(crate) async fn remove<const N: usize>(
        &self,
        key: [(&str, AttributeValue); N],
    ) -> PortResult<()> {
        let key = key.map(|(name, value)| (name.to_owned(), value)).into();
        let removed = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        removed.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    /// A query of this table.
    pub(crate) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    /// A put, for a transaction, of an item that must not be there yet.
    pub(crate) fn put_new_in(&self, row: Row, key: &str) -> PortResult<TransactWriteItem> {
        self.put_if(row, |put| {
            put.condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", key)
        })
    }

    /// A put, for a transaction, on a condition.
    pub(crate) fn put_if(
        &self,
        row: Row,
        condition: impl FnOnce(
            aws_sdk_dynamodb::types::builders::PutBuilder,
        ) -> aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> PortResult<TransactWriteItem> {
        let put = condition(Put::builder().table_name(&self.name).set_item(Some(row)));
        let put = put.build().map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Writes all or nothing.
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>) -> PortResult<Transacted> {
        let done = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = done else { return Ok(Transacted::Done) };
        if let SdkError::ServiceError(context) = &error
            && let TransactWriteItemsError::TransactionCanceledException(cancelled) = context.err()
        {
            let codes: Vec<_> = cancelled
                .cancellation_reasons()
                .iter()
                .map(|it| it.code().unwrap_or_default())
                .collect();
            let only_conflicts = codes
                .iter()
                .all(|code| matches!(*code, CONDITION | "TransactionConflict" | "None" | ""));
            if only_conflicts && !codes.is_empty() {
                let places = (0..).zip(codes).filter(|(_, code)| *code == CONDITION);
                return Ok(Transacted::Refused(places.map(|(place, _)| place).collect()));
            }
        }
        Err(port_error(PORT, error))
    }
}

/// Whether a condition held.
pub(crate) fn held<E, R>(result: Result<(), SdkError<E, R>>) -> PortResult<bool>
where
    E: ProvideErrorMetadata,
{
    match result {
        Ok(()) => Ok(true),
        Err(SdkError::ServiceError(context))
            if context.err().code() == Some("ConditionalCheckFailedException") =>
        {
            Ok(false)
        }
        Err(error) => Err(port_error(PORT, error)),
    }
}

/// All items of a query, page by page, at most `limit`.
pub(crate) async fn rows(query: QueryFluentBuilder, limit: usize) -> PortResult<Vec<Row>> {
    let mut rows = Vec::new();
    let mut start = None;
    loop {
        let page = query.clone().set_exclusive_start_key(start).send().await;
        let page = page.map_err(|error| port_error(PORT, error))?;
        rows.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key.filter(|key| !key.is_empty());
        if rows.len() >= limit || start.is_none() {
            rows.truncate(limit);
            return Ok(rows);
        }
    }
}
