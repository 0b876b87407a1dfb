//! `trueup size`

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use serde_json::Value as Json;

use super::args::{OutputArgs, RootArgs};
use super::exit::Exit;
use super::forms::{Form, Format};
use super::load::Loaded;
use super::{CommandError, print};
use crate::analysis::network::design::{
    self, Brief, Design, Ground, Growth, Mode, NodeRange, Other, PoolBrief, Taken,
};
use crate::analysis::network::estate;
use crate::analysis::network::map;
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::sizing::plan::PrivateCluster;
use crate::analysis::network::sizing::{self, SizingError};
use crate::analysis::network::surge::{Amount, Upgrade};
use crate::live::read_snapshot;
use crate::output::html::HtmlError;
use crate::output::{design as shown, escape, hcl, html, json, map as picture, text};
use crate::review::Subject;
use crate::review::redact::Redactor;

/// Arguments of `trueup size`.
///
/// A sizing file is answered in its own terms. With --nodes all network models are reckoned side by
/// side, and the subnets of one are placed. With --from a sizing file is made from a root module.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SizeArgs {
    /// A sizing file in TOML, YAML or JSON; `-` for JSON on standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["nodes", "pools", "from"], conflicts_with_all = ["nodes", "pools", "from"])]
    pub(super) file: Option<Utf8PathBuf>,

    /// Make a sizing file from a root module
    #[arg(long, value_name = "DIR", conflicts_with_all = ["nodes", "pools"])]
    pub(super) from: Option<Utf8PathBuf>,

    /// Set a variable of the root module of --from or --around, as `terraform plan -var` does [repeatable]
    #[arg(long = "var", value_name = "NAME=VALUE", help_heading = "Variables")]
    pub(super) vars: Vec<String>,

    /// Read variables of the root module of --from or --around from a file [repeatable]
    #[arg(long = "var-file", value_name = "FILE", help_heading = "Variables")]
    pub(super) var_files: Vec<Utf8PathBuf>,

    #[command(flatten)]
    pub(super) workload: WorkloadArgs,

    #[command(flatten)]
    pub(super) ground: GroundArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<SizeForm>,
}

const AFTER_HELP: &str = "\
Try:
  trueup size --nodes 3..50 --max-pods 110 --surge 33%
  trueup size --nodes 3..50 --model node-subnet --space 10.0.0.0/16 --taken 10.0.0.0/24 --format azurerm
  trueup size --nodes 3 --pool name=user,nodes=3..50,max-pods=110 --pool name=batch,nodes=0..20,spot
  trueup size --from environments/production > sizing.json
  trueup size sizing.json --space 10.64.0.0/16 --growth 1.5 --output svg=map.svg";

/// A workload in short.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workload", group = clap::ArgGroup::new("sized").args(["nodes", "pools"]).multiple(true))]
pub(super) struct WorkloadArgs {
    /// Nodes of the cluster, such as 5 or 3..50; with --pool those of its system pool
    #[arg(long, value_name = "MIN..MAX", allow_hyphen_values = true)]
    pub(super) nodes: Option<NodeRange>,

    /// Most pods of a node [default: that of each network model]
    #[arg(long, value_name = "PODS", requires = "nodes", allow_negative_numbers = true)]
    pub(super) max_pods: Option<u32>,

    /// Nodes added during an upgrade, such as 2 or 33% [default: 10%]
    #[arg(long, value_name = "AMOUNT", requires = "nodes", allow_hyphen_values = true)]
    pub(super) surge: Option<Amount>,

    /// A node pool, such as name=user,nodes=3..50,max-pods=110,surge=33% or name=batch,nodes=0..20,spot;
    /// the first pool is the system pool [repeatable]
    #[arg(long = "pool", value_name = "POOL")]
    pub(super) pools: Vec<PoolBrief>,

    /// The network model to place: overlay, pod-subnet, static-block, node-subnet, kubenet, byo
    /// [default: the recommended one]
    #[arg(long, value_name = "MODEL", requires = "sized")]
    pub(super) model: Option<Mode>,

