//! Work items of a project, as the issues of Azure DevOps: tags are labels, and the text is HTML.

use std::cell::RefCell;
use std::collections::BTreeMap;

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{AzureDevOps, Identity};
use crate::forge::http::{Ask, below};
use crate::forge::issues::{Draft, Issue, Issues, LABEL};
use crate::forge::{Comment, ForgeError};
use crate::output::drift_issue::Form;

/// How many work items are read with one request, and how many are looked for.
const BATCH: usize = 200;
const MOST: &str = "1000";

/// What is read of each.
const FIELDS: [&str; 6] = [
    "System.Title",
    "System.Description",
    "System.State",
    "System.Tags",
    "System.CreatedBy",
    "System.WorkItemType",
];

/// Work items are written by patches of their own kind; another kind is refused with 415.
const PATCH: (&str, &str) = ("content-type", "application/json-patch+json");

/// How the tag begins that says what a work item is about. HTML has no place that is out of sight.
const KEY: &str = "trueup-key-";

/// The work items of a project.
#[derive(Debug)]
pub(in crate::forge) struct WorkItems {
    host: AzureDevOps,
    /// The type of new ones: `Task` is in every process.
    kind: String,
    /// States by type, as far as they were asked for.
    states: RefCell<BTreeMap<String, Vec<State>>>,
}

/// A state of work items, and what it means: `Done` and `Closed` are both `Completed`.
#[derive(Clone, Debug)]
struct State {
    name: String,
    category: String,
}

impl WorkItems {
    /// The work items of a project; new ones are of this type.
    pub(in crate::forge) fn new(host: AzureDevOps, kind: &str) -> WorkItems {
        WorkItems { host, kind: kind.to_owned(), states: RefCell::default() }
    }

    fn at(&self, parts: &[&str]) -> Url {
        self.host.client.at(&[&[self.host.project.as_str(), "_apis", "wit"][..], parts].concat())
    }

    fn patch(&self, method: &Method, url: &Url, operations: &Json) -> Result<Json, ForgeError> {
        let ask = |url| Ask::new(method.clone(), url).json(operations.clone()).header(PATCH.0, PATCH.1);
        self.host.client.parse(&self.host.send(url, "", ask)?)
    }

    /// The states of a type, which differ between processes.
    fn states(&self, kind: &str) -> Result<Vec<State>, ForgeError> {
        if let Some(states) = self.states.borrow().get(kind) {
            return Ok(states.clone());
        }
        let answer = self.host.get(&self.at(&["workitemtypes", kind, "states"]))?;
        let all = answer.get("value").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let states: Vec<State> =
            all.iter().map(|s| State { name: text(s, "name"), category: text(s, "category") }).collect();
        self.states.borrow_mut().insert(kind.to_owned(), states.clone());
        Ok(states)
    }

    /// The first state of a type that means this.
    fn state(&self, kind: &str, category: &str) -> Result<String, ForgeError> {
        let found = self.states(kind)?.into_iter().find(|s| s.category == category);
        found.map(|s| s.name).ok_or_else(|| {
            self.host.client.protocol(&format!("no state of the category {category} for work items {kind}"))
        })
    }

    fn item(&self, item: &Json) -> Result<Issue, ForgeError> {
        let id = item.get("id").and_then(Json::as_u64);
        let id = id.ok_or_else(|| self.host.client.protocol("a work item without id"))?.to_string();
        let nothing = Json::Null;
        let fields = item.get("fields").unwrap_or(&nothing);
        let author = fields.get("System.CreatedBy").and_then(|a| Identity::of(a, "descriptor"));
        let (kind, state) = (text(fields, "System.WorkItemType"), text(fields, "System.State"));
        let done = |category: &str| matches!(category, "Completed" | "Removed");
        let open = !self.states(&kind)?.iter().any(|s| s.name == state && done(&s.category));
        let tags = text(fields, "System.Tags");
        Ok(Issue {
            key: tags.split(';').find_map(|tag| tag.trim().strip_prefix(KEY).map(str::to_owned)),
            text: Comment {
                own: author.is_some_and(|a| self.host.me().is_ok_and(|me| me.is(&a))),
                body: text(fields, "System.Description"),
                url: Some(self.page(&id)),
                id,
            },
            title: text(fields, "System.Title"),
            open,
        })
    }

