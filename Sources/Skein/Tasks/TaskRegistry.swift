import SkeinCore
import Synchronization

/// The tasks of one engine, by name, and under which version of its flow the store knows each.
final class TaskRegistry: Sendable {
    private struct State {
        var tasks: [String: TaskDefinition] = [:]
        var versions: [String: (number: Int, version: String)] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    private let registration = Coalescer<String, String>()
    /// Rung when there is something that the store does not know.
    let news = Alarm()

    subscript(name: String) -> TaskDefinition? { state.withLock { $0.tasks[name] } }

    func use(_ name: String, _ options: TaskHandlerOptions) {
        state.withLock { state in
            state.count += 1
            state.tasks[name] = TaskDefinition(name: name, options: options, number: state.count)
        }
        news.poke()
    }

    /// Returns whether there was one.
    func unuse(_ name: String) -> Bool {
        state.withLock { $0.tasks.removeValue(forKey: name) != nil }
    }

    /// Tasks that the store has yet to be told of.
    var pending: [String] {
        state.withLock { state in
            state.tasks.values.filter { state.versions[$0.name]?.number != $0.number }.map(\.name).sorted()
        }
    }

    /// The version of a task's flow, which is registered if it is not; nil: no such task.
    func version(of name: String, in engine: Engine) async throws -> String? {
        while true {
            let (task, known) = state.withLock { ($0.tasks[name], $0.versions[name]) }
            guard let task else { return nil }
            if let known, known.number == task.number { return known.version }
            let version = try await registration.value(for: "\(task.number)") { _ in
                try await engine.registerLatest(task.flow(engine.configuration.tasks)).flow.version.description
            }
            state.withLock { $0.versions[name] = (task.number, version) }
        }
    }
}
