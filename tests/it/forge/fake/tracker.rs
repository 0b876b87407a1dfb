//! A stand-in for the issues of GitHub and GitLab and the work items of Azure DevOps: one store, three ways to
//! ask it.

use serde_json::{Value as Json, json};

use super::{Answer, Request, Site};

pub(crate) const TOKEN: &str = "tracker-token-SECRET";

/// An issue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
    pub(crate) open: bool,
    /// Who wrote it; number 7 is who the token is.
    pub(crate) author: u64,
    pub(crate) notes: Vec<String>,
    /// GitHub lists pull requests among issues.
    pub(crate) is_pull: bool,
    pub(crate) rev: u64,
    pub(crate) hidden: usize,
}

/// The issues of one repository.
#[derive(Default)]
pub(crate) struct Tracker {
    pub(crate) items: Vec<Item>,
    /// Issues are switched off.
    pub(crate) off: bool,
    /// Labels are dropped, as from those who may not set them.
    pub(crate) drops_labels: bool,
    /// So many lists do not show what was created.
    pub(crate) lag: usize,
}

const ME: u64 = 7;
const STATES: [(&str, &str); 3] = [("To Do", "Proposed"), ("Doing", "InProgress"), ("Done", "Completed")];

impl Tracker {
    /// Somebody opens an issue.
    pub(crate) fn add(&mut self, item: Item) -> u64 {
        let id = 40 + self.items.len() as u64;
        self.items.push(Item { id, rev: 1, hidden: self.lag, ..item });
        id
    }

    fn listed(&mut self) -> Vec<Item> {
        let shown = self.items.iter().filter(|i| i.hidden == 0).cloned().collect();
        self.items.iter_mut().for_each(|i| i.hidden = i.hidden.saturating_sub(1));
        shown
    }

    fn item(&mut self, id: &str) -> Option<&mut Item> {
        self.items.iter_mut().find(|i| i.id.to_string() == id)
    }

    fn github(&mut self, request: &Request, parts: &[&str]) -> Answer {
        let shown = |i: &Item| {
            let labels: Vec<Json> = i.labels.iter().map(|l| json!({ "name": l })).collect();
            let login = if i.author == ME { "trueup-app[bot]" } else { "mallory" };
            let mut out = json!({
                "number": i.id, "title": i.title, "body": i.body, "labels": labels,
                "state": if i.open { "open" } else { "closed" }, "user": { "login": login },
                "html_url": format!("https://github.com/corp/infra/issues/{}", i.id),
            });
            if i.is_pull {
                out["pull_request"] = json!({});
            }
            out
        };
        let body = request.json();
        match (request.method.as_str(), parts) {
            ("POST", ["graphql"]) => {
                Answer::json(200, &json!({ "data": { "viewer": { "login": "trueup-app[bot]" } } }))
            }
            (_, ["repos", "corp", "infra", "issues", ..]) if self.off => {
                Answer::json(410, &json!({ "message": "Issues are disabled for this repo" }))
            }
            ("GET", ["repos", "corp", "infra", "issues"]) => {
                assert_eq!(
                    (request.query["state"].as_str(), request.query["labels"].as_str()),
                    ("all", "trueup-drift")
                );
                let label = |i: &Item| i.labels.iter().any(|l| l == "trueup-drift");
                let all: Vec<Json> = self.listed().iter().filter(|i| label(i)).map(shown).collect();
                Answer::json(200, &all.into())
            }
            ("POST", ["repos", "corp", "infra", "issues"]) => {
                let named = body["labels"].as_array().into_iter().flatten().filter_map(Json::as_str);
                let labels = if self.drops_labels { Vec::new() } else { named.map(str::to_owned).collect() };
                let text = |name: &str| body[name].as_str().unwrap().to_owned();
                let new = Item {
                    title: text("title"),
                    body: text("body"),
                    labels,
                    open: true,
                    author: ME,
                    ..Item::default()
                };
                let id = self.add(new).to_string();
                Answer::json(201, &shown(self.item(&id).unwrap()))
            }
            ("PATCH", ["repos", "corp", "infra", "issues", id]) => {
                let Some(item) = self.item(id) else {
                    return Answer::json(404, &json!({ "message": "Not Found" }));
                };
                change(item, &body, "body", ("state", "open", "closed"));
                Answer::json(200, &shown(item))
            }
            ("POST", ["repos", "corp", "infra", "issues", id, "comments"]) => {
                self.item(id).unwrap().notes.push(body["body"].as_str().unwrap().to_owned());
                Answer::json(201, &json!({ "id": 1 }))
            }
            _ => Answer::json(404, &json!({ "message": "Not Found" })),
        }
    }

