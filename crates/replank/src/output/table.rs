//! Tables in the style of `kubectl get`: capitals in the header, columns three spaces apart, no borders.

use crate::printer::Printer;

/// Number of spaces between columns.
const GAP: usize = 3;

/// Rows of a table; the first is the header.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Table with these columns.
    pub(crate) fn new(columns: &[&str]) -> Self {
        Self { rows: vec![columns.iter().map(|name| (*name).to_owned()).collect()] }
    }

    /// Adds a row; an empty cell is printed as a dash.
    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        let cell = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// The same with so many columns at most, the first ones.
    pub(crate) fn first_columns(mut self, most: usize) -> Self {
        self.rows.iter_mut().for_each(|row| row.truncate(most));
        self
    }

    /// Whether it has no rows besides the header.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// Prints it; nothing without rows.
    pub(crate) fn print(&self, printer: &mut Printer) {
        if self.is_empty() {
            return;
        }
        self.lines().iter().for_each(|line| printer.line(line));
    }

    fn lines(&self) -> Vec<String> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<0$}", width + GAP));
            cells.collect::<String>().trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let mut table = Table::new(&["NAME", "ZONE"]);
        table.row(["a-long-name", "z"]);
        table.row(["b", ""]);
        assert_eq!(table.lines(), ["NAME          ZONE", "a-long-name   z", "b             -"]);
    }
}
