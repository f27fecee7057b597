//! Comma-separated values as RFC 4180 has them, that a spreadsheet does not take for formulas.

use crate::analytics::Cell;

/// What the lines of a file end with.
const END: &str = "\r\n";

/// What makes a spreadsheet compute a cell instead of showing it, in plain and in full width; tabs and line ends are
/// skipped by some before they look (the list is OWASP's, "CSV injection").
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Adds a line of names, which are ours.
pub(super) fn head<'a>(out: &mut String, names: impl Iterator<Item = &'a str>) {
    for (at, name) in names.enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        out.push_str(name);
    }
    out.push_str(END);
}

/// Adds a line of values. Nothing at all is an unknown value.
pub(super) fn line(out: &mut String, cells: &[Cell]) {
    for (at, cell) in cells.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        match cell {
            Cell::Text(text) => quote(out, text.as_deref().unwrap_or_default()),
            Cell::Whole(number) => out.extend(number.map(|number| number.to_string())),
            Cell::Real(number) => out.extend(number.map(|number| number.to_string())),
            Cell::Time(time) => out.extend(time.map(|time| time.to_string())),
        }
    }
    out.push_str(END);
}

/// Text with an apostrophe before what would be a formula, in quotes where it needs them.
fn quote(out: &mut String, text: &str) {
    let formula = text.starts_with(FORMULA);
    let apostrophe = if formula { "'" } else { "" };
    if !formula && !text.contains([',', '"', '\r', '\n']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(apostrophe);
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be_and_never_are_formulas() {
        let text = |text: &str| Cell::Text(Some(text.to_owned()));
        let mut out = String::new();
        head(&mut out, ["a", "b"].into_iter());
        line(&mut out, &[text("plain"), text("a, \"b\"\nc"), Cell::Text(None), Cell::Whole(Some(-5))]);
        line(&mut out, &[text("=1+1"), text("@x"), text("-2"), text("\tx"), text("\u{ff1d}1"), Cell::Real(Some(1e-9))]);
        assert_eq!(
            out,
            "a,b\r\nplain,\"a, \"\"b\"\"\nc\",,-5\r\n\"'=1+1\",\"'@x\",\"'-2\",\"'\tx\",\"'\u{ff1d}1\",0.000000001\r\n"
        );
    }
}
