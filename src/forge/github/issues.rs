//! Issues of a repository on GitHub.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{GitHub, text};
use crate::forge::http::{Ask, next_link};
use crate::forge::issues::{Draft, Issue, Issues, LABEL};
use crate::forge::{Comment, ForgeError};
use crate::output::drift_issue::Form;
use crate::output::markdown::{GITHUB, Marker};

impl GitHub {
    fn issue(&self, issue: &Json) -> Result<Issue, ForgeError> {
        let number = issue.get("number").and_then(Json::as_u64);
        let number = number.ok_or_else(|| self.client.protocol("an issue without number"))?;
        let body = text(issue, "body");
        Ok(Issue {
            key: Marker::of(&body).map(|marker| marker.key),
            text: Comment {
                id: number.to_string(),
                body,
                own: self.is_own(issue.get("user"))?,
                url: issue.get("html_url").and_then(Json::as_str).map(str::to_owned),
            },
            title: text(issue, "title"),
            open: text(issue, "state") == "open",
        })
    }
}

impl Issues for GitHub {
    fn form(&self) -> Form {
        Form::Markdown(&GITHUB)
    }

    fn labelled(&self) -> Result<Vec<Issue>, ForgeError> {
        let mut url = self.at(&["issues"]);
        url.query_pairs_mut()
            .append_pair("labels", LABEL)
            .append_pair("state", "all")
            .append_pair("sort", "created")
            .append_pair("direction", "asc")
            .append_pair("per_page", "100");
        let items = |page: Json| if let Json::Array(items) = page { Some(items) } else { None };
        let all = self.client.pages(url, items, |reply, _| next_link(reply))?;
        // Pull requests are issues as well.
        all.iter().filter(|i| i.get("pull_request").is_none()).map(|i| self.issue(i)).collect()
    }

    fn open(&self, draft: &Draft) -> Result<Issue, ForgeError> {
        let body = json!({ "title": draft.title, "body": draft.marked(&GITHUB), "labels": [LABEL] });
        let created = self.client.json(&Ask::new(Method::POST, self.at(&["issues"])).json(body))?;
        // Who may not set labels has them dropped without a word, and would open one each night.
        let labels = created.get("labels").and_then(Json::as_array);
        let labelled = labels.is_some_and(|l| l.iter().any(|l| l.get("name").is_some_and(|n| n == LABEL)));
        if !labelled {
            let reason =
                format!("the issue was opened without the label {LABEL}, which takes `issues: write`");
            return Err(self.client.protocol(&reason));
        }
        self.issue(&created)
    }

    fn write(&self, issue: &Issue, draft: &Draft, open: bool, note: Option<&str>) -> Result<(), ForgeError> {
        let mut body = json!({ "title": draft.title, "body": draft.marked(&GITHUB) });
        if open != issue.open {
            body["state"] = json!(if open { "open" } else { "closed" });
            body["state_reason"] = json!(if open { "reopened" } else { "completed" });
        }
        let at = self.at(&["issues", &issue.text.id]);
        self.client.send(&Ask::new(Method::PATCH, at).json(body))?;
        if let Some(note) = note {
            let at = self.at(&["issues", &issue.text.id, "comments"]);
            self.client.send(&Ask::new(Method::POST, at).json(json!({ "body": note })))?;
        }
        Ok(())
    }
}
