//! The types of the catalogue. Field by field they mean what the decision procedure of comparison
//! asks: where is the live value, when does it count, and what does a difference do.

use super::condition::{Clause, Condition};
use super::path::ArmPath;
use crate::terraform::value::Value;

/// Enums whose variants are words of the catalogue's files.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The variant with this word.
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }

            /// The word of the files.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// How a configured value H and an ARM value L compare. Two zero values are always equal; a
    /// scalar rule applied to a list applies to each member.
    Compare {
        /// Same, case included.
        Exact = "exact",
        /// Same ignoring case and outer blanks.
        Ci = "ci",
        /// Same truth; L may be the word.
        Bool = "bool",
        /// L is the word `true` or `false`.
        BoolString = "bool_string",
        /// H is the negation of L.
        Not = "not",
        /// H is true exactly when L is `enabled`.
        EnabledString = "enabled_string",
        /// H is true exactly when L is not zero.
        Present = "present",
        /// Same number.
        Number = "number",
        /// Same number; L is text.
        NumString = "num_string",
        /// Same region, blanks and case aside.
        Location = "location",
        /// Same ARM id without case and trailing slash.
        ArmId = "arm_id",
        /// Same multiset of ids.
        ArmIdSet = "arm_id_set",
        /// An id, or a word such as `System`.
        ArmIdOrEnum = "arm_id_or_enum",
        /// H, a name, is the last segment of the id L.
        LastSegment = "last_segment",
        /// The same for a multiset.
        LastSegmentSet = "last_segment_set",
        /// Same last segment (a GUID).
        RoleId = "role_id",
        /// H is the name of the role whose GUID ends L.
        RoleName = "role_name",
        /// Same set of comma-joined words.
        IdentityType = "identity_type",
        /// Same address.
        Ip = "ip",
        /// Same network.
        Cidr = "cidr",
        /// Same multiset of networks (a list in HCL).
        CidrList = "cidr_list",
        /// Same multiset of networks.
        CidrSet = "cidr_set",
        /// A network, or a service tag.
        CidrOrTag = "cidr_or_tag",
        /// The same for a multiset.
        CidrOrTagSet = "cidr_or_tag_set",
        /// A network; a bare address is a /32.
        IpCidr32 = "ip_cidr32",
        /// The same for a multiset.
        IpCidr32Set = "ip_cidr32_set",
        /// Same multiset.
        Set = "set",
        /// Same multiset ignoring case.
        SetCi = "set_ci",
        /// Same members in the same order; blocks pair by position.
        List = "list",
        /// Blocks pair by `name`.
        SetByName = "set_by_name",
        /// Blocks pair by `key`.
        SetByKey = "set_by_key",
        /// The only element of a block.
        Block = "block",
        /// Same keys with the same values as text.
        Map = "map",
        /// As `map`, keys without case.
        Tags = "tags",
        /// Every member of H is in L; others match `ignore_extra`.
        Superset = "superset",
        /// L is a comma-joined list.
        CsvList = "csv_list",
        /// L is a comma-joined set.
        CsvSet = "csv_set",
        /// H is true exactly when L has the critical add-ons taint.
        TaintFlag = "taint_flag",
        /// H is the name of the only member of L.
        UnionTag = "union_tag",
        /// H is the first number of text L.
        RangeMin = "range_min",
        /// H is the last number of text L.
        RangeMax = "range_max",
        /// L is H or begins with H and a dot.
        VersionPrefix = "version_prefix",
        /// Same version text.
        Semver = "semver",
        /// Same duration.
        GoDuration = "go_duration",
        /// Same instant.
        Rfc3339 = "rfc3339",
        /// Same day: the first ten characters.
        Date = "date",
        /// Same time of day.
        Hhmm = "hhmm",
        /// Same offset; empty is `+00:00`.
        UtcOffset = "utc_offset",
        /// Same key vault URL; H without version equals any.
        KvKeyUrl = "kv_key_url",
        /// Same key type and body.
        SshKey = "ssh_key",
        /// Same text; empty, `0` and `0%` are absent.
        Surge = "surge",
        /// Same name without case and trailing dot.
        Fqdn = "fqdn",
        /// Same without case and trailing slash.
        Url = "url",
        /// Same without outer blanks.
        Trim = "trim",
        /// Never compared.
        None = "none",
    }
}

words! {
    /// How the schema takes an attribute.
    Config {
        /// Must be set.
        Required = "required",
        /// May be set.
        Optional = "optional",
        /// May be set; when absent the provider keeps what Azure has.
        OptionalComputed = "optional_computed",
        /// Only Azure sets it.
        Computed = "computed",
    }
}

words! {
    /// What an absent argument means.
    WhenAbsent {
        /// The provider's default.
        Default = "default",
        /// Whatever is there; never a change.
        Unmanaged = "unmanaged",
        /// The zero value.
        Zero = "zero",
    }
}

words! {
    /// The schema type of an attribute.
    AttrType {
        /// `string`
        String = "string",
        /// `bool`
        Bool = "bool",
        /// A whole number.
        Int = "int",
        /// A number.
        Float = "float",
        /// `list`, or a block nested as a list.
        List = "list",
        /// `set`, or a block nested as a set.
        Set = "set",
        /// `map`
        Map = "map",
    }
}

