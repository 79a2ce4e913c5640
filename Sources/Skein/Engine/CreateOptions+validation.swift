package import SkeinCore

extension CreateOptions {
    private static let longest = Duration.seconds(3_650 * 86_400)
    private static let keyTTL = Duration.seconds(1)...Duration.seconds(30 * 86_400)

    /// Everything that is wrong, with its place in the request body.
    package func problems() -> [Problem] {
        var problems: [Problem] = []
        func check(_ isFine: Bool, _ field: String, _ message: String) {
            if !isFine {
                problems.append(
                    Problem(
                        code: "INVALID_VALUE",
                        pointer: JSONPointer(tokens: field.split(separator: "/").map(String.init)), message: message))
            }
        }
        func checkText(_ text: String?, _ field: String, limit: Int) {
            guard let text else { return }
            check(!text.isEmpty && text.utf8.count <= limit, field, "must have 1 to \(limit) bytes")
            check(
                !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, field,
                "must not contain control characters")
        }
        func checkSpan(_ span: Duration?, _ field: String) {
            guard let span else { return }
            check(span >= .zero && span <= Self.longest, field, "must be between 0 and 10 years")
        }
        checkText(flowVersion, "flowVersion", limit: 256)
        checkText(tenantID, "tenantId", limit: 200)
        checkText(tag, "tag", limit: 200)
        checkText(idempotencyKey, "idempotencyKey", limit: 255)
        check((-100...100).contains(priority), "priority", "must be between -100 and 100")
        checkSpan(delay, "delayMs")
        checkSpan(executionTimeout, "timeouts/executionMs")
        checkSpan(waitTimeout, "timeouts/waitMs")
        if let idempotencyTTL {
            check(Self.keyTTL.contains(idempotencyTTL), "idempotencyTtlMs", "must be between 1 s and 30 days")
        }
        if let metadata {
            check(JSONValue.object(metadata).byteCount <= 65_536, "metadata", "must have at most 64 KiB")
            check(JSONValue.object(metadata).isStorable, "metadata", "must not contain NUL characters")
        }
        return problems
    }

    /// When the execution may start.
    func readyAt(now: Timestamp) -> Timestamp {
        guard autoRun else { return .distantFuture }
        let delayed = delay.map { now + $0 } ?? now
        return max(delayed, runAt ?? now)
    }
}

extension JSONObject {
    /// What keeps a context from being stored, with its place.
    package func problems() -> [Problem] {
        filter { $0.key.utf8.contains(0) || !$0.value.isStorable }.map { member in
            Problem(
                code: "NUL_CHARACTER", pointer: JSONPointer(tokens: ["context", member.key]),
                message: "text with a NUL character (U+0000) cannot be stored")
        }
    }
}
