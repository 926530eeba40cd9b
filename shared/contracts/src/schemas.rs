//! Writes `schemas/`: a JSON Schema 2020-12 and a golden example a message, and the `AsyncAPI` 3
//! document that says which stage sends what where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::channels::{Channel, ROUTES};
use crate::examples::{self, ExampleError};

/// Files by their path under `schemas/`.
pub type Files = BTreeMap<String, String>;

/// All files of `schemas/`, as they should stand there.
///
/// # Errors
/// See [`ExampleError`].
pub fn files() -> Result<Files, ExampleError> {
    let mut files = Files::new();
    let examples = examples::all()?;
    for example in &examples {
        let mut schema = serde_json::to_value(&example.schema)?;
        schema["$id"] = format!("https://mindmate.app/schemas/{}.json", example.kind).into();
        files.insert(format!("{}.json", example.kind), pretty(&schema)?);
        let body: serde_json::Value = serde_json::from_str(&example.body)?;
        files.insert(format!("examples/{}.json", example.kind), pretty(&body)?);
    }
    let kinds: Vec<_> = examples.iter().map(|example| (example.name, example.kind)).collect();
    files.insert("asyncapi.yaml".to_owned(), asyncapi(&kinds));
    Ok(files)
}

fn pretty(value: &serde_json::Value) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn address(channel: Channel) -> &'static str {
    match channel {
        Channel::Queue(queue) => queue.name(),
        Channel::Stream(stream) => stream.name(),
    }
}

fn asyncapi(kinds: &[(&str, &str)]) -> String {
    let mut out = String::from(
        "# Written by `cargo run -p mindmate-contracts --bin schemas`; do not edit.\n\
         asyncapi: 3.0.0\n\
         info:\n  title: MindMate risk pipeline\n  version: 1.0.0\n\
         defaultContentType: application/cloudevents+json\n\
         channels:\n",
    );
    let channels: BTreeSet<Channel> =
        ROUTES.iter().flat_map(|route| route.channels.iter().copied()).collect();
    for channel in channels {
        let messages: BTreeSet<_> = ROUTES
            .iter()
            .filter(|route| route.channels.contains(&channel))
            .map(|route| route.message)
            .collect();
        let name = address(channel);
        push(
            &mut out,
            format_args!("  {name}:\n    address: {name}\n    description: {channel}\n"),
        );
        push(&mut out, format_args!("    messages:\n"));
        for message in messages {
            push(&mut out, format_args!("      {message}:\n"));
            push(&mut out, format_args!("        $ref: '#/components/messages/{message}'\n"));
        }
    }
    out.push_str("operations:\n");
    for route in ROUTES {
        let from = match (route.from, route.channels) {
            (Some(stage), _) => stage.name(),
            // No stage sends these into a stream: only the app does.
            (None, [Channel::Stream(_), ..]) => "app",
            (None, _) => "schedule",
        };
        for channel in route.channels {
            let to = address(*channel);
            let message = route.message;
            push(&mut out, format_args!("  {from}.sends.{message}.to.{to}:\n    action: send\n"));
            push(&mut out, format_args!("    channel:\n      $ref: '#/channels/{to}'\n"));
            push(&mut out, format_args!("    messages:\n"));
            push(&mut out, format_args!("      - $ref: '#/channels/{to}/messages/{message}'\n"));
        }
    }
    out.push_str("components:\n  messages:\n");
    for (name, kind) in kinds {
        push(&mut out, format_args!("    {name}:\n      name: {kind}\n      payload:\n"));
        push(
            &mut out,
            format_args!(
                "        schemaFormat: application/schema+json;version=draft-2020-12\n\
                 \x20       schema:\n          $ref: './{kind}.json'\n"
            ),
        );
    }
    out
}

/// Writing to a `String` cannot fail, so there is no error to hand on.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}
