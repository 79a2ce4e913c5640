import SkeinCore

/// What kills every process that runs it is set aside after a few deaths.
struct PoisonIsSetAside: Invariant {
    static let name = "I14 poison is set aside"
    static let deaths = 8

    func check(_ history: History, _ finding: inout Evidence) {
        var starts: [String: Int] = [:]
        for line in history.ledger where line.flow.string == "pill" && line.event.string == "start" {
            starts[line.execution.string ?? "", default: 0] += 1
        }
        for (id, row) in history.executions where row.flow.string == "pill" {
            let types = (history.log[id] ?? []).flatMap(\.types)
            finding.expect(
                types.contains { $0.contains("quarantined") } || types.contains("execution.failed"),
                "\(id) was never set aside: \(types.suffix(3))")
            let count = starts[id] ?? 0
            finding.expect(count <= Self.deaths, "\(id) killed \(count) processes")
        }
    }
}
