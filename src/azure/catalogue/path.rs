//! Paths into ARM documents.
//!
//! `a.b` members, without case · `a|b` the first that is present · `*` the one member that is there ·
//! `["a.b"]` a member with a dot · `[]` every element · `[0]` one · `[k=v]`, `[k=@attr]` those whose
//! member k is v · `{}` every value of an object, `{keys}` its keys, `{key}` the key of the value at
//! hand · `{k:v}` a list of objects read as a map · `id#segment`, `id#self`, `id#parent`, `id#scope`
//! parts of the id · `child:T`, `child:T/N` child documents, `ref:P` the document whose id is at P;
//! `#path` goes on inside of these.

/// A path of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmPath {
    /// As written.
    pub text: &'static str,
    /// Where it begins.
    pub root: Root,
    /// The steps from there. A `child:T` without name begins with [`Step::Each`].
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// The document.
    Document,
    /// A part of its id; no steps follow.
    Id(IdPart),
    /// Child documents of a type, or the one with this name.
    Child {
        /// Last segment of the type, such as `replications`.
        ty: &'static str,
        /// Name of the one child.
        name: Option<&'static str>,
    },
    /// The document whose id is at this path.
    Ref(Vec<Step>),
}

/// A part of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdPart {
    /// All of it.
    Itself,
    /// Without the last two segments.
    Parent,
    /// What stands before an extension provider.
    Scope,
    /// The name behind a segment.
    Segment(&'static str),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member, or the first of several that is present.
    Member(Vec<&'static str>),
    /// The only member that is there.
    Only,
    /// Every element.
    Each,
    /// One element.
    At(usize),
    /// Elements whose member has a value.
    Where(&'static str, Want),
    /// Every value of an object.
    Values,
    /// The keys of an object.
    Keys,
    /// The key of the value at hand.
    Key,
    /// A list of objects read as a map: the members that hold key and value.
    Pairs(&'static str, &'static str),
}

/// What [`Step::Where`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A word.
    Literal(&'static str),
    /// The declared value of an attribute.
    Attr(&'static str),
}

impl ArmPath {
    /// Reads a path.
    pub fn parse(text: &'static str) -> Result<ArmPath, String> {
        if let Some(part) = text.strip_prefix("id#") {
            let part = match part {
                "self" => IdPart::Itself,
                "parent" => IdPart::Parent,
                "scope" => IdPart::Scope,
                segment => IdPart::Segment(segment),
            };
            return Ok(ArmPath { text, root: Root::Id(part), steps: Vec::new() });
        }
        if let Some(rest) = text.strip_prefix("child:") {
            let (head, inside) = rest.split_once('#').unwrap_or((rest, ""));
            let (ty, name) = head.split_once('/').map_or((head, None), |(t, n)| (t, Some(n)));
            let mut path = if name.is_none() { vec![Step::Each] } else { Vec::new() };
            path.extend(steps(inside)?);
            return Ok(ArmPath { text, root: Root::Child { ty, name }, steps: path });
        }
        if let Some(rest) = text.strip_prefix("ref:") {
            let (head, inside) = rest.split_once('#').unwrap_or((rest, ""));
            return Ok(ArmPath { text, root: Root::Ref(steps(head)?), steps: steps(inside)? });
        }
        Ok(ArmPath { text, root: Root::Document, steps: steps(text)? })
    }

    /// The steps that follow a prefix of the same shape: `[]`, `[0]`, `[k=v]` and `{}` are alike.
    pub fn below<'a>(&'a self, root: &Root, prefix: &[Step]) -> Option<&'a [Step]> {
        if self.root == *root { after(&self.steps, prefix) } else { None }
    }

    /// The path of the elements of a block at this path: it ends with a step over elements.
    pub fn elements(&self) -> Vec<Step> {
        let mut steps = self.steps.clone();
        if !steps.last().is_some_and(Step::is_element) {
            steps.push(Step::Each);
        }
        steps
    }
}

impl Step {
    /// True for a step from a collection to its elements.
    pub fn is_element(&self) -> bool {
        matches!(self, Step::Each | Step::At(_) | Step::Where(..) | Step::Values)
    }

    fn alike(&self, other: &Step) -> bool {
        self == other || self.is_element() && other.is_element()
    }
}

/// The steps that follow a prefix of the same shape; see [`ArmPath::below`].
pub(in crate::azure) fn after<'a>(steps: &'a [Step], prefix: &[Step]) -> Option<&'a [Step]> {
    let head = steps.get(..prefix.len())?;
    head.iter().zip(prefix).all(|(a, b)| a.alike(b)).then(|| &steps[prefix.len()..])
}