    /// The API server is reached privately
    #[arg(long, value_enum, value_name = "HOW", requires = "sized")]
    pub(super) private_cluster: Option<Private>,

    /// Frontends of internal load balancers
    #[arg(long, value_name = "N", requires = "sized", default_value_t = 0, hide_default_value = true)]
    pub(super) load_balancers: u32,

    /// Private endpoints, one address each
    #[arg(long, value_name = "N", requires = "sized", default_value_t = 0, hide_default_value = true)]
    pub(super) private_endpoints: u32,

    /// A further subnet: NAME=ADDRESSES or NAME=/LENGTH, or a name that Azure knows, such as
    /// AzureBastionSubnet [repeatable]
    #[arg(long = "subnet", value_name = "SUBNET", requires = "sized")]
    pub(super) subnets: Vec<Other>,
}

/// How a private API server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Private {
    /// A private endpoint
    Endpoint,
    /// API server VNet integration
    Vnet,
}

/// Where subnets are placed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Address space")]
pub(super) struct GroundArgs {
    /// Place the subnets in these prefixes; with an IPv6 prefix as well the network is dual stack [default: the smallest network that holds them]
    #[arg(long = "space", value_name = "PREFIX", value_delimiter = ',')]
    pub(super) spaces: Vec<Prefix>,

    /// Ranges that are not to be used, such as those on premises: PREFIX or PREFIX=WHOSE [repeatable]
    #[arg(long = "taken", value_name = "PREFIX", value_delimiter = ',', value_parser = taken)]
    pub(super) taken: Vec<Taken>,

    /// Keep away from the networks, peers and clusters of a root module
    #[arg(long, value_name = "DIR")]
    pub(super) around: Option<Utf8PathBuf>,

    /// Keep away from what is live: a snapshot file
    #[arg(long, value_name = "FILE")]
    pub(super) live: Option<Utf8PathBuf>,

    /// How much larger everything may get, such as 1.5
    #[arg(long, value_name = "FACTOR", default_value_t = Growth::default(), allow_negative_numbers = true)]
    pub(super) growth: Growth,

    /// Bits of room to keep free behind each subnet, where there is some: 1 doubles it
    #[arg(long, value_name = "BITS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub(super) room: u8,
}

fn taken(text: &str) -> Result<Taken, String> {
    let (prefix, by) = text.split_once('=').unwrap_or((text, "taken"));
    let prefix: Prefix = prefix.parse().map_err(|e| format!("{e}"))?;
    Ok(Taken { prefix, by: by.to_owned() })
}

/// Forms of output of this command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SizeForm {
    /// For a terminal: tables
    #[default]
    Text,
    /// A design record
    Markdown,
    /// For machines
    Json,
    /// For a browser: one page that needs nothing else
    Html,
    /// A sizing file
    Sizing,
    /// The prefixes as cidrsubnets() or cidrsubnet() expressions
    Cidrsubnets,
    /// Resources of azurerm
    Azurerm,
    /// The virtual network module of Azure Verified Modules
    Avm,
    /// A picture of the address space
    Svg,
}

impl Form for SizeForm {
    fn common(self) -> Option<Format> {
        match self {
            SizeForm::Text => Some(Format::Text),
            SizeForm::Markdown => Some(Format::Markdown),
            SizeForm::Json => Some(Format::Json),
            SizeForm::Html => Some(Format::Html),
            _ => None,
        }
    }
}

pub(super) fn run(args: &SizeArgs) -> Result<Exit, CommandError> {
    let mut redactor = Redactor::default().show_subscriptions(args.output.show_subscriptions);
    let ground = ground(args, &mut redactor)?;
    let answer = answer(args, &ground, &mut redactor)?;
    for warning in &answer.warnings {
        print::warn(warning);
    }
    let render = |form: SizeForm| -> Result<String, CommandError> {
        match answer.page(form, &redactor) {
            Some(page) => Ok(page?),
            None => Ok(redactor.text(&answer.render(form).map_err(|e| failed(args, &e))?)),
        }
    };
    for (form, path) in &args.output.files {
        print::file(path, &render(*form)?)?;
    }
    print::out(&render(args.output.format)?)?;
    Ok(Exit::Done)
}

