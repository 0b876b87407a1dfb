//! `trueup prices`, and the flags that say which prices count.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use super::exit::Exit;
use super::load::{self, LoadError, Loaded};
use super::{CommandError, print};
use crate::analysis::cost::prices::{Prices, encode};
use crate::analysis::cost::sheet::PriceSheet;
use crate::analysis::cost::usage::Usage;
use crate::analysis::cost::{CostReport, Options, prices::PriceBook};
use crate::azure::regions;
use crate::fetch::{LivePrices, PUBLIC_PRICES, PriceRequest, read_book};
use crate::output::escape;

/// Which prices count.
#[derive(Debug, Args)]
pub(super) struct PriceArgs {
    /// Where prices come from: `embedded` (no network), `live` (the Azure Retail Prices API), the address of a
    /// mirror of it, or a file of `trueup prices update` [default: embedded]
    #[arg(long, value_name = "SOURCE", env = "TRUEUP_PRICES", help_heading = "Prices")]
    pub(super) prices: Option<String>,

    /// The currency of live prices; the embedded ones are in USD
    #[arg(long, value_name = "CODE", help_heading = "Prices", value_parser = currency)]
    pub(super) currency: Option<String>,

    /// Rates, discounts, reservations and savings plans of your own: TOML, or CSV with rates
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(super) price_sheet: Option<Utf8PathBuf>,

    /// Take the price of the nearest region where a region has none, and say so
    #[arg(long, help_heading = "Prices")]
    pub(super) price_fallback: bool,

    /// Take live prices that are not older than this without asking again
    #[arg(
        long,
        value_name = "HOURS",
        default_value_t = 24,
        help_heading = "Prices",
        value_parser = clap::value_parser!(u64).range(..=87_600)
    )]
    pub(super) prices_max_age: u64,
}

fn currency(text: &str) -> Result<String, String> {
    let fits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if fits { Ok(text.to_ascii_uppercase()) } else { Err(format!("{text:?} is no currency, such as EUR")) }
}

/// The options of an estimate, and the live prices to ask how it went.
pub(super) struct Priced {
    pub(super) options: Options,
    live: Option<Arc<LivePrices>>,
}

/// So many things of a usage file are named that change nothing.
const NAMED: usize = 5;

impl Priced {
    /// Tells of what the usage file says and these reports have no use for.
    pub(super) fn tell_unused(&self, reports: &[&CostReport]) {
        let addresses = reports.iter().flat_map(|r| {
            let priced = r.resources.iter().map(|c| &c.address);
            priced.chain(r.unpriced.iter().map(|u| &u.address)).chain(&r.free).map(String::as_str)
        });
        let usage = &self.options.usage;
        let ignored: Vec<&str> = usage.ignored.iter().map(String::as_str).collect();
        for (what, names) in [
            ("resources that are not here", usage.strangers(addresses)),
            ("figures that nothing here uses", ignored),
        ] {
            if names.is_empty() {
                continue;
            }
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            print::err(&format!("the usage file names {what}: {}{more}\n", escape::terminal(&shown)));
        }
    }

    /// Fails when a price that was needed could not be had.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self.live.as_ref().and_then(|live| live.error()) {
            Some(error) => Err(CommandError::Other(error)),
            None => Ok(()),
        }
    }
}

/// How long prices may take in all.
const TIMEOUT: Duration = Duration::from_secs(300);

fn request(url: &str, currency: &str, max_age: Duration) -> PriceRequest {
    PriceRequest {
        url: url.to_owned(),
        currency: currency.to_owned(),
        cache: load::cache("prices"),
        max_age,
        timeout: TIMEOUT,
        authorities: std::env::var("SSL_CERT_FILE").ok().filter(|path| !path.is_empty()),
        now: time::OffsetDateTime::now_utc(),
    }
}

fn is_address(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}

