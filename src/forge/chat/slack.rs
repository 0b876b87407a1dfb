//! Slack: blocks of plain text, and the link as the only markup.

use reqwest::Url;
use serde_json::{Value as Json, json};

use super::Message;

/// The body of a message. `text` is what notifications show; it is looked through for markup, so what opens some
/// is written as an entity.
pub(super) fn body(message: &Message) -> Json {
    let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let mut blocks = vec![json!({ "type": "header", "text": plain(&message.title) })];
    if !message.lines.is_empty() {
        blocks
            .push(json!({ "type": "section", "text": plain(&super::clip(&message.lines.join("\n"), 2900)) }));
    }
    // In a parsed address the characters that would end the link are encoded.
    if let Some(url) = message.link.as_deref().and_then(|link| Url::parse(link).ok()) {
        let url = url.as_str().replace('|', "%7C").replace('>', "%3E").replace('<', "%3C");
        blocks.push(
            json!({ "type": "section", "text": { "type": "mrkdwn", "text": format!("<{url}|Read on>") } }),
        );
    }
    let text = message.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": text, "blocks": blocks, "unfurl_links": false })
}