words! {
    /// The element of a list, set or map.
    Elem {
        /// `string`
        String = "string",
        /// A whole number.
        Int = "int",
        /// A nested block.
        Block = "block",
    }
}

/// A resource type of azurerm, in the words of the newest major.
#[derive(Debug)]
pub struct ResourceType {
    /// Terraform type, such as `azurerm_subnet`.
    pub name: &'static str,
    /// ARM type; of an association a description of the place it stands for.
    pub arm_type: &'static str,
    /// The api-version that the provider uses.
    pub api_version: &'static str,
    /// Template of the id, with `{sub}`, `{rg}`, `{name}` and names of parents.
    pub id: &'static str,
    /// Where a LIST has it.
    pub list: Listing,
    /// Where Resource Graph has it.
    pub resource_graph: &'static str,
    /// What a refresh by the provider costs.
    pub refresh: &'static str,
    /// Further reads that the document alone does not answer, as paths below its id: `/replications`.
    pub extra_reads: Vec<&'static str>,
    /// Only some attributes of the schema are here: enough for costs, addresses and rules, but no
    /// word about the rest.
    pub partial: bool,
    /// Set for an association or another resource without a document of its own.
    pub synthetic: Option<Synthetic>,
    /// Attributes of older majors.
    pub aliases: Vec<Alias>,
    /// Attributes (below `default_node_pool` for a cluster) whose change rotates the node pool.
    pub rotates: Vec<&'static str>,
    /// Attributes of which the provider wants exactly one, though its schema has all of them as optional; in the order in
    /// which they are written.
    pub one_of: Vec<Vec<&'static str>>,
    /// Names that exist only in the 4.x schema.
    pub only_in_4: Vec<&'static str>,
    /// Prose for documentation: `(topic, text)`.
    pub remarks: Vec<(&'static str, &'static str)>,
    /// Every attribute of the schema; a block stands before its members.
    pub attributes: Vec<Attribute>,
}

