//! Small aligned tables for terminals and for Markdown; templates take them as they are.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::escape;

/// One cell: foreign text, which the printers escape.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cell {
    text: String,
    code: bool,
    part: bool,
}

impl Cell {
    /// A name from code: shown as a code span in Markdown.
    pub fn code(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), code: true, part: false }
    }

    /// A part of what stands in a row above: shown indented.
    pub fn part(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), code: false, part: true }
    }

    /// For a terminal.
    fn line(&self) -> String {
        format!("{}{}", if self.part { "  " } else { "" }, escape::line(&self.text))
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell { text: text.into(), code: false, part: false }
    }
}

/// A table: a header and rows of as many cells.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Table {
    header: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug, Serialize)]
struct Column {
    title: &'static str,
    right: bool,
}

impl Table {
    /// A table with these column titles; a title that begins with `>` is aligned right.
    pub fn new<const N: usize>(titles: [&'static str; N]) -> Table {
        let column = |t: &'static str| Column { title: t.trim_start_matches('>'), right: t.starts_with('>') };
        Table { header: titles.map(column).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.to_vec());
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table for a terminal, each line indented.
    pub fn text(&self, indent: usize) -> String {
        let rows: Vec<Vec<String>> = self.rows.iter().map(|r| r.iter().map(Cell::line).collect()).collect();
        let width = |i: usize| {
            let titles = self.header.get(i).map_or(0, |c| graphemes(c.title));
            rows.iter().filter_map(|r| r.get(i)).map(|c| graphemes(c)).chain([titles]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let titles: Vec<String> = self.header.iter().map(|c| c.title.to_owned()).collect();
        let mut out = String::new();
        for cells in std::iter::once(&titles).chain(&rows) {
            let mut line = " ".repeat(indent);
            for ((cell, column), width) in cells.iter().zip(&self.header).zip(&widths) {
                let pad = " ".repeat(width.saturating_sub(graphemes(cell)));
                let (before, after) = if column.right { (pad.as_str(), "") } else { ("", pad.as_str()) };
                line.push_str(&format!("{before}{cell}{after}  "));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let (head, rows) = self.markdown_rows(escape::code, escape::markdown);
        head + &rows.concat()
    }

    /// The header and the rows in Markdown, each with its line end: names of code through `code`, other text
    /// through `prose`.
    pub(super) fn markdown_rows(
        &self,
        code: impl Fn(&str) -> String,
        prose: impl Fn(&str) -> String,
    ) -> (String, Vec<String>) {
        let mut head = String::from("|");
        for column in &self.header {
            head.push_str(&format!(" {} |", column.title));
        }
        head.push_str("\n|");
        for column in &self.header {
            head.push_str(if column.right { " ---: |" } else { " --- |" });
        }
        head.push('\n');
        let cell = |c: &Cell| {
            let indent = if c.part { "&emsp;" } else { "" };
            format!(" {indent}{} |", if c.code { code(&c.text) } else { prose(&c.text) })
        };
        let row = |row: &Vec<Cell>| format!("|{}\n", row.iter().map(cell).collect::<String>());
        (head, self.rows.iter().map(row).collect())
    }
}

fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_in_text_and_markdown() {
        let mut table = Table::new(["subnet", ">free"]);
        table.row(["aks-nodes".into(), "7".into()]);
        table.row([Cell::code("pe|x"), "-144".into()]);
        assert_eq!(table.text(2), "  subnet     free\n  aks-nodes     7\n  pe|x       -144\n");
        assert_eq!(
            table.markdown(),
            "| subnet | free |\n| --- | ---: |\n| aks-nodes | 7 |\n| `pe\\|x` | -144 |\n"
        );
    }
}
