//! What is printed: tables, and the bar of a rebuild.

use annals::projector::Progress;
use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::io::{self, Write};

/// A table under a heading; all columns but the first hold numbers.
pub(crate) fn table(
    out: &mut impl Write,
    heading: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(columns.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "\n{heading}\n{table}")
}

/// Cents as an amount.
pub(crate) fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What watches a rebuild: a bar where there is a terminal, and nothing elsewhere.
pub(crate) fn watching() -> impl FnMut(&Progress) + Send + 'static {
    let bar = ProgressBar::new(0);
    // The template is one that this version of the library reads; a bar without it says less.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} events, {msg}") {
        bar.set_style(style);
    }
    move |progress| {
        bar.set_length(progress.all);
        bar.set_position(progress.done);
        let left = progress.left().map_or_else(|| "?".to_owned(), |left| HumanDuration(left).to_string());
        bar.set_message(format!("{:.0} a second, {left} left", progress.events_per_second));
        if progress.done == progress.all {
            bar.abandon();
        }
    }
}
