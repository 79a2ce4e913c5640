// `concurrency {key?, limit}`, `rateLimit {key?, limit, perMs}` and `sla`.

extension FlowReader {
    /// The most that a limit may allow.
    private static let most: Int64 = 1_000_000

    mutating func concurrency() -> FlowLimit? {
        guard let fields = fields.reader("concurrency", into: &problems) else { return nil }
        fields.checkNames(["key", "limit"], of: "concurrency", into: &problems)
        let key = limitKey(fields)
        return required("limit", of: fields, "concurrency").map {
            FlowLimit(key: key, limit: Limit(concurrency: $0))
        }
    }

    mutating func rateLimit() -> FlowLimit? {
        guard let fields = fields.reader("rateLimit", into: &problems) else { return nil }
        fields.checkNames(["key", "limit", "perMs"], of: "rateLimit", into: &problems)
        let key = limitKey(fields)
        let count = required("limit", of: fields, "rateLimit")
        if fields.value("perMs") == nil {
            problems.error(.requiredMissing, at: fields.place("perMs"), "rateLimit needs \"perMs\".")
        }
        guard let per = fields.duration("perMs", into: &problems), let count else { return nil }
        return FlowLimit(key: key, limit: Limit(rate: .init(count, per: per)))
    }

    /// `sla {startWithinMs?, endWithinMs?}`: what reports compare executions with. Nothing else depends on it.
    mutating func checkSLA() {
        guard let fields = fields.reader("sla", into: &problems) else { return }
        fields.checkNames(["startWithinMs", "endWithinMs"], of: "sla", into: &problems)
        for name in ["startWithinMs", "endWithinMs"] {
            _ = fields.integer(name, in: 1...StepTerms.longestMs, into: &problems)
        }
    }

    private mutating func required(_ name: String, of fields: FieldReader, _ owner: String) -> Int? {
        if fields.value(name) == nil {
            problems.error(.requiredMissing, at: fields.place(name), "\(owner) needs \(name.quoted).")
        }
        return fields.integer(name, in: 1...Self.most, into: &problems)
    }

    private mutating func limitKey(_ fields: FieldReader) -> LimitKey? {
        guard let text = fields.string("key", into: &problems) else { return nil }
        if let key = LimitKey(text) { return key }
        problems.error(
            .badPath, at: fields.place("key"),
            "\(text.quoted) is neither a path (customer.id), nor a JSONPath ($.customer.id), nor a template (${customer.id})."
        )
        return nil
    }
}
