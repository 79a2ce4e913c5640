// What CONTEXT_LIMIT means: contract section 2, for contexts at creation and for every output afterwards.

extension ContextLimits {
    /// Why a context is over a limit; nil when it is not.
    public func problem(of context: JSONObject) -> String? {
        if context.count > keys { return "the context has \(context.count) keys, the limit is \(keys)" }
        var total = 0
        for (key, value) in context {
            let bytes = value.byteCount
            total += bytes
            if bytes > valueBytes { return "the value of '\(key)' has \(bytes) bytes, the limit is \(valueBytes)" }
            let depth = value.depth + 1
            if depth > self.depth { return "the value of '\(key)' is nested \(depth) deep, the limit is \(self.depth)" }
        }
        if total > totalBytes { return "the context has \(total) bytes, the limit is \(totalBytes)" }
        return nil
    }

    /// Why an output must not be stored in an execution's context; nil when it may.
    func problem(storing output: EncodedValue, at path: DotPath?, in execution: ExecutionState) -> String? {
        let bytes = output.count
        if bytes > valueBytes { return "the step's output has \(bytes) bytes, the limit is \(valueBytes)" }
        guard let path, let top = path.segments.first else { return nil }
        var whole = bytes
        if path.segments.count > 1 {
            var part = execution.context[top].map { [top: $0] } ?? JSONObject()
            path.set(output.value, in: &part)
            whole = part[top]?.byteCount ?? bytes
            if whole > valueBytes {
                return "the value of '\(top)' would have \(whole) bytes, the limit is \(valueBytes)"
            }
        }
        let depth = output.depth + path.segments.count
        if depth > self.depth { return "'\(path.text)' is nested \(depth) deep, the limit is \(self.depth)" }
        let old = execution.context[top]
        if old == nil, execution.context.count >= keys { return "the context has \(keys) keys, which is the limit" }
        guard execution.contextBytes + bytes > totalBytes else { return nil }
        let total = whole + execution.context.reduce(0) { $0 + ($1.key == top ? 0 : $1.value.byteCount) }
        if total > totalBytes { return "the context would have \(total) bytes, the limit is \(totalBytes)" }
        return nil
    }

    /// The same for members that are stored together.
    func problem(merging patch: JSONObject, in execution: ExecutionState) -> String? {
        for (key, value) in patch {
            if let problem = problem(storing: EncodedValue(value), at: DotPath(literal: key), in: execution) {
                return problem
            }
        }
        let count = execution.context.count + patch.count { execution.context[$0.key] == nil }
        if count > keys { return "the context would have \(count) keys, the limit is \(keys)" }
        let bytes = patch.reduce(0) { $0 + $1.value.byteCount }
        guard execution.contextBytes + bytes > totalBytes else { return nil }
        let total = execution.context.reduce(bytes) { $0 + (patch[$1.key] == nil ? $1.value.byteCount : 0) }
        return total > totalBytes ? "the context would have \(total) bytes, the limit is \(totalBytes)" : nil
    }
}
