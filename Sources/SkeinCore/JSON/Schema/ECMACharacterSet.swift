// Sets of characters: ranges, properties, and their complement.

/// What one position of the text may be.
struct ECMACharacterSet: Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    private var properties: [Property] = []
    var isComplement = false

    private struct Property: Sendable {
        let property: ECMAProperty
        let isComplement: Bool
    }

    init(_ ranges: [ClosedRange<UInt32>] = [], isComplement: Bool = false) {
        self.isComplement = isComplement
        for range in ranges { insert(range) }
    }

    static let digits = ECMACharacterSet([0x30...0x39])
    static let word = ECMACharacterSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ECMACharacterSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// Everything but the line terminators.
    static let dot = ECMACharacterSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], isComplement: true)

    static func character(_ value: UInt32) -> ECMACharacterSet {
        ECMACharacterSet([value...value])
    }

    static func property(_ property: ECMAProperty, isComplement: Bool) -> ECMACharacterSet {
        var set = ECMACharacterSet()
        set.properties = [Property(property: property, isComplement: isComplement)]
        return set
    }

    /// Everything else, spelt out so that it can become part of a larger set.
    var complement: ECMACharacterSet {
        var set = ECMACharacterSet()
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { set.ranges.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { set.ranges.append(next...0x10FFFF) }
        return set
    }

    /// Keeps the ranges sorted and apart.
    mutating func insert(_ range: ClosedRange<UInt32>) {
        guard let last = ranges.last, range.lowerBound <= last.upperBound else { return ranges.append(range) }
        var (lower, upper) = (range.lowerBound, range.upperBound)
        var others: [ClosedRange<UInt32>] = []
        for other in ranges {
            if other.upperBound < lower || other.lowerBound > upper {
                others.append(other)
            } else {
                (lower, upper) = (min(lower, other.lowerBound), max(upper, other.upperBound))
            }
        }
        let place = others.firstIndex { $0.lowerBound > upper } ?? others.count
        others.insert(lower...upper, at: place)
        ranges = others
    }

    mutating func formUnion(_ other: ECMACharacterSet) {
        for range in other.ranges { insert(range) }
        properties += other.properties
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isMember =
            ranges.isMember(scalar.value)
            || properties.contains { $0.property.contains(scalar) != $0.isComplement }
        return isMember != isComplement
    }
}

extension [ClosedRange<UInt32>] {
    /// Whether one of these sorted ranges contains a value.
    func isMember(_ value: UInt32) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].contains(value)
    }
}
