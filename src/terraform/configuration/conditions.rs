//! Conditions with messages: validation rules, pre- and postconditions, checks.

use super::declaration::Condition;
use super::run::Run;
use super::scope::Frame;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::CheckStatus;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Reason, Type};

impl CheckStatus {
    /// The worse of two.
    pub(super) fn and(self, other: CheckStatus) -> CheckStatus {
        self.max(other)
    }
}

impl Run<'_> {
    /// Evaluates a condition. When it is false, `failure` makes the diagnostic of the message.
    pub(super) fn condition(
        &self,
        frame: &Frame<'_, '_>,
        rule: &Condition,
        kind: &str,
        failure: impl Fn(&str) -> Diagnostic,
    ) -> CheckStatus {
        let (value, _) = self.evaluate(frame, &rule.condition).unmark();
        let invalid = |detail: String| {
            let summary = if kind == "validation" {
                "Invalid variable validation result"
            } else {
                "Invalid condition result"
            };
            self.report(Diagnostic::error(rule.condition.span, summary, detail));
            CheckStatus::Error
        };
        if let Some(unknown) = value.as_unknown() {
            return match unknown.reason {
                Reason::Failed => CheckStatus::Error,
                _ => CheckStatus::Unknown,
            };
        }
        if value.is_null() {
            return invalid("Condition expression must return either true or false, not null.".into());
        }
        match convert(value, &Type::Bool).map(|v| v.as_bool()) {
            Ok(Some(true)) => CheckStatus::Pass,
            Ok(_) => {
                let message = self.message(frame, rule, kind);
                self.report(failure(&message));
                CheckStatus::Fail
            }
            Err(error) => invalid(format!("Invalid condition result value: {error}.")),
        }
    }

    /// The message of a condition that does not hold.
    fn message(&self, frame: &Frame<'_, '_>, rule: &Condition, kind: &str) -> String {
        const INVALID: &str = "This check failed, but has an invalid error message as described in the other \
                               accompanying messages.";
        let value = self.evaluate(frame, &rule.message);
        let span = rule.message.span;
        let (value, marks) = match convert(value, &Type::String) {
            Ok(value) => value.unmark(),
            Err(error) => {
                let detail = format!("Unsuitable value for error message: {error}.");
                self.report(Diagnostic::error(span, "Invalid error message", detail));
                return INVALID.into();
            }
        };
        if marks.sensitive || marks.ephemeral {
            let what = if marks.sensitive { "sensitive" } else { "ephemeral" };
            let detail = format!(
                "The error expression used to explain this condition refers to {what} values, so Terraform \
                 will not display the resulting message.\n\nYou can correct this by removing references to \
                 {what} values, or by carefully using the nonsensitive() function if the expression will not \
                 reveal the sensitive data."
            );
            let summary = format!("Error message refers to {what} values");
            // As Terraform has it: an error for ephemeral values and in validation rules, else a warning.
            self.report(if marks.ephemeral || kind == "validation" {
                Diagnostic::error(span, summary, detail)
            } else {
                Diagnostic::warning(span, summary, detail)
            });
            return INVALID.into();
        }
        match value.as_str() {
            Some(text) => text.trim().to_owned(),
            None => INVALID.into(),
        }
    }

    /// Evaluates a check block: its assertions only warn.
    pub(super) fn check(&self, instance: usize, at: usize) {
        let module = self.module_of(instance);
        let Some((name, check)) = module.checks.get_index(at) else { return };
        let frame = Frame::new(self, instance);
        let mut status = CheckStatus::Pass;
        for rule in &check.asserts {
            let outcome = self.condition(&frame, rule, "assert", |message| {
                Diagnostic::warning(rule.condition.span, "Check block assertion failed", message)
            });
            if outcome == CheckStatus::Unknown {
                self.report(Diagnostic::warning(
                    rule.condition.span,
                    "Check block assertion known after apply",
                    "The condition could not be evaluated at this time, a result will be known when this \
                     plan is applied.",
                ));
            }
            status = status.and(outcome);
        }
        let path = self.state.borrow().modules[instance].path.clone();
        let dot = if path.is_root() { "" } else { "." };
        self.state.borrow_mut().checks.insert(format!("{path}{dot}check.{name}"), status);
    }

    /// Evaluates the preconditions or postconditions of something.
    pub(super) fn conditions(
        &self,
        frame: &Frame<'_, '_>,
        rules: &[Condition],
        kind: &str,
        summary: &str,
    ) -> CheckStatus {
        rules.iter().fold(CheckStatus::Pass, |status, rule| {
            let outcome = self.condition(frame, rule, kind, |message| {
                Diagnostic::error(rule.condition.span, summary, message)
            });
            status.and(outcome)
        })
    }
}