    fn gitlab(&mut self, request: &Request, parts: &[&str]) -> Answer {
        let shown = |i: &Item| {
            json!({
                "id": i.id + 900_000, "iid": i.id, "title": i.title, "description": i.body,
                "state": if i.open { "opened" } else { "closed" }, "author": { "id": i.author },
                "web_url": format!("https://gitlab.com/corp/infra/-/issues/{}", i.id),
            })
        };
        let body = request.json();
        match (request.method.as_str(), parts) {
            ("GET", ["user"]) => Answer::json(200, &json!({ "id": ME, "username": "bot" })),
            (_, ["projects", "corp/infra", "issues", ..]) if self.off => {
                Answer::json(403, &json!({ "message": "403 Forbidden" }))
            }
            ("GET", ["projects", "corp/infra", "issues"]) => {
                assert_eq!(request.query["labels"], "trueup-drift");
                let all: Vec<Json> = self.listed().iter().map(shown).collect();
                Answer::json(200, &all.into())
            }
            ("POST", ["projects", "corp/infra", "issues"]) => {
                let text = |name: &str| body[name].as_str().unwrap().to_owned();
                let labels = vec![text("labels")];
                let new = Item {
                    title: text("title"),
                    body: text("description"),
                    labels,
                    open: true,
                    author: ME,
                    ..Item::default()
                };
                let id = self.add(new).to_string();
                Answer::json(201, &shown(self.item(&id).unwrap()))
            }
            ("PUT", ["projects", "corp/infra", "issues", id]) => {
                let item = self.item(id).unwrap();
                change(item, &body, "description", ("state_event", "reopen", "close"));
                Answer::json(200, &shown(item))
            }
            ("POST", ["projects", "corp/infra", "issues", id, "notes"]) => {
                self.item(id).unwrap().notes.push(body["body"].as_str().unwrap().to_owned());
                Answer::json(201, &json!({ "id": 1 }))
            }
            _ => Answer::json(404, &json!({ "message": "404 Not found" })),
        }
    }

