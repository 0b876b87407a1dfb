//! The little of URLs that fetching needs.

/// An absolute URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// `https`
    pub(super) scheme: String,
    /// Host and port, in lower case.
    pub(super) authority: String,
    /// From the first `/` on, with the query and without a fragment.
    pub(super) path: String,
}

impl Url {
    /// Reads `scheme://authority/path`. User names and passwords are refused: they would be sent and shown.
    pub(super) fn parse(text: &str) -> Option<Url> {
        let (scheme, rest) = text.split_once("://")?;
        let rest = rest.split('#').next()?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        (Url::is_authority(authority) && plain).then(|| Url {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
            path,
        })
    }

    /// `host` or `host:port`, also `[::1]:port`.
    pub(super) fn is_authority(text: &str) -> bool {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
        !text.is_empty() && !text.starts_with(['-', ':']) && text.bytes().all(fits)
    }

    /// The host without the port.
    pub(super) fn host(&self) -> &str {
        if self.authority.starts_with('[') {
            return self.authority.split_inclusive(']').next().unwrap_or_default();
        }
        self.authority.split(':').next().unwrap_or_default()
    }

    /// True when the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.host().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// True when both are the same scheme, host and port.
    pub(super) fn same_origin(&self, other: &Url) -> bool {
        self.scheme == other.scheme && self.authority == other.authority
    }

    /// What a reference in a document at this URL means.
    pub(super) fn join(&self, reference: &str) -> Option<Url> {
        let reference = reference.trim();
        if reference.contains("://") && !reference.starts_with(['/', '.', '?']) {
            return Url::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Url::parse(&format!("{}://{rest}", self.scheme));
        }
        let (path, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
        let here = self.path.split('?').next().unwrap_or_default();
        let mut parts: Vec<&str> = match path.starts_with('/') {
            true => Vec::new(),
            false => here.split('/').skip(1).collect(),
        };
        if !path.starts_with('/') && !path.is_empty() {
            parts.pop();
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        for part in path.trim_start_matches('/').split('/').filter(|_| !path.is_empty()) {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        if matches!(last, "." | "..") {
            parts.push("");
        }
        Url::parse(&format!("{}://{}/{}{query}", self.scheme, self.authority, parts.join("/")))
    }

    /// For people: without the query, which may hold a token.
    pub(super) fn shown(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{}://{}{path}", self.scheme, self.authority)
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// The value of an argument in the query of an address, decoded.
pub(super) fn query_value(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| decode(value)).next()
}

/// The address without an argument of its query.
pub(super) fn without_query_value(address: &str, name: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|p| p.split('=').next() != Some(name)).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = (ahead.next(), ahead.next());
        let hex = |b: Option<u8>| b.and_then(|b| (b as char).to_digit(16));
        match (byte, hex(digits.0), hex(digits.1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_in_documents() {
        let base = Url::parse("https://Reg.example.org/v1/modules/a/b/c/1.0.0/download?x=1").unwrap();
        for (reference, want) in [
            ("/files/m.tgz?a=b", "https://reg.example.org/files/m.tgz?a=b"),
            ("./m.tgz", "https://reg.example.org/v1/modules/a/b/c/1.0.0/m.tgz"),
            ("../m.tgz", "https://reg.example.org/v1/modules/a/b/c/m.tgz"),
            ("m.tgz", "https://reg.example.org/v1/modules/a/b/c/1.0.0/m.tgz"),
            ("../../../../../../../../m", "https://reg.example.org/m"),
            ("//other.org/m", "https://other.org/m"),
            ("http://other.org", "http://other.org/"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), want, "{reference}");
        }
    }

    #[test]
    fn parts_and_loopback() {
        for (url, loopback) in [
            ("http://127.0.0.1:80/", true),
            ("http://[::1]:8/x", true),
            ("http://localhost/", true),
            ("http://localhost.example.org/", false),
            ("http://127.0.0.1.example.org/", false),
            ("https://example.org", false),
        ] {
            assert_eq!(Url::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
        for url in ["https://user:pass@h/", "https://h/a b", "https:///x", "h/x", "https://h/\r\nX: y"] {
            assert_eq!(Url::parse(url), None, "{url}");
        }
        assert_eq!(query_value("x?ref=a%2Fb&y=%zz", "ref").as_deref(), Some("a/b"));
        assert_eq!(query_value("x?ref=a&y=%zz", "y").as_deref(), Some("%zz"));
    }
}