impl PriceArgs {
    /// The options of an estimate with some usage: flags, then settings.
    pub(super) fn options(&self, usage: Usage, loaded: &Loaded) -> Result<Priced, CommandError> {
        let settings = &loaded.config.cost;
        let currency = match (&self.currency, settings.currency.as_deref()) {
            (Some(code), _) => code.clone(),
            (None, Some(code)) => currency(code).map_err(LoadError::Setting)?,
            (None, None) => "USD".to_owned(),
        };
        let wrong = |path: &Utf8Path, e: String| CommandError::Other(format!("{path}: {e}"));
        let book = |path: &Utf8Path, bytes: Result<Vec<u8>, String>| {
            bytes.and_then(|b| read_book(b, path.as_str(), &currency)).map_err(|e| wrong(path, e))
        };
        let mut live = None;
        let prices: Option<Arc<dyn Prices>> = match (self.prices.as_deref(), &settings.prices) {
            (Some("embedded"), _) | (None, None) => None,
            (Some(source), _) if source == "live" || is_address(source) => {
                let url = if source == "live" { PUBLIC_PRICES } else { source };
                let max_age = Duration::from_secs(self.prices_max_age * 3_600);
                let list = LivePrices::new(request(url, &currency, max_age));
                let list = Arc::new(list.map_err(|e| CommandError::Other(e.to_string()))?);
                live = Some(list.clone());
                Some(list)
            }
            (Some(path), _) => {
                let path = Utf8Path::new(path);
                Some(Arc::new(book(path, std::fs::read(path).map_err(|e| e.to_string()))?))
            }
            (None, Some(path)) => Some(Arc::new(book(path, loaded.cost_file(path))?)),
        };
        let held = prices.as_ref().map_or(PriceBook::embedded().currency(), |p| p.currency());
        if held != currency {
            return Err(CommandError::Other(format!(
                "the prices are in {held}, not in {currency}: `--prices live --currency {currency}` asks Azure for \
                 them, `trueup prices update --currency {currency}` keeps them in a file for `--prices FILE`"
            )));
        }
        let sheet = match (&self.price_sheet, &settings.price_sheet) {
            (Some(path), _) => Some((path, std::fs::read(path).map_err(|e| e.to_string()))),
            (None, Some(path)) => Some((path, loaded.cost_file(path))),
            (None, None) => None,
        };
        let sheet = sheet.map(|(path, bytes)| {
            let text = bytes.and_then(|b| String::from_utf8(b).map_err(|_| "it is not UTF-8".to_owned()));
            let text = text.map_err(|e| wrong(path, e))?;
            let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
            let name = format!("price sheet {}", path.file_name().unwrap_or_default());
            let sheet = PriceSheet::parse(&text, is_csv, &name).map_err(|e| wrong(path, e.to_string()))?;
            match sheet.currency() == currency {
                true => Ok(Arc::new(sheet)),
                false => {
                    Err(wrong(path, format!("it is in {}, the prices are in {currency}", sheet.currency())))
                }
            }
        });
        let fallback = self.price_fallback || settings.price_fallback;
        let options = Options { usage, prices, sheet: sheet.transpose()?, fallback, ..Options::default() };
        Ok(Priced { options, live })
    }
}

/// Arguments of `trueup prices`.
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    pub(super) command: PricesCommand,
}

const EXAMPLES: &str = "\
Try:
  trueup prices update --region westeurope --region northeurope
  trueup prices update --region westeurope --currency EUR --write prices-eur.book
  trueup cost . --prices prices-eur.book --currency EUR";

/// What to do with prices.
#[derive(Debug, Subcommand)]
pub(super) enum PricesCommand {
    /// Download the retail prices of regions into a price book for `--prices FILE`
    ///
    /// Only services that trueup prices are asked for, in the regions given and in the places that hold
    /// for all regions. `trueup cost --prices live` asks for what one estimate needs instead.
    #[command(after_help = EXAMPLES)]
    Update(UpdateArgs),
}

/// Arguments of `trueup prices update`.
#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// A region, such as westeurope [repeatable]
    #[arg(long = "region", value_name = "REGION", required = true, value_parser = region)]
    pub(super) regions: Vec<&'static str>,

    /// The currency; Azure converts other ones from USD
    #[arg(long, value_name = "CODE", default_value = "USD", value_parser = currency)]
    pub(super) currency: String,

    /// The address of a mirror of the Azure Retail Prices API
    #[arg(long, value_name = "URL", default_value = PUBLIC_PRICES)]
    pub(super) from: String,

    /// Where the book is written [default: trueup/prices/CODE.book in the user's cache directory]
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<Utf8PathBuf>,
}

fn region(text: &str) -> Result<&'static str, String> {
    regions::region(text).map(|r| r.id).ok_or_else(|| format!("{text:?} is not a known Azure region"))
}

pub(super) fn run(args: &PricesArgs) -> Result<Exit, CommandError> {
    let PricesCommand::Update(args) = &args.command;
    let failed = |e: &dyn std::fmt::Display| CommandError::Other(e.to_string());
    let path =
        args.write.clone().or_else(|| Some(load::cache("prices")?.join(format!("{}.book", args.currency))));
    let path = path.ok_or_else(|| failed(&"there is no cache directory: name a file with --write"))?;
    let live =
        LivePrices::new(request(&args.from, &args.currency, Duration::ZERO)).map_err(|e| failed(&e))?;
    let terminal = stderr().is_terminal();
    let mut progress = |what: &str| {
        if terminal {
            print::err(&format!("asking for {what}\n"));
        }
    };
    let rows = live.download(&args.regions, &mut progress).map_err(|e| failed(&e))?;
    if rows.is_empty() {
        return Err(failed(&format!("{} has no price of these regions in {}", args.from, args.currency)));
    }
    let (count, bytes) = (rows.len(), encode(rows, &args.currency));
    let in_place = |e: std::io::Error| failed(&format!("{path}: {e}"));
    if let Some(parent) = path.parent().filter(|p| !p.as_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(in_place)?;
    }
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    std::fs::write(&draft, &bytes).map_err(in_place)?;
    std::fs::rename(&draft, &path).map_err(in_place)?;
    let line = format!("{count} prices in {} of {}: {path}", args.currency, live.as_of());
    print::out(&format!("{}\n", escape::terminal(&line)))?;
    Ok(Exit::Done)
}