fn failed(args: &SizeArgs, e: &dyn std::fmt::Display) -> CommandError {
    let source = args.file.as_ref().or(args.from.as_ref());
    CommandError::Other(source.map_or_else(|| e.to_string(), |source| format!("{source}: {e}")))
}

/// What the command line asks: an answer in the terms of the file, a document, or a design.
struct Answer {
    kind: Kind,
    warnings: Vec<String>,
}

enum Kind {
    /// The answer to a sizing file, and the file.
    Figures(Box<sizing::Outcome>, Json),
    /// A sizing document.
    Document(Json),
    /// Subnets in their places.
    Design(Box<Design>),
}

impl Answer {
    /// The page, when that is the form.
    fn page(&self, form: SizeForm, redactor: &Redactor) -> Option<Result<String, HtmlError>> {
        if form != SizeForm::Html {
            return None;
        }
        let arranged = |document: &Json| design::arrange(document, &Ground::default()).ok();
        let sections = match &self.kind {
            Kind::Figures(outcome, document) => html::sizing(outcome, arranged(document).as_ref()),
            Kind::Document(document) => vec![html::document(document, arranged(document).as_ref())],
            Kind::Design(design) => vec![html::design(design)],
        };
        Some(html::answer("Network sizing", &sections, redactor))
    }

    fn render(&self, form: SizeForm) -> Result<String, SizingError> {
        let arranged;
        let design = match (&self.kind, form) {
            (Kind::Figures(outcome, _), SizeForm::Json) => {
                return Ok(json::print(&serde_json::to_value(outcome).unwrap_or_default()));
            }
            (Kind::Figures(outcome, _), SizeForm::Markdown) => {
                return Ok(escape::fenced("", &text::sizing(outcome)));
            }
            (Kind::Figures(outcome, _), SizeForm::Text) => return Ok(text::sizing(outcome)),
            (Kind::Document(document), SizeForm::Json | SizeForm::Text | SizeForm::Sizing) => {
                return Ok(json::print(document));
            }
            (Kind::Document(document), SizeForm::Markdown) => {
                return Ok(escape::fenced("json", &json::print(document)));
            }
            (Kind::Figures(_, document), SizeForm::Sizing) => return Ok(json::print(document)),
            (Kind::Figures(_, document) | Kind::Document(document), _) => {
                arranged = design::arrange(document, &Ground::default())?;
                &arranged
            }
            (Kind::Design(design), _) => design.as_ref(),
        };
        Ok(match form {
            // `page` writes it.
            SizeForm::Html => String::new(),
            SizeForm::Text => shown::text(design),
            SizeForm::Markdown => shown::markdown(design),
            SizeForm::Json => json::print(&serde_json::to_value(design).unwrap_or_default()),
            SizeForm::Sizing => json::print(&design.sizing),
            SizeForm::Cidrsubnets => hcl::expressions(design),
            SizeForm::Azurerm => hcl::azurerm(design),
            SizeForm::Avm => hcl::avm(design),
            SizeForm::Svg => picture::svg(&map::of_design(design)),
        })
    }
}