    fn azure(&mut self, request: &Request, parts: &[&str]) -> Answer {
        let shown = |i: &Item| {
            json!({ "id": i.id, "rev": i.rev, "fields": {
                "System.Title": i.title, "System.Description": i.body, "System.Tags": i.labels.join("; "),
                "System.State": if i.open { "To Do" } else { "Done" }, "System.WorkItemType": "Task",
                "System.CreatedBy": { "id": format!("user-{}", i.author), "descriptor": format!("d-{}", i.author) },
            } })
        };
        if !request.query.contains_key("api-version") {
            return Answer::json(400, &json!({ "message": "api-version is missing" }));
        }
        let is_patch = request.header("content-type").starts_with("application/json-patch+json");
        let body = request.json();
        match (request.method.as_str(), parts) {
            ("GET", ["_apis", "connectionData"]) => Answer::json(
                200,
                &json!({ "authenticatedUser": { "id": format!("user-{ME}"), "subjectDescriptor": format!("d-{ME}") } }),
            ),
            ("POST", ["corp", "_apis", "wit", "wiql"]) => {
                assert!(body["query"].as_str().unwrap().contains("CONTAINS 'trueup-drift'"), "{body}");
                let ids: Vec<Json> = self.listed().iter().map(|i| json!({ "id": i.id })).collect();
                Answer::json(200, &json!({ "workItems": ids }))
            }
            ("POST", ["corp", "_apis", "wit", "workitemsbatch"]) => {
                let wanted: Vec<u64> =
                    body["ids"].as_array().unwrap().iter().map(|i| i.as_u64().unwrap()).collect();
                assert!(wanted.len() <= 200);
                let all: Vec<Json> =
                    self.items.iter().filter(|i| wanted.contains(&i.id)).map(shown).collect();
                Answer::json(200, &json!({ "value": all }))
            }
            ("GET", ["corp", "_apis", "wit", "workitemtypes", "Task", "states"]) => {
                let all: Vec<Json> =
                    STATES.iter().map(|(n, c)| json!({ "name": n, "category": c })).collect();
                Answer::json(200, &json!({ "value": all }))
            }
            ("GET", ["corp", "_apis", "wit", "workitems", id]) => match self.item(id) {
                Some(item) => Answer::json(200, &shown(item)),
                None => Answer::json(404, &json!({ "message": "TF401232: Work item does not exist" })),
            },
            ("POST" | "PATCH", ["corp", "_apis", "wit", "workitems", _]) if !is_patch => {
                Answer::json(415, &json!({ "message": "The content type is not supported" }))
            }
            ("POST", ["corp", "_apis", "wit", "workitems", "$Task"]) => {
                let id = self.add(Item { open: true, author: ME, ..Item::default() }).to_string();
                let item = self.item(&id).unwrap();
                patched(item, &body);
                Answer::json(200, &shown(item))
            }
            ("PATCH", ["corp", "_apis", "wit", "workitems", id]) => {
                let item = self.item(id).unwrap();
                if body[0]["op"] == "test" && body[0]["value"] != item.rev {
                    return Answer::json(
                        409,
                        &json!({ "message": "TF26071: This work item has been changed" }),
                    );
                }
                patched(item, &body);
                Answer::json(200, &shown(item))
            }
            _ => Answer::json(404, &json!({ "message": "nothing there" })),
        }
    }
}

fn change(item: &mut Item, body: &Json, text: &str, (state, open, closed): (&str, &str, &str)) {
    item.title = body["title"].as_str().unwrap().to_owned();
    item.body = body[text].as_str().unwrap().to_owned();
    match body[state].as_str() {
        Some(said) if said == open => item.open = true,
        Some(said) if said == closed => item.open = false,
        None => {}
        Some(said) => panic!("{said} is no state"),
    }
}

fn patched(item: &mut Item, operations: &Json) {
    item.rev += 1;
    for operation in operations.as_array().unwrap().iter().filter(|o| o["op"] == "add") {
        let value = operation["value"].as_str().unwrap().to_owned();
        match operation["path"].as_str().unwrap() {
            "/fields/System.Title" => item.title = value,
            // It is cleaned, as the server does.
            "/fields/System.Description" => {
                item.body = value.replace("<p>", "<div>").replace("</p>", "</div>\n").replace("&quot;", "\"")
            }
            "/fields/System.Tags" => item.labels = value.split("; ").map(str::to_owned).collect(),
            "/fields/System.State" => item.open = value != "Done",
            "/fields/System.History" => item.notes.push(value),
            path => panic!("{path} is not written"),
        }
    }
}

impl Site for Tracker {
    fn answer(&mut self, request: &Request, _url: &str) -> Answer {
        let secret = ["authorization", "private-token"].iter().any(|name| !request.header(name).is_empty());
        assert!(secret, "no token came with {}", request.line());
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["github", rest @ ..] => self.github(request, rest),
            ["gitlab", rest @ ..] => self.gitlab(request, rest),
            rest => self.azure(request, rest),
        }
    }
}
