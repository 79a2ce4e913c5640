import Hummingbird
import Skein
import SkeinCore

/// The instances and what they hold.
struct ClusterRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/workers", workers),
            Endpoint(.get, "/v1/locks", locks),
            Endpoint(.get, "/v1/stats", stats),
        ]
    }

    private static let duties = ["schedules", "maintenance"]

    @Sendable private func workers(_ request: APIRequest) async throws -> Response {
        let (page, live) = try request.query(["live", "limit", "offset"]) { (Page(&$0), $0.bool("live")) }
        let records = try await engine.store.workers().filter { live == nil || $0.isLive == live }
        var body = page.json(of: records.map(json))
        let leaders = await leaders()
        body["leaders"] = .object(JSONObject(leaders.map { ($0.duty, .string("\($0.candidacy.worker)")) }))
        body["terms"] = .object(
            JSONObject(leaders.compactMap { one in one.candidacy.term.map { (one.duty, .int($0)) } }))
        return .json(body)
    }

    private func json(_ worker: WorkerRecord) -> JSONValue {
        var object: JSONObject = ["id": .string(worker.id.description)]
        object["podId"] = worker.podID.map { .string($0) }
        object["live"] = .bool(worker.isLive)
        object["handlers"] = .array(worker.handlers.map { .string($0) })
        object["startedAt"] = worker.startedAt.map { .string($0.description) }
        object["heartbeatAt"] = worker.heartbeatAt.map { .string($0.description) }
        if worker.id == engine.workerID {
            object["executionsInProgress"] = .int(Int64(engine.executionsInProgress))
            object["draining"] = .bool(engine.isDraining)
        }
        return .object(object)
    }

    /// Who leads which duty; without the coordination service nobody is known to.
    private func leaders() async -> [(duty: String, candidacy: Candidacy)] {
        var leaders: [(duty: String, candidacy: Candidacy)] = []
        guard engine.coordination.health.isUp else { return leaders }
        for duty in Self.duties {
            guard let leader = try? await engine.coordination.leaders.leader(of: duty),
                let candidacy = Candidacy(leader)
            else { continue }
            leaders.append((duty, candidacy))
        }
        return leaders
    }

    @Sendable private func locks(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0) }
        let found = try await engine.coordination.locks.list(limit: 10_000).sorted { $0.name < $1.name }
        return .json(
            page.json(
                of: found.map { lock in
                    var object: JSONObject = ["name": .string(lock.name), "holder": .string(lock.holder)]
                    object["since"] = lock.since.map { .string($0.description) }
                    object["ttlMs"] = lock.ttl.map { .int($0.wholeMilliseconds) }
                    return .object(object)
                }))
    }

    /// What this instance knows without counting anything in the store.
    @Sendable private func stats(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let workers = try await engine.store.workers().filter(\.isLive)
        let flows = try await engine.store.flows()
        return .json(
            [
                "workerId": .string(engine.workerID.description), "running": .bool(engine.isRunning),
                "draining": .bool(engine.isDraining),
                "executionsInProgress": .int(Int64(engine.executionsInProgress)),
                "concurrency": .int(Int64(engine.configuration.claims ? engine.configuration.concurrency : 0)),
                "handlers": .int(Int64(engine.handlers.types.count)), "flows": .int(Int64(flows.count)),
                "liveWorkers": .int(Int64(workers.count)),
                "coordination": [
                    "shared": .bool(engine.coordination.health.isShared), "up": .bool(engine.coordination.health.isUp),
                ],
                "at": .string(engine.clock.now.description),
            ] as JSONObject)
    }
}
