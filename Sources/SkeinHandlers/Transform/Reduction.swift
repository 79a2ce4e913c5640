import Foundation
import SkeinCore

/// How a list becomes one value. Sums and averages are decimal, so that prices add up.
enum Reduction: String, CaseIterable {
    case count, sum, avg, min, max, first, last, join, concat, merge

    func apply(to values: [JSONValue], separator: String) throws(TransformError) -> JSONValue {
        switch self {
        case .count: return .int(Int64(values.count))
        case .first: return values.first ?? .null
        case .last: return values.last ?? .null
        case .sum: return try Self.sum(values)
        case .avg: return values.isEmpty ? .null : try Self.number(Self.decimalSum(values) / Decimal(values.count))
        case .min: return try Self.extreme(values, .ascending)
        case .max: return try Self.extreme(values, .descending)
        case .join: return .string(values.map { Template.text(of: $0) }.joined(separator: separator))
        case .concat: return .array(values.flatMap { $0.array ?? [$0] })
        case .merge:
            var result = JSONObject()
            for value in values {
                guard let object = value.object else { throw Self.unfit(value, "merge objects") }
                result.merge(object)
            }
            return .object(result)
        }
    }

    private static func sum(_ values: [JSONValue]) throws(TransformError) -> JSONValue {
        var total: Int64 = 0
        for value in values {
            guard case .int(let integer) = value else { return try number(decimalSum(values)) }
            let (next, overflow) = total.addingReportingOverflow(integer)
            if overflow { return try number(decimalSum(values)) }
            total = next
        }
        return .int(total)
    }

    private static func decimalSum(_ values: [JSONValue]) throws(TransformError) -> Decimal {
        var total = Decimal.zero
        for value in values {
            guard let text = value.decimal?.text else { throw unfit(value, "add numbers") }
            guard let decimal = Decimal(string: text, locale: nil), decimal.isFinite else {
                throw TransformError("\(text.prefix(50)) is beyond the range of sums")
            }
            total += decimal
        }
        return total
    }

    private static func number(_ decimal: Decimal) throws(TransformError) -> JSONValue {
        guard decimal.isFinite, let value = JSONValue.number(decimal.description) else {
            throw TransformError("the result is beyond the range of sums")
        }
        return value
    }

    private static func extreme(_ values: [JSONValue], _ order: JSONOrder) throws(TransformError) -> JSONValue {
        guard var best = values.first else { return .null }
        for value in values {
            guard value.kind == .number || value.kind == .string, let found = JSONValue.compare(value, best) else {
                throw unfit(value, "compare numbers, or texts")
            }
            if found == order { best = value }
        }
        return best
    }

    private static func unfit(_ value: JSONValue, _ purpose: String) -> TransformError {
        TransformError("this operation can only \(purpose), not \(value.text().prefix(100))", at: "op")
    }
}
