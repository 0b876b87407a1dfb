//! How the comment on a pull request is written.

use camino::Utf8PathBuf;
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::load::{LoadError, Loaded};
use super::print;
use crate::output::escape;
use crate::output::markdown::{Comment, DIALECTS, Dialect, GITHUB, Options, Template};

/// The form of the comment.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comment")]
pub(super) struct CommentArgs {
    /// The code host that Markdown is written for: its limit, folds, links
    #[arg(long, value_name = "HOST", env = "TRUEUP_MARKDOWN_FOR", value_parser = hosts())]
    pub(super) markdown_for: Option<String>,

    /// Anybody can read the repository: Markdown shows no value of an attribute
    #[arg(long, env = "TRUEUP_PUBLIC")]
    pub(super) public: bool,

    /// Write Markdown by this template; one in the checkout is read as a revision given as the base has it
    /// [default: `template` under `[review]` of trueup.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<Utf8PathBuf>,

    /// Where the whole report is, for the comment to link: the page of the run or of its artifact
    #[arg(long, value_name = "URL", env = "TRUEUP_DETAILS_URL", value_parser = web_address)]
    pub(super) details_url: Option<String>,
}

/// Names of code hosts.
pub(super) fn hosts() -> PossibleValuesParser {
    PossibleValuesParser::new(DIALECTS.map(|d| d.name))
}

fn web_address(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web { Ok(text.to_owned()) } else { Err("expected an address that begins with https://".to_owned()) }
}

impl CommentArgs {
    /// The host that Markdown is written for; GitHub when nothing says.
    pub(super) fn dialect(&self) -> &'static Dialect {
        self.markdown_for.as_deref().and_then(Dialect::named).unwrap_or(&GITHUB)
    }

    /// The template of the flag, else of the settings.
    pub(super) fn template(&self, loaded: &mut Loaded) -> Result<Option<Template>, LoadError> {
        loaded.template(self.template.as_deref())
    }

    /// What Markdown is made with when nothing is posted.
    pub(super) fn options<'a>(&self, template: Option<&'a Template>) -> Options<'a> {
        Options { details: self.details_url.clone(), public: self.public, template, ..Options::default() }
    }

    /// Says on standard error what the comment could not have.
    pub(super) fn told(&self, comment: &Comment) {
        if let Some(trouble) = &comment.trouble {
            print::err(&format!("warning: {}; the usual form is used\n", escape::terminal(trouble)));
        }
    }
}
