//! Runs, their pages and their marks, in one partition a run.
//!
//! A mark is a number in a set of the item of its shard, stage, kind and block: adding it twice
//! changes nothing, in any order. A block has [`BLOCK`] numbers, so that an item stays small.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use mindmate_domain::bitmap::Bitmap;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId, StageName};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{
    Mark, MarkKind, Page, PortError, RunLedger, RunStart, ShardTally, Tally,
};

use crate::error::port_error;
use crate::item::{Row, number, number_of, read, row, text, text_of};
use crate::table::{PORT, Table, Transacted, held, rows};

pub(crate) const RUN: &str = "runId";
pub(crate) const PART: &str = "part";

/// The part that holds the run itself.
const ITSELF: &str = "run";

/// The partition that lists all runs.
const LIST: &str = "runs";

const SUMMARY: &str = "summary";
const COMPLETED: &str = "completedAt";

/// Numbers in one item of marks.
const BLOCK: u32 = 1_024;

/// Updates that are under way at once.
const IN_FLIGHT: usize = 8;

/// Runs.
pub(crate) struct Ledger(pub(crate) Table);

#[async_trait]
impl RunLedger for Ledger {
    async fn start(&self, run: &Run) -> PortResult<RunStart> {
        let id = run.id.as_str();
        let itself = row(PORT, run, [(RUN, text(id)), (PART, text(ITSELF))])?;
        let listed = format!("{}#{id}", run.as_of);
        let listed = row(PORT, run, [(RUN, text(LIST)), (PART, text(listed)), ("run", text(id))])?;
        let writes = vec![self.0.put_new_in(itself, RUN)?, self.0.put_if(listed, |put| put)?];
        if self.0.transact(writes).await? == Transacted::Done {
            return Ok(RunStart::Started);
        }
        match self.run(&run.id).await? {
            Some(existing) => Ok(RunStart::Existing(existing)),
            None => Err(PortError::transient(PORT, "another start of the run was in the way")),
        }
    }

    async fn run(&self, id: &RunId) -> PortResult<Option<Run>> {
        let item = self.0.get([(RUN, text(id.as_str())), (PART, text(ITSELF))]).await?;
        item.map(|item| read(PORT, item)).transpose()
    }

    async fn runs(&self) -> PortResult<Vec<Run>> {
        self.listed(self.parts(&RunId::named(LIST), "")).await
    }

    async fn runs_since(&self, since: AsOf) -> PortResult<Vec<Run>> {
        // What is listed begins with its `asOf`, all of them written alike.
        let query = self
            .parts(&RunId::named(LIST), "")
            .key_condition_expression("#run = :run AND #part >= :since")
            .expression_attribute_names("#part", PART)
            .expression_attribute_values(":since", text(since.to_string()));
        self.listed(query).await
    }

    async fn put_page(&self, page: &Page) -> PortResult<Page> {
        let part = page_part(page.shard, page.number);
        let count = number(page.entries.len());
        let key = [(RUN, text(page.run.as_str())), (PART, text(part)), ("count", count)];
        let mut item = row(PORT, page, key)?;
        // The attribute of this name would be the run's id once more.
        item.remove("run");
        if self.0.put_new(item, RUN).await? {
            return Ok(page.clone());
        }
        match self.page(&page.run, page.shard, page.number).await? {
            Some(stored) => Ok(stored),
            None => Err(PortError::transient(PORT, "a page went while it was looked at")),
        }
    }

    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>> {
        let key = [(RUN, text(run.as_str())), (PART, text(page_part(shard, number)))];
        let Some(mut item) = self.0.get(key).await? else {
            return Ok(None);
        };
        item.insert("run".to_owned(), text(run.as_str()));
        read(PORT, item).map(Some)
    }

    async fn mark(&self, marks: &[Mark]) -> PortResult<()> {
        let mut sets: BTreeMap<(&RunId, String), Vec<u32>> = BTreeMap::new();
        for mark in marks {
            let part = marks_part(mark);
            sets.entry((&mark.position.run, part)).or_default().push(mark.position.ordinal);
        }
        let calls: Vec<_> =
            sets.into_iter().map(|((run, part), set)| self.add(run, part, set)).collect();
        stream::iter(calls).buffer_unordered(IN_FLIGHT).try_collect().await
    }

    async fn tally(&self, run: &RunId) -> PortResult<Tally> {
        let pages = self
            .parts(run, "page#")
            .projection_expression("#part, #count, #last")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#last", "last");
        let marks = self.parts(run, "marks#");
        let (pages, marks) = futures::try_join!(rows(pages, usize::MAX), rows(marks, usize::MAX))?;
        Ok(tally(&pages, &marks))
    }

