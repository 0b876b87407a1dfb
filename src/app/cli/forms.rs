//! Forms of output: those that every command has, and those that hand findings to other tools.

use clap::ValueEnum;

use crate::output::told;

/// The forms of output that a command has.
pub(super) trait Form: ValueEnum + Copy + Default + Send + Sync + 'static {
    /// The one of those that every command has; `None` for a form of the command's own, which is
    /// written as it is.
    fn common(self) -> Option<Format>;

    /// The one that hands findings to another tool, when it is one.
    fn handed_on(self) -> Option<told::Form> {
        None
    }
}

/// Forms of output that every command has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal: colours, source excerpts, tables
    #[default]
    Text,
    /// For a comment on a pull request: the verdict first, details folded
    Markdown,
    /// For machines
    Json,
    /// For a browser: one page that needs nothing else
    Html,
}

impl Form for Format {
    fn common(self) -> Option<Format> {
        Some(self)
    }
}

/// Declares the forms of a command that has findings: those of every command, its own, and those that hand
/// findings to other tools.
macro_rules! findings_forms {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])+ $own:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
        pub(super) enum $name {
            /// For a terminal: colours, source excerpts, tables
            #[default]
            Text,
            /// For a comment on a pull request: the verdict first, details folded
            Markdown,
            /// For machines
            Json,
            /// For a browser: one page that needs nothing else
            Html,
            $($(#[$meaning])+ $own,)*
            /// SARIF 2.1.0, for code scanning of GitHub and Azure DevOps
            Sarif,
            /// JUnit XML, for the test pages of CI systems
            Junit,
            /// Code quality of GitLab
            Gitlab,
            /// Annotations of GitHub Actions
            Github,
            /// Annotations of Azure Pipelines
            AzurePipelines,
        }

        impl $crate::app::cli::forms::Form for $name {
            fn common(self) -> Option<$crate::app::cli::forms::Format> {
                use $crate::app::cli::forms::Format;
                match self {
                    Self::Text => Some(Format::Text),
                    Self::Markdown => Some(Format::Markdown),
                    Self::Json => Some(Format::Json),
                    Self::Html => Some(Format::Html),
                    _ => None,
                }
            }

            fn handed_on(self) -> Option<$crate::output::told::Form> {
                use $crate::output::told::Form;
                match self {
                    Self::Sarif => Some(Form::Sarif),
                    Self::Junit => Some(Form::Junit),
                    Self::Gitlab => Some(Form::Gitlab),
                    Self::Github => Some(Form::Github),
                    Self::AzurePipelines => Some(Form::AzurePipelines),
                    _ => None,
                }
            }
        }
    };
}
pub(super) use findings_forms;

findings_forms! {
    /// Forms of output of commands that have findings and no form of their own.
    FindingsForm {}
}
