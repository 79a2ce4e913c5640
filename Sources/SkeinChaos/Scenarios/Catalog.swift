/// All scenarios there are.
package enum Catalog {
    static let all =
        ProcessScenarios.all + RedisScenarios.all + PostgresScenarios.all + NetworkScenarios.all + LoadScenarios.all

    /// Names, tiers and titles for people.
    package static var list: String {
        all.map { scenario in
            let tiers = scenario.tiers.map(\.rawValue).sorted().joined(separator: ",")
            let name = scenario.name + String(repeating: " ", count: max(1, 6 - scenario.name.count))
            return
                "\(name)\(scenario.skipped == nil ? tiers : "-")\t\(scenario.title)\(scenario.skipped.map { "  (skipped: \($0))" } ?? "")"
        }.joined(separator: "\n")
    }

    /// Groups that share one world: those of tier A, as far as their worlds are alike.
    static func groups(of names: [String]) throws -> [[Scenario]] {
        if names == ["a"] {
            let quick = all.filter { $0.tiers.contains(.a) && $0.skipped == nil }
            let own = quick.filter { ["R3", "R8"].contains($0.name) }
            return [quick.filter { scenario in !own.contains { $0.name == scenario.name } }] + own.map { [$0] }
        }
        if names == ["b"] { return all.map { [$0] } }
        return try names.map { name in
            guard let scenario = all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw ChaosFailure("there is no scenario '\(name)'; `skein-chaos list` names them")
            }
            return [scenario]
        }
    }
}
