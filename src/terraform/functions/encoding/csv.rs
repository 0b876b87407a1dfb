//! `csvdecode`: RFC 4180 as strict as Go reads it.

use crate::terraform::functions::call::{Call, Fault, fail};
use crate::terraform::value::text::{normalise, quote_go};
use crate::terraform::value::{Str, Type, Value};

pub(super) fn result_type(call: &Call) -> Result<Type, Fault> {
    if call.arg(0).is_unknown() {
        return Ok(Type::Dynamic);
    }
    let mut reader = Reader { rest: call.str(0), line: 0 };
    let header = match reader.record() {
        None => return fail("missing header line"),
        Some(Err(message)) => return fail(message),
        Some(Ok(header)) => header,
    };
    let mut attributes = std::collections::BTreeMap::new();
    for name in &header {
        if attributes.insert(normalise(name), Type::String).is_some() {
            return fail(format!("duplicate column name {}", quote_go(name)));
        }
    }
    Ok(Type::list(Type::object(attributes)))
}

pub(super) fn csvdecode(call: &Call) -> Result<Value, Fault> {
    let mut reader = Reader { rest: call.str(0), line: 0 };
    let header: Vec<Str> = match reader.record() {
        Some(Ok(header)) => header.iter().map(|name| normalise(name)).collect(),
        _ => return fail("missing header line"),
    };
    let mut rows = Vec::new();
    while let Some(record) = reader.record() {
        let record = record.map_err(Fault::Call)?;
        if record.len() != header.len() {
            return fail(format!("CSV parse error on line {}: wrong number of fields", reader.line));
        }
        call.charge_members(record.len() + 1)?;
        let row = header.iter().cloned().zip(record.iter().map(|text| Value::string(text)));
        rows.push(Value::object(row));
    }
    let element = call.returns.element().cloned().unwrap_or(Type::Dynamic);
    Ok(Value::list(element, rows))
}

struct Reader<'a> {
    rest: &'a str,
    /// The line last read, from 1.
    line: usize,
}

impl<'a> Reader<'a> {
    /// The next line without its end; `\r\n` ends a line too.
    fn next_line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let ended = line.len() < self.rest.len();
        self.rest = rest;
        // A lone `\r` at the end of the text ends the last line as well.
        let line = if ended || rest.is_empty() { line.strip_suffix('\r').unwrap_or(line) } else { line };
        Some(line)
    }

    /// The fields of the next record; blank lines are passed over.
    fn record(&mut self) -> Option<Result<Vec<String>, String>> {
        let mut line = self.next_line()?;
        while line.is_empty() {
            line = self.next_line()?;
        }
        Some(self.fields(line))
    }

    fn fields(&mut self, mut line: &'a str) -> Result<Vec<String>, String> {
        let error = |line: usize, what: &str| Err(format!("CSV parse error on line {line}: {what}"));
        let mut fields = Vec::new();
        loop {
            let Some(quoted) = line.strip_prefix('"') else {
                let (field, rest) = match line.split_once(',') {
                    Some((field, rest)) => (field, Some(rest)),
                    None => (line, None),
                };
                if field.contains('"') {
                    return error(self.line, "bare \" in non-quoted field");
                }
                fields.push(field.to_owned());
                match rest {
                    Some(rest) => line = rest,
                    None => return Ok(fields),
                }
                continue;
            };
            let mut field = String::new();
            let mut part = quoted;
            let rest = loop {
                match part.split_once('"') {
                    Some((text, after)) => {
                        field.push_str(text);
                        match after.strip_prefix('"') {
                            Some(after) => {
                                field.push('"');
                                part = after;
                            }
                            None => break after,
                        }
                    }
                    None => {
                        field.push_str(part);
                        match self.next_line() {
                            Some(next) => {
                                field.push('\n');
                                part = next;
                            }
                            None => return error(self.line, "extraneous or missing \" in quoted-field"),
                        }
                    }
                }
            };
            fields.push(field);
            match rest.strip_prefix(',') {
                Some(after) => line = after,
                None if rest.is_empty() => return Ok(fields),
                None => return error(self.line, "extraneous or missing \" in quoted-field"),
            }
        }
    }
}
