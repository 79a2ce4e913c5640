/// Walks over RESP2 framing as it arrives and refuses what breaks a limit, before the parser sees it.
///
/// The parser allocates whatever an array header claims and waits for whatever a string header claims; here both are
/// checked first. A pure value: bytes in, the length of the acceptable prefix out.
struct RedisReplyScanner {
    private enum State: Equatable {
        case type
        case line(length: Int, afterReturn: Bool)
        case number(Number)
        case body(remaining: Int)
        case bodyEnd(UInt8)
    }

    private struct Number: Equatable {
        var type: UInt8
        var negative = false
        var digits = 0
        var value = 0
        var afterReturn = false
    }

    /// What one call of `scan` found.
    struct Outcome: Equatable {
        /// How many of the bytes may go to the parser.
        var accepted: Int
        /// Why the byte after them may not.
        var violation: String?
    }

    private let limits: RedisReplyLimits
    private var state = State.type
    private var open: [Int] = []
    private var replyBytes = 0
    private var claimedElements = 0

    init(limits: RedisReplyLimits) {
        self.limits = limits
    }

    /// Walks over the next bytes; not to be called again after a violation.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        var index = 0
        while index < bytes.count {
            var step = 1
            let violation: String?
            if case .body(let remaining) = state {
                step = min(remaining, bytes.count - index)
                state = step == remaining ? .bodyEnd(Self.carriageReturn) : .body(remaining: remaining - step)
                violation = nil
            } else {
                violation = accept(bytes[index])
            }
            if let violation {
                return Outcome(accepted: index, violation: violation)
            }
            replyBytes = state == .type && open.isEmpty ? 0 : replyBytes + step
            guard replyBytes <= limits.bytes else {
                return Outcome(accepted: index, violation: "a reply is over \(limits.bytes) bytes")
            }
            index += step
        }
        return Outcome(accepted: index, violation: nil)
    }

    private mutating func accept(_ byte: UInt8) -> String? {
        switch state {
        case .type:
            return acceptType(byte)
        case .line(let length, let afterReturn):
            guard !(afterReturn && byte == Self.lineFeed) else { return finishElement() }
            guard length < limits.line else { return "a line is over \(limits.line) bytes" }
            state = .line(length: length + 1, afterReturn: byte == Self.carriageReturn)
            return nil
        case .number(let number):
            return acceptDigit(byte, of: number)
        case .bodyEnd(let expected):
            guard byte == expected else { return "a string does not end where its length says" }
            guard expected == Self.lineFeed else {
                state = .bodyEnd(Self.lineFeed)
                return nil
            }
            return finishElement()
        case .body:
            preconditionFailure("a string's body is skipped, not read byte by byte")
        }
    }

    private mutating func acceptType(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): state = .line(length: 0, afterReturn: false)
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"): state = .number(Number(type: byte))
        default: return "byte \(byte) is no type of reply"
        }
        return nil
    }

    private mutating func acceptDigit(_ byte: UInt8, of current: Number) -> String? {
        var number = current
        switch byte {
        case Self.lineFeed where number.afterReturn:
            return finishNumber(number)
        case Self.carriageReturn where !number.afterReturn && number.digits > 0:
            number.afterReturn = true
        case UInt8(ascii: "-") where number.digits == 0 && !number.negative:
            number.negative = true
        case UInt8(ascii: "0")...UInt8(ascii: "9") where !number.afterReturn && number.digits < 19:
            number.digits += 1
            // Nineteen digits may overflow; the parser then refuses the integer, and a length is over its limit anyway.
            let (product, overflow) = number.value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            number.value = overflow || carry ? Int.max : sum
        default:
            return "a number is malformed"
        }
        state = .number(number)
        return nil
    }

    private mutating func finishNumber(_ number: Number) -> String? {
        if number.type == UInt8(ascii: ":") {
            return finishElement()
        }
        if number.negative {
            return number.value == 1 ? finishElement() : "a length is negative"
        }
        if number.type == UInt8(ascii: "$") {
            guard number.value <= limits.bytes - replyBytes else { return "a string claims \(number.value) bytes" }
            state = number.value == 0 ? .bodyEnd(Self.carriageReturn) : .body(remaining: number.value)
            return nil
        }
        guard number.value <= limits.elements - claimedElements else {
            return "an array claims \(number.value) elements"
        }
        guard open.count < limits.depth else { return "arrays are nested over \(limits.depth) deep" }
        claimedElements += number.value
        guard number.value > 0 else { return finishElement() }
        open.append(number.value)
        state = .type
        return nil
    }

    /// Always nil, so that the callers above end with it.
    private mutating func finishElement() -> String? {
        state = .type
        while let remaining = open.last {
            guard remaining == 1 else {
                open[open.count - 1] = remaining - 1
                return nil
            }
            open.removeLast()
        }
        claimedElements = 0
        return nil
    }

    private static let carriageReturn: UInt8 = 13
    private static let lineFeed: UInt8 = 10
}