/// Where a LIST has the resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// One for a whole subscription; the path behind `/subscriptions/ID`.
    Subscription(&'static str),
    /// One for a resource group and none for a subscription; the path behind the group's id.
    Group(&'static str),
    /// One for each resource that they belong to; the path behind its id.
    Below(&'static str),
    /// They stand in the body of the resource that they belong to.
    Inside,
}

/// A resource that lives in another one's document.
#[derive(Debug)]
pub struct Synthetic {
    /// The attribute that holds the id of the document.
    pub host: &'static str,
    /// It is there when the value here is not zero...
    pub exists: ArmPath,
    /// ...or, with a list, when an element of it has the values of `member`.
    pub list: Option<ArmPath>,
    /// Attribute and the place of its value in the element.
    pub member: Vec<(&'static str, ArmPath)>,
}

/// An attribute of an older major and what it is today.
#[derive(Debug)]
pub struct Alias {
    /// The older name.
    pub old: &'static str,
    /// Today's name; `None`: gone.
    pub new: Option<&'static str>,
    /// The major that dropped it.
    pub removed_in: u32,
    /// How its value becomes today's.
    pub transform: Transform,
    /// A remark.
    pub note: &'static str,
}

/// How the value of an older attribute becomes today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transform {
    /// As it is.
    Same,
    /// Its negation.
    Negate,
    /// A list of it.
    WrapInList,
    /// One word for another: `(old, new)`.
    Words(Vec<(&'static str, &'static str)>),
    /// A block for each member, with the member in this attribute.
    NamesToBlocks(&'static str),
    /// The blocks whose `enabled` is not false, without that attribute.
    KeepEnabled,
    /// `days` of the block when its `enabled` is true.
    DaysWhenEnabled,
    /// A template with `{attribute}` and `{subscription}`.
    Compose(&'static str),
    /// None.
    Dropped,
}

/// What the provider does not forgive though nothing changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strict {
    /// Any difference of case.
    pub case: bool,
    /// The case of the names in an id.
    pub name_case: bool,
    /// Another order.
    pub order: bool,
}

/// When and how the live value may change by itself.
#[derive(Debug)]
pub struct Expected {
    /// Without one: always.
    pub condition: Option<Condition>,
    /// In which way.
    pub live: LiveRule,
}

/// In which way a live value may change by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveRule {
    /// To a higher version.
    Higher,
    /// To anything.
    Any,
    /// Between the values of two attributes.
    Between(&'static str, &'static str),
}

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Dotted path without indices, such as `delegation.service_delegation.name`.
    pub path: &'static str,
    /// Where its value stands; `None`: not readable.
    pub arm: Option<ArmPath>,
    /// Read when `arm` has nothing.
    pub arm_fallback: Option<ArmPath>,
    /// What an absent ARM value means, in HCL terms; on a block an object of its members.
    pub arm_absent: Option<Value>,
    /// ARM words that mean absent.
    pub arm_null_values: Vec<Value>,
    /// The ARM value counts only when this holds.
    pub arm_valid_when: Option<Condition>,
    /// Live elements of the block for which this holds are not part of it.
    pub drop_when: Option<Condition>,
    /// An element of the block is there only when this holds.
    pub present_when: Option<Condition>,
    /// Schema type.
    pub ty: AttrType,
    /// Element type of a collection.
    pub elem: Option<Elem>,
    /// How the schema takes it.
    pub config: Config,
    /// Where an older major differs.
    pub config_by_major: Vec<(u32, Config)>,
    /// Any change replaces the resource.
    pub force_new: bool,
    /// A change replaces the resource when a clause matches.
    pub force_new_when: Vec<Clause>,
    /// A change replaces the resource unless a clause matches.
    pub force_new_unless: Option<Vec<Clause>>,
    /// Where a change rotates the node pool: not when a clause matches.
    pub rotates_unless: Vec<Clause>,
    /// How two present values compare.
    pub compare: Compare,
    /// Attributes that identify an element of the block.
    pub key: Vec<&'static str>,
    /// Compared only when this holds.
    pub compare_when: Option<Condition>,
    /// Regular expressions, any case: members of a live list that do not count unless configured.
    pub ignore_extra: Vec<String>,
    /// The same for the keys of a live map.
    pub ignore_keys: Vec<String>,
    /// What the provider does not forgive.
    pub strict: Strict,
    /// The provider sorts live elements by this member before it compares order.
    pub sorts_by: Option<&'static str>,
    /// False: written, never read back by the provider.
    pub provider_reads: bool,
    /// How it may change by itself.
    pub expected_when: Option<Expected>,
    /// What an absent argument means; `None` for a required or computed one.
    pub when_absent: Option<WhenAbsent>,
    /// The provider's default.
    pub default: Option<Value>,
    /// Where the default of a major differs; null: none.
    pub default_by_major: Vec<(u32, Value)>,
    /// What Azure puts there when nothing was sent: a list of values (`"*"`: any), on a block an
    /// object of such lists.
    pub service_fills: Option<Value>,
    /// Never in state.
    pub write_only: bool,
    /// False: not in ARM.
    pub readable: bool,
    /// Never print.
    pub sensitive: bool,
    /// The version that first has it; empty: 4 or earlier.
    pub since: &'static str,
    /// A remark.
    pub note: &'static str,
    /// Positions of the members of a block.
    pub(super) members: Vec<usize>,
    /// Position of the block that holds it.
    pub(super) parent: Option<usize>,
}

impl ResourceType {
    /// The attribute at a dotted path.
    pub fn attribute(&self, path: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.path == path)
    }

    /// Attributes at the top.
    pub fn roots(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|a| a.parent.is_none())
    }

    /// The members of a block.
    pub fn members<'a>(&'a self, block: &'a Attribute) -> impl Iterator<Item = &'a Attribute> {
        block.members.iter().map(|at| &self.attributes[*at])
    }

    /// The block that holds an attribute.
    pub fn parent<'a>(&'a self, attribute: &Attribute) -> Option<&'a Attribute> {
        attribute.parent.map(|at| &self.attributes[at])
    }

    /// True for an attribute whose change rotates the node pool instead of updating it, as long as
    /// no clause of `rotates_unless` matches; [`Reader::rotates`](super::Reader::rotates) looks at both.
    pub fn rotates(&self, attribute: &Attribute) -> bool {
        let path = attribute.path.strip_prefix("default_node_pool.").unwrap_or(attribute.path);
        let first = path.split('.').next().unwrap_or(path);
        let applies =
            attribute.path.starts_with("default_node_pool.") == (self.name == "azurerm_kubernetes_cluster");
        applies && self.rotates.iter().any(|r| *r == path || *r == first)
    }

    /// True for a type with a document of its own.
    pub fn has_document(&self) -> bool {
        self.synthetic.is_none()
    }
}

impl Attribute {
    /// The last step of its path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// True for a nested block.
    pub fn is_block(&self) -> bool {
        self.elem == Some(Elem::Block)
    }

    /// How the schema of a major takes it.
    pub fn config_in(&self, major: u32) -> Config {
        self.config_by_major.iter().find(|(m, _)| *m == major).map_or(self.config, |(_, c)| *c)
    }

    /// What an absent argument means to a major.
    pub fn when_absent_in(&self, major: u32) -> Option<WhenAbsent> {
        match self.config_in(major) {
            Config::OptionalComputed => Some(WhenAbsent::Unmanaged),
            _ => self.when_absent,
        }
    }

    /// The provider's default in a major; `None`: there is none. What is older than the oldest known
    /// major is taken as that.
    pub fn default_in(&self, major: u32) -> Option<&Value> {
        let oldest = self.default_by_major.first().filter(|(m, _)| major < *m);
        match self.default_by_major.iter().find(|(m, _)| *m == major).or(oldest) {
            Some((_, value)) => Some(value).filter(|v| !v.is_null()),
            None => self.default.as_ref(),
        }
    }

    /// True when an argument can be written to ARM.
    pub fn is_writable(&self) -> bool {
        self.config != Config::Computed && self.arm.is_some() && self.compare != Compare::None
    }
}
