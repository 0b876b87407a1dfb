//! Who changed a resource, when and how: Resource Graph's record of changes, which holds 14 days, then the
//! Activity Log for those without any, which holds 90 but names no property.
//!
//! Forms: `resourcechanges` and `resourcecontainerchanges` of Resource Graph, and event type `management`
//! of Microsoft.Insights.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::arm::{ArmClient, ArmError, Kind};
use crate::azure::id::ResourceId;

/// Ids in one query: its text may not be too long.
const BATCH: usize = 100;
/// Pages of one query; each has up to 1,000 changes.
const PAGES: usize = 5;
/// Resources that are looked up in the Activity Log, which is asked once for each.
const LOOKUPS: usize = 50;
/// How long the Activity Log goes back.
const DAYS: i64 = 90;

/// What was done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
}

/// One change of one resource.
#[derive(Clone, Debug)]
pub struct Record {
    /// When (RFC 3339).
    pub at: String,
    /// Name of a person, or id of an application; empty when Azure does not say.
    pub by: String,
    /// With what, such as `Azure Portal`; empty when Azure does not say.
    pub with: String,
    /// What was done.
    pub done: Done,
    /// ARM paths with the new value as text; none in the Activity Log.
    pub properties: Vec<(String, String)>,
}

/// What is known of some resources, newest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    records: BTreeMap<String, Vec<Record>>,
    /// Why a resource could not be looked up.
    failures: BTreeMap<String, String>,
}

impl History {
    /// The records of a resource.
    pub fn of(&self, id: &ResourceId) -> &[Record] {
        self.records.get(&id.key()).map_or(&[], Vec::as_slice)
    }

    /// Why nothing is known of a resource.
    pub fn silence(&self, id: &ResourceId) -> String {
        match self.failures.get(&id.key()) {
            Some(why) => why.clone(),
            None => format!("Azure has no record of a change in the last {DAYS} days"),
        }
    }

    /// Asks for the changes of these resources.
    pub(super) async fn read(client: &ArmClient, ids: &[ResourceId]) -> History {
        let mut history = History::default();
        let is_group = |id: &&ResourceId| !id.as_str().to_ascii_lowercase().contains("/providers/");
        let (groups, resources): (Vec<_>, Vec<_>) = ids.iter().partition(is_group);
        for (table, ids) in [("resourcechanges", resources), ("resourcecontainerchanges", groups)] {
            for batch in ids.chunks(BATCH) {
                if let Err(error) = history.ask_graph(client, table, batch).await {
                    let why = format!("Resource Graph did not say: {error}");
                    history.failures.extend(batch.iter().map(|id| (id.key(), why.clone())));
                }
            }
        }
        history.ask_log(client, ids).await;
        for records in history.records.values_mut() {
            records.sort_by(|a, b| b.at.cmp(&a.at));
        }
        history
    }

    async fn ask_graph(
        &mut self,
        client: &ArmClient,
        table: &str,
        ids: &[&ResourceId],
    ) -> Result<(), ArmError> {
        let quoted =
            |id: &&ResourceId| format!("'{}'", id.as_str().replace('\\', "\\\\").replace('\'', "\\'"));
        let list = ids.iter().map(quoted).collect::<Vec<_>>().join(", ");
        let query = format!(
            "{table} | where tostring(properties.targetResourceId) in~ ({list}) \
             | order by todatetime(properties.changeAttributes.timestamp) desc | project properties"
        );
        let subscriptions: BTreeSet<&str> = ids.iter().filter_map(|id| id.subscription()).collect();
        let mut options = json!({ "resultFormat": "objectArray" });
        for _ in 0..PAGES {
            let body = json!({ "subscriptions": subscriptions, "query": query, "options": options });
            let path = "/providers/Microsoft.ResourceGraph/resources";
            let answer = client.send(&client.query(Kind::Other, path, "2022-10-01", body)).await?.body;
            let rows = answer["data"].as_array().ok_or(ArmError::Broken("no data".to_owned()))?;
            for (key, record) in rows.iter().filter_map(|row| change(&row["properties"])) {
                self.records.entry(key).or_default().push(record);
            }
            match answer["$skipToken"].as_str().filter(|t| !t.is_empty()) {
                Some(token) => options["$skipToken"] = token.into(),
                None => break,
            }
        }
        Ok(())
    }

