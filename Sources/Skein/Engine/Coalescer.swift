import Synchronization

/// Many callers, one question at a time: a caller shares an answer only when it was asked for after the caller came, so
/// that nobody sees less than what was so when they asked.
final class Coalescer<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Turn: Sendable {
        case lead
        case answer(Result<Value, any Error>)
    }

    /// A key is here while somebody asks for it; its line is who came meanwhile.
    private let lines = Mutex<[Key: [CheckedContinuation<Turn, Never>]]>([:])

    func value(for key: Key, _ ask: (Key) async throws -> Value) async throws -> Value {
        let turn: Turn = await withCheckedContinuation { caller in
            let isFirst = lines.withLock { lines in
                guard lines[key] != nil else {
                    lines[key] = []
                    return true
                }
                lines[key]?.append(caller)
                return false
            }
            if isFirst { caller.resume(returning: .lead) }
        }
        switch turn {
        case .answer(let result): return try result.get()
        case .lead: return try await lead(key, ask)
        }
    }

    private func lead(_ key: Key, _ ask: (Key) async throws -> Value) async throws -> Value {
        let followers = lines.withLock { lines in
            defer { lines[key] = [] }
            return lines[key] ?? []
        }
        let result: Result<Value, any Error>
        do {
            result = .success(try await ask(key))
        } catch {
            result = .failure(error)
        }
        for follower in followers { follower.resume(returning: .answer(result)) }
        let next = lines.withLock { lines in
            guard var line = lines[key], !line.isEmpty else {
                lines[key] = nil
                return nil as CheckedContinuation<Turn, Never>?
            }
            let next = line.removeFirst()
            lines[key] = line
            return next
        }
        next?.resume(returning: .lead)
        return try result.get()
    }
}
