// Something outside that effects are claimed from: it remembers the highest fencing token of each key and refuses lower
// ones, and does each idempotency token once.

import AsyncHTTPClient
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Skein
import SkeinCore
import Synchronization

/// The resource, served over HTTP by the process that drives a run.
final class FencedResource: Sendable {
    private struct State {
        var fences: [String: Int64] = [:]
        var done: Set<String> = []
    }

    private let state = Mutex(State())
    private let file: LineFile

    init(_ path: String) throws { file = try LineFile(path) }

    /// What becomes of a claim: `done`, `again` for a token that was done before, `stale` for a fence that is too low.
    func claim(key: String, token: String, fence: Int64) -> String {
        state.withLock { state in
            let answer: String
            if fence < state.fences[key] ?? .min {
                answer = "stale"
            } else {
                state.fences[key] = fence
                answer = state.done.insert(token).inserted ? "done" : "again"
            }
            file.append([
                "key": .string(key), "token": .string(token), "fence": .int(fence), "answer": .string(answer),
                "at": .int(presentTime()),
            ])
            return answer
        }
    }

    /// Serves until cancelled or until a graceful shutdown.
    func serve(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let router = Router()
        router.post("claim") { request, _ in
            let query = request.uri.queryParameters
            guard let key = query["key"], let token = query["token"], let fence = query["fence"].flatMap({ Int64($0) })
            else { return "bad" }
            return self.claim(key: String(key), token: String(token), fence: fence)
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { await onListening($0.localAddress?.port ?? 0) },
            logger: Logger(label: "resource") { _ in SwiftLogNoOpLogHandler() })
        try await application.run()
    }
}

/// The resource as a handler sees it. What cannot be reached is not claimed: the step goes on.
struct ResourceClient: Sendable {
    let url: String

    func claim(_ step: StepContext) async {
        let key = "\(step.executionID)/\(step.stepID)\(step.isCompensation ? "/undo" : "")"
        await claim(key: key, token: step.idempotencyToken, fence: step.fencingToken)
    }

    func claim(key: String, token: String, fence: Int64) async {
        let text = "\(url)/claim?key=\(key)&token=\(token)&fence=\(fence)"
        var request = HTTPClientRequest(url: text)
        request.method = .POST
        _ = try? await HTTPClient.shared.execute(request, timeout: .seconds(2)).body.collect(upTo: 100)
    }
}
