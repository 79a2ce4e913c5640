import SkeinCore
import SkeinSimulation

/// Workers outside, which ask for attempts over HTTP as those in other languages do. Some are slow, some forget what they
/// were given, some come back when it is another's.
struct RemoteHands: Sendable {
    private let lab: Lab

    init(_ lab: Lab) { self.lab = lab }

    /// The type of a remote handler that does what a kind of step does.
    static func type(of kind: SimulatedFlow.Kind) -> String { "remote.\(kind.rawValue)" }

    private static let types = [SimulatedFlow.Kind.work, .flaky].map { type(of: $0) }

    /// Runs until cancelled; what is in hand then is forgotten.
    func run(count: Int) async {
        await withDiscardingTaskGroup { group in
            for number in 0..<count {
                group.addTask {
                    guard let file = try? LineFile(lab.folder.ledger("remote\(number)")) else { return }
                    var dice = Dice(lab.settings.seed &+ UInt64(number) &* 15_485_863)
                    await work(file, &dice)
                }
            }
        }
    }

    private func work(_ file: LineFile, _ dice: inout Dice) async {
        let body: JSONValue = ["handlers": .array(Self.types.map { .string($0) }), "waitMs": 2_000, "max": 2]
        while !Task.isCancelled {
            let instances = lab.instances
            guard !instances.isEmpty,
                let reply = try? await instances[dice.below(instances.count)].web.post("/v1/work/claim", body),
                reply.status == 200, let items = reply.json.items.array
            else {
                try? await Task.sleep(for: .milliseconds(100))
                continue
            }
            for item in items { await run(item, reply.json.workerId, file, &dice) }
        }
    }

    private func run(_ item: JSONValue, _ worker: JSONValue, _ file: LineFile, _ dice: inout Dice) async {
        guard let id = item.executionId.string, let step = item.stepId.string, let fence = item.fencingToken.int64,
            let token = item.idempotencyToken.string
        else { return }
        let handle: JSONObject = [
            "executionId": item.executionId, "stepId": item.stepId, "fencingToken": item.fencingToken,
            "workerId": worker,
        ]
        note("start", item, file)
        await ResourceClient(url: lab.resourceURL).claim(key: "\(id)/\(step)", token: token, fence: fence)
        switch dice.below(100) {
        case ..<5: return note("end", item, file, "forgotten")
        case ..<12:  // Until it is another's, or for as long as the lease is kept.
            let beats = dice.percent(50)
            for _ in 0..<8 {
                try? await Task.sleep(for: lab.settings.lease / 5)
                if beats { _ = await ask("heartbeat", handle) }
            }
        case let span: try? await Task.sleep(for: .milliseconds(span))
        }
        var answer = handle
        let fails = item["type"]?.string == Self.type(of: .flaky) && item.attempt.int ?? 0 < 3
        if fails { answer["code"] = "FLAKY" } else { answer["output"] = .string("\(step)@\(fence)") }
        let result = await ask(fails ? "fail" : "complete", answer)
        note("end", item, file, fails ? "failed" : "completed", result)
    }

    /// Tells until somebody answers: to tell the same twice does no harm.
    private func ask(_ verb: String, _ body: JSONObject) async -> Int {
        for _ in 0..<20 where !Task.isCancelled {
            if let web = lab.instances.randomElement()?.web,
                let reply = try? await web.post("/v1/work/\(verb)", .object(body)), reply.status < 500
            {
                return reply.status
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return 0
    }

    private func note(
        _ event: String, _ item: JSONValue, _ file: LineFile, _ outcome: String? = nil, _ status: Int? = nil
    ) {
        var line: JSONObject = [
            "event": .string(event), "execution": item.executionId, "flow": item.flowId, "step": item.stepId,
            "attempt": item.attempt, "fence": item.fencingToken, "token": item.idempotencyToken, "undo": false,
            "instance": "remote", "at": .int(presentTime()),
        ]
        line["outcome"] = outcome.map { .string($0) }
        line["status"] = status.map { .int(Int64($0)) }
        file.append(.object(line))
    }
}
