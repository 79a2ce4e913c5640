// RFC 3492: Unicode labels as ASCII.

/// The two directions of the encoding, without the prefix `xn--`.
enum Punycode {
    private static let base = 36

    /// The label of an encoding; `nil` when it is broken.
    static func decode(_ text: String) -> [Unicode.Scalar]? {
        var rest = Array(text.unicodeScalars)[...]
        var output: [UInt32] = []
        if let hyphen = rest.lastIndex(of: "-") {
            guard rest[..<hyphen].allSatisfy(\.isASCII) else { return nil }
            output = rest[..<hyphen].map(\.value)
            rest = rest[(hyphen + 1)...]
        }
        var (code, index, bias) = (128, 0, 72)
        while !rest.isEmpty {
            guard let delta = readInteger(&rest, bias: bias) else { return nil }
            let isFirst = index == 0 && code == 128
            index += delta
            bias = adapted(delta, count: output.count + 1, isFirst: isFirst)
            code += index / (output.count + 1)
            index %= output.count + 1
            guard code <= 0x10FFFF else { return nil }
            output.insert(UInt32(code), at: index)
            index += 1
        }
        let scalars = output.compactMap(Unicode.Scalar.init)
        return scalars.count == output.count ? scalars : nil
    }

    private static func readInteger(_ rest: inout ArraySlice<Unicode.Scalar>, bias: Int) -> Int? {
        var (value, weight, place) = (0, 1, base)
        while true {
            guard let digit = rest.popFirst().flatMap(digit) else { return nil }
            value += digit * weight
            let threshold = min(max(place - bias, 1), 26)
            if digit < threshold { return value }
            weight *= base - threshold
            // Labels have 63 characters; anything near this is hostile and would overflow.
            guard weight < 1 << 40, value < 1 << 40 else { return nil }
            place += base
        }
    }

    /// The encoding of a label that is not all ASCII; `nil` when it is longer than any label may be.
    static func encode(_ label: [Unicode.Scalar]) -> String? {
        guard label.count <= 63 else { return nil }
        let basic = label.filter(\.isASCII)
        var output = String.UnicodeScalarView()
        output.append(contentsOf: basic)
        if !basic.isEmpty { output.append("-") }
        var (code, delta, bias, done) = (128, 0, 72, basic.count)
        while done < label.count {
            guard let next = label.lazy.map({ Int($0.value) }).filter({ $0 >= code }).min() else { break }
            delta += (next - code) * (done + 1)
            code = next
            for scalar in label {
                if scalar.value < code { delta += 1 }
                guard scalar.value == code else { continue }
                write(delta, bias: bias, to: &output)
                bias = adapted(delta, count: done + 1, isFirst: done == basic.count)
                delta = 0
                done += 1
            }
            delta += 1
            code += 1
        }
        return String(output)
    }

    private static func write(_ delta: Int, bias: Int, to output: inout String.UnicodeScalarView) {
        var (value, place) = (delta, base)
        while true {
            let threshold = min(max(place - bias, 1), 26)
            guard value >= threshold else { return output.append(character(value)) }
            output.append(character(threshold + (value - threshold) % (base - threshold)))
            value = (value - threshold) / (base - threshold)
            place += base
        }
    }

    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var place = 0
        while delta > 455 {
            delta /= 35
            place += base
        }
        return place + 36 * delta / (delta + 38)
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.isASCIIDigit { return Int(scalar.value) - 0x30 + 26 }
        return scalar.isASCIILetter ? Int(scalar.value & ~0x20) - 0x41 : nil
    }

    private static func character(_ digit: Int) -> Unicode.Scalar {
        Unicode.Scalar(UInt8(digit < 26 ? 0x61 + digit : 0x30 + digit - 26))
    }
}
