// Where a node is, shared between nodes with the same ancestors.

/// A node's place, from the inside out.
indirect enum JSONPathLocation: Sendable {
    /// Places are not kept in this evaluation.
    case untracked
    case root
    case member(String, of: JSONPathLocation)
    case element(Int, of: JSONPathLocation)

    func member(_ name: String) -> JSONPathLocation {
        if case .untracked = self { .untracked } else { .member(name, of: self) }
    }

    func element(_ index: Int) -> JSONPathLocation {
        if case .untracked = self { .untracked } else { .element(index, of: self) }
    }

    /// The normalized path of RFC 9535, section 2.7.
    var normalizedPath: String {
        var parts: [String] = []
        var current = self
        while true {
            switch current {
            case .untracked, .root:
                return "$" + parts.reversed().joined()
            case .member(let name, let parent):
                parts.append("['" + Self.escaped(name) + "']")
                current = parent
            case .element(let index, let parent):
                parts.append("[\(index)]")
                current = parent
            }
        }
    }

    private static func escaped(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "'": text += "\\'"
            case "\\": text += "\\\\"
            case "\u{08}": text += "\\b"
            case "\t": text += "\\t"
            case "\n": text += "\\n"
            case "\u{0C}": text += "\\f"
            case "\r": text += "\\r"
            case "\u{0}"..<"\u{20}":
                text += scalar.value < 16 ? "\\u000" : "\\u00"
                text += String(scalar.value, radix: 16)
            case _: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
