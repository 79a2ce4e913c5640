// Text from anywhere, made safe and narrow enough for a terminal.

extension String {
    /// Control characters as `\n`, `\t` or `\u{…}`: what comes from a database must not steer a terminal, nor break a
    /// line in two.
    var withoutControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.isControl: result += "\\u{\(String(scalar.value, radix: 16))}"
            case _: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Padded with spaces to a width.
    func padded(to width: Int) -> String {
        let missing = width - count
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }

    /// Cut to a width, with an ellipsis in the last place.
    func cut(to width: Int) -> String {
        count > width ? String(prefix(max(0, width - 1))) + "…" : self
    }
}

extension Unicode.Scalar {
    /// C0, DEL, C1, and the characters that turn the direction of text or break lines.
    var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
