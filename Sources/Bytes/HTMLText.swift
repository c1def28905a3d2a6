// Text in HTML and XML.

extension String {
    /// The text with what means something to HTML and XML as references, in quotes too: as PHP's `htmlspecialchars` writes it.
    package var escapedForHTML: String {
        // By scalars: a mark behind a quote makes one character of both.
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#039;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
