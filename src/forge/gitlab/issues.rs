//! Issues of a project on GitLab.

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::{GitLab, text};
use crate::forge::http::Ask;
use crate::forge::issues::{Draft, Issue, Issues, LABEL};
use crate::forge::{Comment, ForgeError};
use crate::output::drift_issue::Form;
use crate::output::markdown::{GITLAB, Marker};

impl GitLab {
    fn issues(&self, parts: &[&str]) -> Url {
        self.client.at(&[&["projects", self.path.as_str(), "issues"][..], parts].concat())
    }

    fn issue(&self, issue: &Json) -> Result<Issue, ForgeError> {
        // The number in the project; `id` is that of the whole instance.
        let number = issue.get("iid").and_then(Json::as_u64);
        let number = number.ok_or_else(|| self.client.protocol("an issue without number"))?;
        let body = text(issue, "description");
        Ok(Issue {
            key: Marker::of(&body).map(|marker| marker.key),
            text: Comment {
                id: number.to_string(),
                body,
                own: self.is_own(issue)?,
                url: issue.get("web_url").and_then(Json::as_str).map(str::to_owned),
            },
            title: text(issue, "title"),
            open: text(issue, "state") == "opened",
        })
    }
}

impl Issues for GitLab {
    fn form(&self) -> Form {
        Form::Markdown(&GITLAB)
    }

    fn labelled(&self) -> Result<Vec<Issue>, ForgeError> {
        let query = [("labels", LABEL), ("scope", "all"), ("order_by", "created_at"), ("sort", "asc")];
        self.pages(self.issues(&[]), &query)?.iter().map(|i| self.issue(i)).collect()
    }

    fn open(&self, draft: &Draft) -> Result<Issue, ForgeError> {
        let body = json!({ "title": draft.title, "description": draft.marked(&GITLAB), "labels": LABEL });
        let created = self.client.json(&Ask::new(Method::POST, self.issues(&[])).json(body))?;
        self.issue(&created)
    }

    fn write(&self, issue: &Issue, draft: &Draft, open: bool, note: Option<&str>) -> Result<(), ForgeError> {
        let mut body = json!({ "title": draft.title, "description": draft.marked(&GITLAB) });
        if open != issue.open {
            body["state_event"] = json!(if open { "reopen" } else { "close" });
        }
        self.client.send(&Ask::new(Method::PUT, self.issues(&[&issue.text.id])).json(body))?;
        if let Some(note) = note {
            let at = self.issues(&[&issue.text.id, "notes"]);
            self.client.send(&Ask::new(Method::POST, at).json(json!({ "body": note })))?;
        }
        Ok(())
    }
}
