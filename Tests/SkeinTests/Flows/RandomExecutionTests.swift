import Skein
import SkeinCore
import SkeinTesting
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Random flows, random crashes, random operators: what the log says must make sense to somebody who did not write it.
///
/// `SKEIN_SEED=17` runs one seed. The seed determines the flow and what happens to it; steps of branches that run at once
/// may end in another order.
@Suite(.timeLimit(.minutes(2)))
struct RandomExecutionTests {
    static let seeds: [UInt64] =
        getenv("SKEIN_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0] } ?? Array(0..<300)

    @Test(arguments: seeds)
    func `whatever happens to an execution, its log makes sense`(seed: UInt64) async throws {
        let world = SimulatedWorld(seed: seed)
        let end: Execution
        do {
            end = try await world.run()
        } catch {
            let all = try await world.desk.executions()
            let events = try await world.desk.events(of: all[0].id, limit: .max)
            Issue.record("SKEIN_SEED=\(seed): \(error)\n\(Self.text(world, events))")
            return
        }
        let events = try await world.desk.events(of: end.id, limit: .max)
        let said = AuditReducer(world.flow, events)
        let problems = said.problems + (said.status == end.status.rawValue ? [] : ["\(said.status) is \(end.status)"])
        #expect(problems.isEmpty, "SKEIN_SEED=\(seed): \(problems)\n\(Self.text(world, events))")
        try await Self.expectSameFold(world, end)
    }

    /// The log folded from the beginning, and from a snapshot taken after each of its rows.
    private static func expectSameFold(_ world: SimulatedWorld, _ end: Execution) async throws {
        let rows = try await world.store.rows(of: end.id, from: 1, limit: .max)
        let graph = FlowGraph(try #require(FlowSpec.validate(world.flow.definition).spec))
        var state = graph.state(end.creation)
        var copies: [ExecutionState] = []
        for row in rows {
            let body = try LogBody(decoding: row.body, of: end.id)
            for index in copies.indices { copies[index].apply(body.events, position: row.position, at: body.at) }
            state.apply(body.events, position: row.position, at: body.at)
            let snapshot = try JSONValue(parsing: state.snapshot())
            copies.append(try #require(ExecutionState(end.creation, traits: graph.traits, snapshot: snapshot)))
        }
        for (row, copy) in zip(rows, copies) {
            #expect(copy == state, "SKEIN_SEED=\(world.seed): from the snapshot after \(row.position)")
        }
        #expect(state.status == end.status && state.context == end.context, "SKEIN_SEED=\(world.seed)")
    }

    private static func text(_ world: SimulatedWorld, _ events: [AuditEvent]) -> String {
        let lines = events.map { event in
            var line = "\(event.seq) \(event.type) \(event.stepID?.rawValue ?? "")"
            for key in ["next", "joins", "cause", "steps", "actor"] {
                if let value = event.metadata[key] { line += " \(key)=\(value)" }
            }
            return line
        }
        return (["\(world.flow.definition)"] + lines).joined(separator: "\n")
    }
}
