// The value of a number without its notation, for where notation must not matter: equality, order, fingerprints.

/// A number as sign, significant digits and the position of the decimal point: ±0.d₁d₂… × 10^exponent.
///
/// Digits have no zeros at either end; zero has no digits, no sign and exponent 0.
struct JSONNormalNumber: Hashable, Sendable {
    let isNegative: Bool
    /// Values 0 to 9, most significant first.
    let digits: [UInt8]
    let exponent: Int

    private init(isNegative: Bool, rawDigits: [UInt8], exponent: Int) {
        guard let first = rawDigits.firstIndex(where: { $0 != 0 }), let last = rawDigits.lastIndex(where: { $0 != 0 })
        else {
            self.isNegative = false
            digits = []
            self.exponent = 0
            return
        }
        self.isNegative = isNegative
        digits = Array(rawDigits[first...last])
        self.exponent = exponent - first
    }

    init(_ value: Int64) {
        self.init(JSONDecimal(value))
    }

    init(_ decimal: JSONDecimal) {
        var raw: [UInt8] = []
        var isNegative = false
        var point: Int?
        var written = 0
        var isExponent = false
        var exponentIsNegative = false
        for byte in decimal.text.utf8 {
            switch byte {
            case UInt8(ascii: "-"):
                if isExponent { exponentIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "+"):
                continue
            case UInt8(ascii: "."):
                point = raw.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                isExponent = true
            case _:
                let digit = byte &- UInt8(ascii: "0")
                if isExponent { written = written &* 10 &+ Int(digit) } else { raw.append(digit) }
            }
        }
        let shift = exponentIsNegative ? -written : written
        self.init(isNegative: isNegative, rawDigits: raw, exponent: (point ?? raw.count) + shift)
    }

    var isInteger: Bool { exponent >= digits.count }

    private var magnitude: UInt64? {
        guard isInteger, exponent <= 20 else { return nil }
        var result: UInt64 = 0
        for place in 0..<exponent {
            let digit = place < digits.count ? UInt64(digits[place]) : 0
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            result = sum
        }
        return result
    }

    var int64: Int64? {
        guard let magnitude else { return nil }
        guard isNegative else { return Int64(exactly: magnitude) }
        return magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map { -$0 }
    }

    var uint64: UInt64? {
        isNegative ? nil : magnitude
    }

    func order(to other: JSONNormalNumber) -> JSONOrder {
        if isNegative != other.isNegative { return isNegative ? .ascending : .descending }
        let order = magnitudeOrder(to: other)
        return isNegative ? order.reversed : order
    }

    private func magnitudeOrder(to other: JSONNormalNumber) -> JSONOrder {
        if digits.isEmpty || other.digits.isEmpty { return JSONOrder(digits.count, other.digits.count) }
        if exponent != other.exponent { return JSONOrder(exponent, other.exponent) }
        for (mine, theirs) in zip(digits, other.digits) where mine != theirs {
            return JSONOrder(mine, theirs)
        }
        return JSONOrder(digits.count, other.digits.count)
    }

    /// The notation of RFC 8785 (that of ECMAScript), with all digits kept.
    func appendCanonical(to output: inout [UInt8]) {
        guard !digits.isEmpty else { return output.append(UInt8(ascii: "0")) }
        if isNegative { output.append(UInt8(ascii: "-")) }
        let zero = UInt8(ascii: "0")
        let characters = digits.map { $0 + zero }
        switch exponent {
        case _ where isInteger && exponent <= 21:
            output += characters
            output += repeatElement(zero, count: exponent - digits.count)
        case 1...21:
            output += characters[..<exponent]
            output.append(UInt8(ascii: "."))
            output += characters[exponent...]
        case -5...0:
            output += [zero, UInt8(ascii: ".")]
            output += repeatElement(zero, count: -exponent)
            output += characters
        case _:
            output.append(characters[0])
            if characters.count > 1 {
                output.append(UInt8(ascii: "."))
                output += characters[1...]
            }
            output += [UInt8(ascii: "e"), UInt8(ascii: exponent > 0 ? "+" : "-")]
            output += String((exponent - 1).magnitude).utf8
        }
    }
}