    /// The Activity Log of those that Resource Graph has nothing of.
    async fn ask_log(&mut self, client: &ArmClient, ids: &[ResourceId]) {
        let now = time::OffsetDateTime::now_utc();
        let since = now - time::Duration::days(DAYS);
        let [now, since] = [now, since].map(|t| {
            let t = t.replace_nanosecond(0).unwrap_or(t);
            t.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
        });
        let silent: Vec<&ResourceId> = ids.iter().filter(|id| self.of(id).is_empty()).collect();
        let mut asked = JoinSet::new();
        for (at, id) in silent.into_iter().enumerate() {
            if at >= LOOKUPS {
                let why = format!("the Activity Log is asked for {LOOKUPS} resources at most");
                self.failures.entry(id.key()).or_insert(why);
                continue;
            }
            let Some(subscription) = id.subscription() else { continue };
            let quoted = id.as_str().replace('\'', "''").replace('%', "%25").replace('&', "%26");
            let quoted = quoted.replace('#', "%23").replace('+', "%2B");
            let path = format!(
                "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values\
                 ?$filter=eventTimestamp ge '{since}' and eventTimestamp le '{now}' and resourceUri eq '{quoted}'\
                 &$select=caller,operationName,eventTimestamp,status,claims"
            );
            let call = client.call(Kind::Other, &path, "2015-04-01");
            let (client, key) = (client.clone(), id.key());
            asked.spawn(async move { (key, client.pages(call).await) });
        }
        while let Some(answered) = asked.join_next().await {
            let Ok((key, pages)) = answered else { continue };
            let records: Vec<Record> = pages.items.iter().filter_map(event).collect();
            match pages.failure {
                Some(error) if records.is_empty() => {
                    self.failures.insert(key, format!("the Activity Log did not say: {error}"));
                }
                _ if records.is_empty() => {}
                _ => {
                    self.records.insert(key, records);
                }
            }
        }
    }
}

/// A row of Resource Graph.
fn change(properties: &Json) -> Option<(String, Record)> {
    let attributes = &properties["changeAttributes"];
    let text = |name: &str| {
        let text = attributes[name].as_str().unwrap_or_default();
        if text.eq_ignore_ascii_case("unspecified") { String::new() } else { text.to_owned() }
    };
    let done = match properties["changeType"].as_str()? {
        "Create" => Done::Create,
        "Delete" => Done::Delete,
        _ => Done::Update,
    };
    let changes = properties["changes"].as_object().into_iter().flatten();
    let record = Record {
        at: attributes["timestamp"].as_str()?.to_owned(),
        by: text("changedBy"),
        with: text("clientType"),
        done,
        properties: changes.map(|(path, c)| (path.clone(), plain(&c["newValue"]))).collect(),
    };
    Some((ResourceId::new(properties["targetResourceId"].as_str()?).key(), record))
}

/// An event of the Activity Log that changed something.
fn event(event: &Json) -> Option<Record> {
    let operation = event["operationName"]["value"].as_str()?.to_ascii_lowercase();
    let done = match operation.rsplit('/').next()? {
        "write" => Done::Update,
        "delete" => Done::Delete,
        _ => return None,
    };
    if event["status"]["value"].as_str() != Some("Succeeded") {
        return None;
    }
    Some(Record {
        at: event["eventTimestamp"].as_str()?.to_owned(),
        by: event["caller"].as_str().unwrap_or_default().to_owned(),
        with: String::new(),
        done,
        properties: Vec::new(),
    })
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