    /// Where a browser shows a work item.
    fn page(&self, id: &str) -> String {
        let collection = self.host.client.at(&[]);
        below(&collection, &[self.host.project.as_str(), "_workitems", "edit", id]).to_string()
    }

    fn one(&self, id: &str) -> Result<Json, ForgeError> {
        self.host.get(&self.at(&["workitems", id]))
    }
}

impl Issues for WorkItems {
    fn form(&self) -> Form {
        Form::Html
    }

    fn key(&self, name: &str) -> String {
        // A tag has no commas and semicolons and is short.
        Sha256::digest(name).iter().take(10).map(|b| format!("{b:02x}")).collect()
    }

    fn labelled(&self) -> Result<Vec<Issue>, ForgeError> {
        let query = format!(
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS \
             '{LABEL}' ORDER BY [System.Id]"
        );
        let mut url = self.at(&["wiql"]);
        url.query_pairs_mut().append_pair("$top", MOST);
        // A search, whatever its method.
        let ask = |url| Ask::new(Method::POST, url).json(json!({ "query": query })).repeatable();
        let found = self.host.client.parse(&self.host.send(&url, "", ask)?)?;
        let found = found.get("workItems").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<u64> = found.iter().filter_map(|w| w.get("id")?.as_u64()).collect();
        let mut all = Vec::new();
        for some in ids.chunks(BATCH) {
            let body = json!({ "ids": some, "fields": FIELDS, "errorPolicy": "Omit" });
            let ask = |url| Ask::new(Method::POST, url).json(body.clone()).repeatable();
            let answer =
                self.host.client.parse(&self.host.send(&self.at(&["workitemsbatch"]), "", ask)?)?;
            let items = answer.get("value").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            // One that is deleted meanwhile is null.
            for item in items.iter().filter(|i| i.is_object()) {
                all.push(self.item(item)?);
            }
        }
        Ok(all)
    }

    fn open(&self, draft: &Draft) -> Result<Issue, ForgeError> {
        let tags = format!("{LABEL}; {KEY}{}", draft.key);
        let operations = json!([
            add("System.Title", &draft.title),
            add("System.Description", &draft.body),
            add("System.Tags", &tags),
        ]);
        let url = self.at(&["workitems", &format!("${}", self.kind)]);
        self.item(&self.patch(&Method::POST, &url, &operations)?)
    }

    fn write(&self, issue: &Issue, draft: &Draft, open: bool, note: Option<&str>) -> Result<(), ForgeError> {
        // Somebody may edit it between the reading and the writing.
        match self.rewrite(issue, draft, open, note) {
            Err(ForgeError::Refused { status: 409 | 412, .. }) => self.rewrite(issue, draft, open, note),
            result => result,
        }
    }
}

impl WorkItems {
    fn rewrite(
        &self,
        issue: &Issue,
        draft: &Draft,
        open: bool,
        note: Option<&str>,
    ) -> Result<(), ForgeError> {
        let now = self.one(&issue.text.id)?;
        let mut operations = vec![
            // Refused when somebody edited it meanwhile.
            json!({ "op": "test", "path": "/rev", "value": now.get("rev") }),
            add("System.Title", &draft.title),
            add("System.Description", &draft.body),
        ];
        if open != issue.open {
            let kind =
                now.get("fields").map(|fields| text(fields, "System.WorkItemType")).unwrap_or_default();
            operations
                .push(add("System.State", &self.state(&kind, if open { "Proposed" } else { "Completed" })?));
        }
        if let Some(note) = note {
            operations.push(add("System.History", note));
        }
        let url = self.at(&["workitems", &issue.text.id]);
        self.patch(&Method::PATCH, &url, &Json::from(operations)).map(drop)
    }
}

fn add(field: &str, value: &str) -> Json {
    json!({ "op": "add", "path": format!("/fields/{field}"), "value": value })
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}
