import SkeinCore
package import SkeinSimulation

/// The flows of a run: families of random shape, of three levels each, and some of known shape.
package struct FlowFamily: Sendable {
    package let flows: [SimulatedFlow]
    /// Heads of the families: what clients start.
    package let heads: [String]

    /// - Parameter families: how many of random shape.
    package init(seed: UInt64, families: Int) {
        var flows: [SimulatedFlow] = []
        for index in 0..<families {
            for level in 0..<3 {
                flows.append(
                    SimulatedFlow(
                        seed: seed &+ UInt64(index) &* 7_919, level: level, family: "f\(index)-", pace: .real))
            }
        }
        heads = (0..<families).map { "f\($0)-level0" } + ["chain", "chain", "brief", "brief", "errand", "errand"]
        flows.append(
            SimulatedFlow(id: "chain", [.work, .work, .work, .work, .work]) { index, step in
                if index == 1 { step.undo = "undo" }
            })
        flows.append(SimulatedFlow(id: "brief", [.work]))
        flows.append(SimulatedFlow(id: "sleeper", [.signal, .work]))
        flows.append(SimulatedFlow(id: "timer", [.timer, .work]))
        flows.append(SimulatedFlow(id: "slow", [.slow, .work]) { _, step in step.delay = 1_500 })
        flows.append(
            SimulatedFlow(id: "errand", [.work, .work, .flaky]) { index, step in
                if index != 1 { step.type = RemoteHands.type(of: step.kind) }
                if step.kind == .flaky { step.retries = 6 }
            })
        flows += LoadSchedule.all.map { SimulatedFlow(id: $0.name, [$0.kind]) { _, step in step.delay = 1_500 } }
        self.flows = flows
    }

    package func flow(_ id: String) -> SimulatedFlow? { flows.first { $0.id == id } }
}
