//! What all parts of the analysis share, and how a finding is made.

use super::consumers::Consumer;
use super::pools::Cluster;
use super::report::{At, FindingReport, NetworkReport};
use super::topology::Topology;
use crate::analysis::finding::{Facet, Finding, Severity};
use crate::analysis::network::code::Code;
use crate::analysis::network::prefix::Prefix;
use crate::terraform::source::{SourceMap, Span};

/// What the parts of the analysis look at.
pub(super) struct Context<'a, 'e> {
    pub(super) topology: &'a Topology<'e>,
    pub(super) clusters: &'a [Cluster<'e>],
    pub(super) consumers: &'a [Consumer],
    /// Consumers of each subnet.
    tenants: Vec<Vec<&'a Consumer>>,
    /// The networks of each cluster's subnets, in order and once each.
    networks: Vec<Vec<usize>>,
    pub(super) sources: Option<&'a SourceMap>,
    /// Ranges outside of Azure that the user declares.
    pub(super) on_premises: &'a [Prefix],
}

impl<'a, 'e> Context<'a, 'e> {
    pub(super) fn new(
        topology: &'a Topology<'e>,
        clusters: &'a [Cluster<'e>],
        consumers: &'a [Consumer],
        options: &super::Options<'a>,
    ) -> Context<'a, 'e> {
        let mut tenants = vec![Vec::new(); topology.subnets.len()];
        let mut networks = vec![Vec::new(); clusters.len()];
        for consumer in consumers {
            if let Some(list) = tenants.get_mut(consumer.subnet) {
                list.push(consumer);
            }
            let network = topology.subnets.get(consumer.subnet).and_then(|s| s.vnet);
            if let Some((vnet, list)) = network.zip(consumer.cluster.and_then(|c| networks.get_mut(c))) {
                list.push(vnet);
            }
        }
        for list in &mut networks {
            list.sort_unstable();
            list.dedup();
        }
        let (sources, on_premises) = (options.sources, options.on_premises);
        Context { topology, clusters, consumers, tenants, networks, sources, on_premises }
    }

    /// Where something is, for reports.
    pub(super) fn at(&self, address: String, span: Option<Span>) -> At {
        let place = span.zip(self.sources).map(|(span, sources)| sources.place(span));
        At {
            address,
            file: place.as_ref().map(|p| p.file.to_string()),
            line: place.as_ref().map(|p| p.line),
            place,
        }
    }

    /// The consumers of a subnet.
    pub(super) fn of_subnet(&self, subnet: usize) -> &[&'a Consumer] {
        self.tenants.get(subnet).map_or(&[], Vec::as_slice)
    }

    /// The networks that a cluster's subnets are in.
    pub(super) fn networks_of(&self, cluster: usize) -> &[usize] {
        self.networks.get(cluster).map_or(&[], Vec::as_slice)
    }
}

/// A finding in the making.
pub(super) struct Draft {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) address: String,
    pub(super) title: String,
    pub(super) consequence: String,
    pub(super) formula: String,
    pub(super) remedies: Vec<String>,
    pub(super) span: Option<Span>,
    pub(super) because: Vec<(Span, String)>,
    pub(super) note: String,
    pub(super) azure_error: Option<&'static str>,
}

impl Draft {
    /// A finding with the severity and the error of its code.
    pub(super) fn new(code: Code, address: impl Into<String>, title: impl Into<String>) -> Draft {
        Draft {
            code,
            severity: code.severity(),
            address: address.into(),
            title: title.into(),
            consequence: String::new(),
            formula: String::new(),
            remedies: Vec::new(),
            span: None,
            because: Vec::new(),
            note: String::new(),
            azure_error: code.azure_error(),
        }
    }

    pub(super) fn at(mut self, span: Option<Span>) -> Draft {
        self.span = self.span.or(span);
        self
    }

    pub(super) fn consequence(mut self, text: impl Into<String>) -> Draft {
        self.consequence = text.into();
        self
    }

    pub(super) fn formula(mut self, text: impl Into<String>) -> Draft {
        self.formula = text.into();
        self
    }

    pub(super) fn remedy(mut self, text: impl Into<String>) -> Draft {
        self.remedies.push(text.into());
        self
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Draft {
        self.note = text.into();
        self
    }

    pub(super) fn because(mut self, span: Option<Span>, text: impl Into<String>) -> Draft {
        if let Some(span) =
            span.filter(|s| self.span != Some(*s) && !self.because.iter().any(|(b, _)| b == s))
        {
            self.because.push((span, text.into()));
        }
        self
    }

    /// Puts it into the report.
    pub(super) fn add(self, context: &Context<'_, '_>, report: &mut NetworkReport) {
        let Draft {
            code, severity, address, title, consequence, formula, remedies, span, because, note, ..
        } = self;
        report.findings.push(FindingReport {
            code,
            id: code.id(),
            name: code.kebab(),
            severity,
            at: context.at(address.clone(), span),
            title: title.clone(),
            consequence: consequence.clone(),
            formula: formula.clone(),
            remedies: remedies.clone(),
            azure_error: self.azure_error,
            note: note.clone(),
        });
        report.found.push(Finding {
            code: code.id().into(),
            name: code.kebab().into(),
            severity,
            facet: Facet::Network,
            address: address.into(),
            title,
            consequence: consequence.into(),
            formula,
            remedies: remedies.into_iter().map(Into::into).collect(),
            span,
            because,
            note,
        });
    }
}