fn steps(text: &'static str) -> Result<Vec<Step>, String> {
    let bad = || format!("not an ARM path: {text}");
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (inner, after) = match first {
            '.' => {
                rest = &rest[1..];
                continue;
            }
            '[' => rest[1..].split_once(']').ok_or_else(bad)?,
            '{' => rest[1..].split_once('}').ok_or_else(bad)?,
            _ => {
                let end = rest.find(['.', '[', '{']).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                out.push(if name == "*" { Step::Only } else { Step::Member(name.split('|').collect()) });
                rest = after;
                continue;
            }
        };
        let step = match (first, inner) {
            ('[', "") => Step::Each,
            ('[', quoted) if quoted.starts_with('"') => Step::Member(vec![quoted.trim_matches('"')]),
            ('[', index) if index.bytes().all(|b| b.is_ascii_digit()) => {
                Step::At(index.parse().map_err(|_| bad())?)
            }
            ('[', pair) => {
                let (member, want) = pair.split_once('=').ok_or_else(bad)?;
                let want = want.strip_prefix('@').map_or(Want::Literal(want), Want::Attr);
                Step::Where(member, want)
            }
            (_, "") => Step::Values,
            (_, "keys") => Step::Keys,
            // The key of each value: a member of an element of the object.
            (_, "key") => {
                out.push(Step::Values);
                Step::Key
            }
            (_, pair) => {
                let (key, value) = pair.split_once(':').ok_or_else(bad)?;
                Step::Pairs(key, value)
            }
        };
        out.push(step);
        rest = after;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_step_by_step() {
        let steps = |text| ArmPath::parse(text).unwrap().steps;
        assert_eq!(
            steps("properties.logs[enabled=true]"),
            [
                Step::Member(vec!["properties"]),
                Step::Member(vec!["logs"]),
                Step::Where("enabled", Want::Literal("true"))
            ]
        );
        assert_eq!(
            steps("a|b[].c[\"d.e\"].*.f{k:v}"),
            [
                Step::Member(vec!["a", "b"]),
                Step::Each,
                Step::Member(vec!["c"]),
                Step::Member(vec!["d.e"]),
                Step::Only,
                Step::Member(vec!["f"]),
                Step::Pairs("k", "v")
            ]
        );
        assert_eq!(steps("x{}"), [Step::Member(vec!["x"]), Step::Values]);
        assert_eq!(steps("x[0]{keys}"), [Step::Member(vec!["x"]), Step::At(0), Step::Keys]);
    }

    #[test]
    fn roots_are_told_apart() {
        let root = |text| ArmPath::parse(text).unwrap().root;
        assert_eq!(root("id#virtualNetworks"), Root::Id(IdPart::Segment("virtualNetworks")));
        assert_eq!(root("child:SOA/@#properties.ttl"), Root::Child { ty: "SOA", name: Some("@") });
        assert_eq!(
            ArmPath::parse("child:replications#location").unwrap().steps,
            [Step::Each, Step::Member(vec!["location"])]
        );
        assert_eq!(
            root("ref:properties.nics[0].id#properties.ip"),
            Root::Ref(vec![
                Step::Member(vec!["properties"]),
                Step::Member(vec!["nics"]),
                Step::At(0),
                Step::Member(vec!["id"])
            ])
        );
    }

    #[test]
    fn a_member_is_found_below_its_block() {
        let block = ArmPath::parse("properties.pools[name=@pool.name]").unwrap();
        let member = ArmPath::parse("properties.pools[].count").unwrap();
        let rest = member.below(&block.root, &block.elements()).unwrap();
        assert_eq!(rest, [Step::Member(vec!["count"])]);
        assert!(ArmPath::parse("a[b").is_err());
    }
}
