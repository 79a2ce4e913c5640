// Whether one number is a multiple of another, exactly and without writing exponents out.

/// A number other than zero, prepared for tests of divisibility.
///
/// With the divisor as 2ˣ·5ʸ·c and c prime to 10, powers of ten never matter to c: a number is a multiple when its
/// digits are a multiple of c and it has enough factors 2 and 5, which a power of ten only adds to or takes away.
struct JSONDivisor: Sendable {
    private let core: BigNatural
    private let twos: Int
    private let fives: Int
    /// The divisor itself, when it is a small integer.
    private let small: Int64?

    init?(_ value: JSONValue) {
        guard let decimal = value.decimal else { return nil }
        let number = JSONNormalNumber(decimal)
        guard !number.isNegative, !number.digits.isEmpty else { return nil }
        var core = BigNatural(digits: number.digits)
        let power = number.exponent - number.digits.count
        twos = core.removeFactors(of: 2) + power
        fives = core.removeFactors(of: 5) + power
        self.core = core
        small = value.int64
    }

    /// Whether a number is a multiple; `nil` when the steps run out.
    func divides(_ value: JSONValue, steps: inout Int) -> Bool? {
        if let small, let integer = value.int64 { return integer % small == 0 }
        guard let decimal = value.decimal else { return false }
        let number = JSONNormalNumber(decimal)
        guard !number.digits.isEmpty else { return true }
        let cost = number.digits.count.multipliedReportingOverflow(by: core.size + number.digits.count / 8 + 1)
        guard !cost.overflow, cost.partialValue < steps else { return nil }
        steps -= cost.partialValue
        let power = number.exponent - number.digits.count
        var digits = BigNatural(digits: number.digits)
        return core.divides(number.digits) && digits.removeFactors(of: 2) + power >= twos
            && digits.removeFactors(of: 5) + power >= fives
    }
}

/// A natural number of any size, with just the arithmetic that divisibility needs.
struct BigNatural: Sendable {
    /// Base 2³², least significant first, without leading zeros.
    private var limbs: [UInt32] = []

    init(digits: [UInt8]) {
        for digit in digits { multiplyAdd(10, UInt32(digit)) }
    }

    var size: Int { limbs.count }

    private mutating func multiplyAdd(_ factor: UInt32, _ summand: UInt32) {
        var carry = UInt64(summand)
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * UInt64(factor) + carry
            limbs[index] = UInt32(truncatingIfNeeded: product)
            carry = product >> 32
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }

    /// Divides by a small prime as often as possible and tells how often that was.
    mutating func removeFactors(of prime: UInt32) -> Int {
        var count = 0
        while !limbs.isEmpty {
            var quotient = limbs
            var rest: UInt64 = 0
            for index in quotient.indices.reversed() {
                let part = rest << 32 | UInt64(quotient[index])
                quotient[index] = UInt32(part / UInt64(prime))
                rest = part % UInt64(prime)
            }
            guard rest == 0 else { break }
            while quotient.last == 0 { quotient.removeLast() }
            limbs = quotient
            count += 1
        }
        return count
    }

    /// Whether the number with these decimal digits is a multiple, by long division.
    func divides(_ digits: [UInt8]) -> Bool {
        var rest = BigNatural(digits: [])
        for digit in digits {
            rest.multiplyAdd(10, UInt32(digit))
            while !rest.isLess(than: self) { rest.subtract(self) }
        }
        return rest.limbs.isEmpty
    }

    private func isLess(than other: BigNatural) -> Bool {
        if limbs.count != other.limbs.count { return limbs.count < other.limbs.count }
        for (mine, theirs) in zip(limbs.reversed(), other.limbs.reversed()) where mine != theirs {
            return mine < theirs
        }
        return false
    }

    private mutating func subtract(_ other: BigNatural) {
        var borrow: Int64 = 0
        for index in limbs.indices {
            var part = Int64(limbs[index]) - borrow - (index < other.limbs.count ? Int64(other.limbs[index]) : 0)
            borrow = part < 0 ? 1 : 0
            if part < 0 { part += 1 << 32 }
            limbs[index] = UInt32(part)
        }
        while limbs.last == 0 { limbs.removeLast() }
    }
}
