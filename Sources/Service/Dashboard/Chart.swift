// Charts in SVG. Colours come from the style sheet, by class; what a chart shows is in a table beside it too.

/// A chart of stacked bars over time.
struct BarChart {
    /// A bar: what it is about, and the heights of its parts.
    struct Bar {
        let label: String
        let values: [Double]
    }

    /// The drawing is stretched to its box, texts are not: they stand beside it.
    private static let width = 600.0, height = 100.0

    /// What the parts are: names, which are classes of the style sheet.
    let parts: [String]
    let bars: [Bar]
    /// What is said of the chart to those who don't see it.
    let summary: String

    /// The chart, with its scales.
    var html: String {
        let most = Self.ceiling(bars.map { $0.values.reduce(0, +) }.max() ?? 0)
        let step = Self.width / Double(max(1, bars.count))
        let columns = bars.enumerated().map { column($1, at: Double($0) * step, step, most) }
        let lines = [0.0, 0.5, 1].map { part in
            let y = Self.text(Self.height * (1 - part))
            return "<line x1=0 x2=\(Int(Self.width)) y1=\(y) y2=\(y)></line>"
        }
        let scale = [1, 0.5, 0].map { "<span>\(grouped(most * $0))</span>" }
        let times = [bars.first, bars.last].map { "<span>\(escaped($0?.label ?? ""))</span>" }
        return "<div class=chart><div class=scale aria-hidden=true>\(scale.joined())</div>"
            + "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" preserveAspectRatio=none role=img "
            + "aria-label=\"\(escaped(summary))\">\(lines.joined())\(columns.joined())</svg></div>"
            + "<div class=times aria-hidden=true>\(times.joined())</div>"
    }

    private func column(_ bar: Bar, at x: Double, _ step: Double, _ most: Double) -> String {
        var y = Self.height
        let rectangles = zip(parts, bar.values).map { part, value -> String in
            let height = Self.height * value / most
            y -= height
            guard height > 0 else { return "" }
            return "<rect class=c-\(part) x=\(Self.text(x)) y=\(Self.text(y)) width=\(Self.text(step - 1.5)) "
                + "height=\(Self.text(height))></rect>"
        }
        let told = zip(parts, bar.values).map { "\($0) \(grouped($1))" }.joined(separator: ", ")
        return "<g><title>\(escaped(bar.label)): \(escaped(told))</title>\(rectangles.joined())</g>"
    }

    /// The parts' names with their colours, each a link to the metric that it is made of.
    func legend(_ metric: (String) -> String) -> String {
        let entries = parts.map { "<li><i class=c-\($0)></i>\(number($0, of: metric($0)))</li>" }
        return "<ul class=legend>\(entries.joined())</ul>"
    }

    /// A round number that is not smaller.
    private static func ceiling(_ value: Double) -> Double {
        var unit = 1.0
        while unit * 10 < value { unit *= 10 }
        return [1, 2, 4, 5, 8, 10].map { $0 * unit }.first { $0 >= value } ?? max(1, value)
    }

    private static func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

/// A bar across, from nothing to a whole.
func meter(_ part: Double, of whole: Double, _ kind: String) -> String {
    let width = whole > 0 ? min(1, part / whole) * 100 : 0
    return "<svg class=meter viewBox=\"0 0 100 8\" preserveAspectRatio=none aria-hidden=true>"
        + "<rect class=track width=100 height=8></rect><rect class=c-\(kind) width=\((width * 10).rounded() / 10) height=8>"
        + "</rect></svg>"
}
