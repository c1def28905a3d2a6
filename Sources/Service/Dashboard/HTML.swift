// Pieces of HTML. Every text that is not ours is escaped where it is put in.

import Bytes

/// `text` as it stands in HTML, in quotes too.
func escaped(_ text: String) -> String { text.escapedForHTML }

/// A text that links to what it is made of.
func link(_ text: String, to address: String) -> String { "<a href=\"\(escaped(address))\">\(escaped(text))</a>" }

/// A number that links to the metric that it is made of.
func number(_ value: Double, of metric: String) -> String { number(grouped(value), of: metric) }

/// A number as text that links to the metric that it is made of.
func number(_ text: String, of metric: String) -> String { link(text, to: "/v1/metric?name=\(metric)") }

/// A table, in a box that scrolls by itself where it is too wide.
/// - Parameter columns: Titles; those that begin with `#` are over numbers, an empty one behind the first is over bars.
/// - Parameter rows: Cells, as HTML. The first of each row is its title.
func table(_ caption: String, _ columns: [String], _ rows: [[String]]) -> String {
    let kinds = columns.enumerated().map { index, title in
        title.hasPrefix("#") ? " class=n" : title.isEmpty && index > 0 ? " class=m" : ""
    }
    let head = zip(columns, kinds).map { title, kind in
        "<th scope=col\(kind)>\(escaped(title.hasPrefix("#") ? String(title.dropFirst()) : title))</th>"
    }
    let body = rows.map { row in
        let cells = zip(row, kinds).enumerated().map { index, cell in
            index == 0 ? "<th scope=row>\(cell.0)</th>" : "<td\(cell.1)>\(cell.0)</td>"
        }
        return "<tr>\(cells.joined())</tr>"
    }
    return
        "<div class=scroll tabindex=0 role=region aria-label=\"\(escaped(caption))\"><table><caption>\(escaped(caption))"
        + "</caption><thead><tr>\(head.joined())</tr></thead><tbody>\(body.joined(separator: "\n"))</tbody></table></div>\n"
}

/// A part of the page with a heading.
func section(_ id: String, _ title: String, wide: Bool = false, _ content: String) -> String {
    "<section id=\(id)\(wide ? " class=wide" : "") aria-labelledby=\(id)-h><h2 id=\(id)-h>\(escaped(title))</h2>\n"
        + content + "</section>\n"
}

/// A whole number with spaces between thousands, or a small one with a digit behind the point.
func grouped(_ value: Double) -> String {
    if value > 0, value < 10, value.rounded() != value { return "\((value * 10).rounded() / 10)" }
    let digits = Array("\(Int64(value.rounded()))")
    return digits.enumerated().reduce(into: "") { text, digit in
        // A narrow space that does not break.
        if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text += "\u{202F}" }
        text.append(digit.element)
    }
}

/// A part of a whole as a percentage; a dash of nothing.
func share(_ part: Double, of whole: Double) -> String {
    whole > 0 ? "\((part / whole * 1000).rounded() / 10) %" : "–"
}

/// A time span in the unit that fits.
func duration(_ seconds: Double) -> String {
    if seconds >= 1 { return "\((seconds * 10).rounded() / 10) s" }
    if seconds >= 1e-3 { return "\((seconds * 1e4).rounded() / 10) ms" }
    return "\((seconds * 1e7).rounded() / 10) µs"
}

/// How long something is away, in the largest unit.
func age(_ seconds: Int64) -> String {
    switch seconds {
    case 172_800...: "\(seconds / 86_400) days"
    case 7200...: "\(seconds / 3600) hours"
    case 120...: "\(seconds / 60) minutes"
    case 1: "1 second"
    default: "\(max(0, seconds)) seconds"
    }
}
