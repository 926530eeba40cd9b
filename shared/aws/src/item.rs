//! Items as the SDK holds them, and as the contracts and serde do.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::base64;
use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_pipeline::PortResult;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::unreadable;

/// An item of the SDK.
pub(crate) type Row = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn number(number: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// What serde makes of a value, with the keys beside it.
pub(crate) fn row<const N: usize>(
    port: &'static str,
    value: &impl Serialize,
    keys: [(&str, AttributeValue); N],
) -> PortResult<Row> {
    let mut row: Row = serde_dynamo::to_item(value).map_err(unreadable(port))?;
    row.extend(keys.map(|(name, value)| (name.to_owned(), value)));
    Ok(row)
}

/// What serde reads of an item; attributes that the type does not know are passed over.
pub(crate) fn read<T: DeserializeOwned>(port: &'static str, row: Row) -> PortResult<T> {
    serde_dynamo::from_item(row).map_err(unreadable(port))
}

/// A string attribute of an item.
pub(crate) fn text_of<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_s().ok().map(String::as_str)
}

/// A number attribute of an item.
pub(crate) fn number_of<T: std::str::FromStr>(row: &Row, name: &str) -> Option<T> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

/// An item of the app's table; `None` where it holds a type that no export has.
pub(crate) fn to_contract(row: Row) -> Option<Item> {
    row.into_iter().map(|(name, value)| Some((name, attribute(value)?))).collect()
}

fn attribute(value: AttributeValue) -> Option<Attribute> {
    Some(match value {
        AttributeValue::S(text) => Attribute::S(text),
        AttributeValue::N(number) => Attribute::N(number),
        AttributeValue::Bool(flag) => Attribute::Bool(flag),
        AttributeValue::Null(flag) => Attribute::Null(flag),
        AttributeValue::L(list) => {
            Attribute::L(list.into_iter().map(attribute).collect::<Option<_>>()?)
        }
        AttributeValue::M(map) => Attribute::M(to_contract(map)?),
        AttributeValue::Ss(texts) => Attribute::StringSet(texts),
        AttributeValue::Ns(numbers) => Attribute::NumberSet(numbers),
        AttributeValue::B(blob) => Attribute::B(base64::encode(blob)),
        AttributeValue::Bs(blobs) => {
            Attribute::BinarySet(blobs.into_iter().map(base64::encode).collect())
        }
        _ => return None,
    })
}

/// The SDK's form of an item; `None` where binary data is not base64.
pub(crate) fn from_contract(item: Item) -> Option<Row> {
    item.into_iter().map(|(name, value)| Some((name, attribute_value(value)?))).collect()
}

fn attribute_value(value: Attribute) -> Option<AttributeValue> {
    Some(match value {
        Attribute::S(text) => AttributeValue::S(text),
        Attribute::N(number) => AttributeValue::N(number),
        Attribute::Bool(flag) => AttributeValue::Bool(flag),
        Attribute::Null(flag) => AttributeValue::Null(flag),
        Attribute::L(list) => {
            AttributeValue::L(list.into_iter().map(attribute_value).collect::<Option<_>>()?)
        }
        Attribute::M(map) => AttributeValue::M(from_contract(map)?),
        Attribute::StringSet(texts) => AttributeValue::Ss(texts),
        Attribute::NumberSet(numbers) => AttributeValue::Ns(numbers),
        Attribute::B(text) => AttributeValue::B(Blob::new(base64::decode(text).ok()?)),
        Attribute::BinarySet(texts) => AttributeValue::Bs(
            texts
                .into_iter()
                .map(|text| base64::decode(text).ok().map(Blob::new))
                .collect::<Option<_>>()?,
        ),
    })
}