fn answer(args: &SizeArgs, ground: &Ground, redactor: &mut Redactor) -> Result<Answer, CommandError> {
    let failed = |e: &dyn std::fmt::Display| failed(args, e);
    let pools = pools(&args.workload);
    if !pools.is_empty() {
        let brief = brief(args, pools, ground.clone());
        let design = brief.check().and_then(|()| design::design(&brief)).map_err(|e| failed(&e))?;
        let warnings = design.warnings.clone();
        return Ok(Answer { kind: Kind::Design(Box::new(design)), warnings });
    }
    let (document, mut warnings) = match (&args.from, &args.file) {
        (Some(dir), _) => {
            let subject = root(args, dir, redactor)?;
            let (document, gaps) = estate::document(&subject.estate, &subject.evaluation.instances);
            (document, gaps)
        }
        (None, Some(file)) => (read(file).map_err(|e| failed(&e))?, Vec::new()),
        (None, None) => {
            return Err(CommandError::Other("nothing to size: give a file, --nodes or --from".into()));
        }
    };
    let asked = &args.ground;
    let place = !asked.spaces.is_empty();
    if !place && (asked.growth != Growth::default() || asked.room > 0) {
        let message = "--growth and --room size subnets anew: say where with --space";
        return Err(CommandError::Other(message.to_owned()));
    }
    let kind = if place {
        let design = design::arrange(&document, ground).map_err(|e| failed(&e))?;
        warnings.extend(design.warnings.clone());
        Kind::Design(Box::new(design))
    } else if args.from.is_some() {
        Kind::Document(document)
    } else {
        let answer = sizing::size(&document).map_err(|e| failed(&e))?;
        warnings.extend(answer.warnings);
        Kind::Figures(Box::new(answer.outcome), document)
    };
    Ok(Answer { kind, warnings })
}

/// A sizing file.
fn read(file: &Utf8Path) -> Result<Json, Box<dyn std::error::Error>> {
    let text = if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file)?
    };
    Ok(sizing::parse(&text, sizing::Format::of_name(file.as_str()))?)
}

/// A root module, with the variables that are given.
fn root(args: &SizeArgs, dir: &Utf8Path, redactor: &mut Redactor) -> Result<Subject, CommandError> {
    let args = RootArgs { vars: args.vars.clone(), var_files: args.var_files.clone(), ..RootArgs::of(dir) };
    let subject = Loaded::new(&args)?.subject()?;
    let errors = subject.evaluation.diagnostics.iter().filter(|d| d.is_error());
    let mut errors = errors.map(|d| d.summary.clone());
    if subject.estate.is_empty()
        && let Some(first) = errors.next()
    {
        return Err(CommandError::Other(format!("{dir}: {first}")));
    }
    redactor.learn(&subject.evaluation);
    Ok(subject)
}

fn ground(args: &SizeArgs, redactor: &mut Redactor) -> Result<Ground, CommandError> {
    let asked = &args.ground;
    let mut taken = asked.taken.clone();
    let mut gaps = Vec::new();
    if let Some(dir) = &asked.around {
        let subject = root(args, dir, redactor)?;
        let (found, unread) = estate::taken(&subject.estate, &asked.spaces);
        taken.extend(found);
        gaps.extend(unread);
    }
    if let Some(file) = &asked.live {
        let live = read_snapshot(file).map_err(super::LoadError::from)?;
        let (found, unread) = estate::taken(&live, &asked.spaces);
        taken.extend(found.into_iter().map(|t| Taken { by: format!("live {}", t.by), ..t }));
        gaps.extend(unread);
        gaps.extend(live.gaps.iter().cloned());
    }
    for gap in gaps {
        print::warn(&gap);
    }
    let (spaces, spaces_v6) = asked.spaces.iter().partition(|space| space.is_v4());
    Ok(Ground { spaces, spaces_v6, taken, growth: asked.growth, room: asked.room })
}

/// The pools of a workload: the one of `--nodes`, then those of `--pool`.
fn pools(w: &WorkloadArgs) -> Vec<PoolBrief> {
    let first = w.nodes.map(|nodes| PoolBrief {
        name: if w.pools.is_empty() { "pool" } else { "system" }.to_owned(),
        nodes,
        max_pods: w.max_pods,
        upgrade: Upgrade { max_surge: w.surge, ..Upgrade::default() },
        spot: false,
    });
    first.into_iter().chain(w.pools.iter().cloned()).collect()
}

fn brief(args: &SizeArgs, pools: Vec<PoolBrief>, ground: Ground) -> Brief {
    let w = &args.workload;
    Brief {
        pools,
        mode: w.model,
        private: w.private_cluster.map(|p| match p {
            Private::Endpoint => PrivateCluster::PrivateEndpoint,
            Private::Vnet => PrivateCluster::VnetIntegration,
        }),
        load_balancers: w.load_balancers,
        private_endpoints: w.private_endpoints,
        others: w.subnets.clone(),
        ground,
    }
}