    async fn complete(&self, run: &RunId, at: Timestamp, summary: &str) -> PortResult<()> {
        let updated = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(RUN, text(run.as_str()))
            .key(PART, text(ITSELF))
            .update_expression("SET #completed = :at, #summary = :summary")
            .condition_expression("attribute_exists(#run) AND attribute_not_exists(#completed)")
            .expression_attribute_names("#run", RUN)
            .expression_attribute_names("#completed", COMPLETED)
            .expression_attribute_names("#summary", SUMMARY)
            .expression_attribute_values(":at", text(at.to_string()))
            .expression_attribute_values(":summary", text(summary))
            .send()
            .await;
        held(updated.map(drop)).map(drop)
    }

    async fn summary(&self, run: &RunId) -> PortResult<Option<String>> {
        let item = self.0.get([(RUN, text(run.as_str())), (PART, text(ITSELF))]).await?;
        Ok(item.and_then(|item| text_of(&item, SUMMARY).map(str::to_owned)))
    }
}

impl Ledger {
    /// The parts of a partition that begin so. What was marked a moment ago counts.
    fn parts(&self, run: &RunId, prefix: &str) -> QueryFluentBuilder {
        let query = self
            .0
            .query()
            .expression_attribute_names("#run", RUN)
            .expression_attribute_values(":run", text(run.as_str()))
            .consistent_read(true);
        if prefix.is_empty() {
            return query.key_condition_expression("#run = :run");
        }
        query
            .key_condition_expression("#run = :run AND begins_with(#part, :prefix)")
            .expression_attribute_names("#part", PART)
            .expression_attribute_values(":prefix", text(prefix))
    }

    /// The runs that a query of the list finds, latest first, each as it stands now.
    async fn listed(&self, query: QueryFluentBuilder) -> PortResult<Vec<Run>> {
        let listed = rows(query.scan_index_forward(false), usize::MAX).await?;
        let ids = listed.iter().filter_map(|item| Some(RunId::named(text_of(item, "run")?)));
        let ids: Vec<RunId> = ids.collect();
        let calls: Vec<_> = ids.iter().map(|id| self.run(id)).collect();
        let found: Vec<Option<Run>> = stream::iter(calls).buffered(IN_FLIGHT).try_collect().await?;
        let mut runs: Vec<Run> = found.into_iter().flatten().collect();
        runs.sort_by(|a, b| b.as_of.cmp(&a.as_of).then_with(|| a.id.as_str().cmp(b.id.as_str())));
        Ok(runs)
    }

    async fn add(&self, run: &RunId, part: String, mut ordinals: Vec<u32>) -> PortResult<()> {
        // A set holds each number once.
        ordinals.sort_unstable();
        ordinals.dedup();
        let ordinals = ordinals.iter().map(ToString::to_string).collect();
        let added = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(RUN, text(run.as_str()))
            .key(PART, text(part))
            .update_expression("ADD ordinals :ordinals")
            .expression_attribute_values(":ordinals", AttributeValue::Ns(ordinals))
            .send()
            .await;
        added.map(drop).map_err(|error| port_error(PORT, error))
    }
}

fn page_part(shard: u16, number: u32) -> String {
    format!("page#{shard:05}#{number:08}")
}

fn marks_part(mark: &Mark) -> String {
    let (shard, block) = (mark.position.shard, mark.position.ordinal / BLOCK);
    format!("marks#{shard:05}#{}#{}#{block:08}", mark.stage.name(), mark.kind.name())
}

fn tally(pages: &[Row], marks: &[Row]) -> Tally {
    let mut shards: BTreeMap<u16, ShardTally> = BTreeMap::new();
    for page in pages {
        let Some(shard) = text_of(page, PART).and_then(shard_of) else { continue };
        let tally = shards.entry(shard).or_insert_with(|| empty(shard));
        tally.enqueued += number_of::<u32>(page, "count").unwrap_or_default();
        tally.all_paged |= page.get("last").and_then(|last| last.as_bool().ok()) == Some(&true);
    }
    for item in marks {
        let Some((shard, stage, kind)) = text_of(item, PART).and_then(mark_of) else { continue };
        let tally = shards.entry(shard).or_insert_with(|| empty(shard));
        let bits: &mut Bitmap = tally.marks.entry((stage, kind)).or_default();
        let ordinals = item.get("ordinals").and_then(|set| set.as_ns().ok());
        for ordinal in ordinals.into_iter().flatten().filter_map(|one| one.parse().ok()) {
            bits.set(ordinal);
        }
    }
    Tally { shards: shards.into_values().collect() }
}

fn empty(shard: u16) -> ShardTally {
    ShardTally { shard, ..ShardTally::default() }
}

fn shard_of(part: &str) -> Option<u16> {
    part.split('#').nth(1)?.parse().ok()
}

fn mark_of(part: &str) -> Option<(u16, StageName, MarkKind)> {
    let mut parts = part.split('#').skip(1);
    let shard = parts.next()?.parse().ok()?;
    let stage = StageName::from_name(parts.next()?)?;
    Some((shard, stage, MarkKind::stored(parts.next()?)))
}
