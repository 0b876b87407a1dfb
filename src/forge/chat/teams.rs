//! Teams: an Adaptive Card, which is what the workflow "When a Teams webhook request is received" takes.
//!
//! Text of a `TextBlock` is read as Markdown; that of runs in a `RichTextBlock` is shown as it is.

use serde_json::{Value as Json, json};

use super::Message;

/// The body of a message.
pub(super) fn body(message: &Message) -> Json {
    let run = |text: &str, weight: &str| json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text, "weight": weight }] });
    let mut blocks = vec![run(&message.title, "bolder")];
    blocks.extend(message.lines.iter().map(|line| run(line, "default")));
    let actions: Vec<Json> = message
        .link
        .iter()
        .map(|link| json!({ "type": "Action.OpenUrl", "title": "Read on", "url": link }))
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": blocks,
                "actions": actions,
                "msteams": { "width": "Full" },
            },
        }],
    })
}
