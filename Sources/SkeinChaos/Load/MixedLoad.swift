import SkeinCore
import SkeinSimulation

/// Clients that do all sorts of things at once, by chance that a seed determines.
package struct MixedLoad: Sendable {
    private let client: LoadClient
    private let family: FlowFamily
    private let seed: UInt64

    package init(_ client: LoadClient, _ family: FlowFamily, seed: UInt64) {
        self.client = client
        self.family = family
        self.seed = seed
    }

    /// Runs processes until `isOver` says so.
    ///
    /// - Parameters:
    ///   - pause: between two requests of one process.
    package func run(
        processes: Int, pause: Duration = .milliseconds(20), until isOver: @escaping @Sendable () async -> Bool
    ) async {
        await withDiscardingTaskGroup { group in
            for process in 0..<processes {
                group.addTask {
                    var dice = Dice(seed &+ UInt64(process) &* 104_729)
                    var round = 0
                    while !Task.isCancelled {
                        if await isOver() { return }
                        await act(process, round, &dice)
                        round += 1
                        try? await Task.sleep(for: pause)
                    }
                }
            }
        }
    }

    private func act(_ process: Int, _ round: Int, _ dice: inout Dice) async {
        let known = client.executions
        let head = family.heads[dice.below(family.heads.count)]
        let roll = dice.below(100)
        // A machine that cannot keep up proves nothing about wakes: everything would be late.
        if client.isBehind, roll < 60 { return }
        guard roll >= 45, !known.isEmpty else {
            await client.create(process, head, ["go": .bool(dice.percent(70))], key: "k-\(process)-\(round)")
            return
        }
        // Mostly one of the latest: the older ones have ended.
        let recent = known.suffix(40)
        let id = recent[recent.startIndex + dice.below(recent.count)]
        switch roll {
        case ..<52: await client.create(process, head, ["go": true])
        case ..<60: await contend(process, head, "c-\(process)-\(round)")
        case ..<84: await client.signal(process, id, ["go", "go", "other", "nobody"][dice.below(4)])
        case ..<90: await client.resume(process, id)
        case ..<94: await client.cancel(process, id)
        case ..<96: await client.pause(process, id)
        default: await collide(process, id)
        }
    }

    /// One key several times at once, once with another payload.
    private func contend(_ process: Int, _ flow: String, _ key: String) async {
        let marker = client.newPayload()
        await withDiscardingTaskGroup { group in
            for index in 0..<4 {
                group.addTask {
                    await client.create(
                        process, flow, ["go": .bool(index < 3)], key: key, marker: index < 3 ? marker : nil)
                }
            }
        }
    }

    /// A cancel, a signal and a resume at the same moment.
    private func collide(_ process: Int, _ id: String) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await client.cancel(process, id) }
            group.addTask { await client.signal(process, id, "go") }
            group.addTask { await client.resume(process, id) }
        }
    }
}
