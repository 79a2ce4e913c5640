/// Which variables of the environment are meant for this command.
enum EnvironmentNames {
    /// Variables that other commands and the scripts read.
    private static let others: Set = ["SKEIN_URL"]
    /// What begins like this belongs to flows and to the scripts.
    private static let families = ["SKEIN_SECRET_", "SKEIN_TEST_", "SKEIN_BENCH_"]

    /// Without the variables that Kubernetes makes for services, whatever their names, and without empty ones.
    static func meant(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, value in
            if value.isEmpty { return false }
            return !(name.hasPrefix("SKEIN_") && isServiceLink(name, value))
        }
    }

    /// One warning for each `SKEIN_*` variable that means nothing, in the order of names.
    static func warnings(_ environment: [String: String]) -> [String] {
        meant(environment).keys.sorted().compactMap { name in
            guard name.hasPrefix("SKEIN_"), Setting(rawValue: name) == nil, !others.contains(name) else { return nil }
            guard !families.contains(where: { name.hasPrefix($0) }) else { return nil }
            let nearest = Setting.meant(by: name) ?? NameSuggestion.nearest(to: name, among: others)
            return "the variable \(name) has no meaning\(nearest.map { "; did you mean \($0)?" } ?? "")"
        }
    }

    /// `SKEIN_PORT=tcp://…`, `SKEIN_SERVICE_HOST`, `SKEIN_PORT_7580_TCP_ADDR`.
    private static func isServiceLink(_ name: String, _ value: String) -> Bool {
        if ["tcp://", "udp://", "sctp://"].contains(where: { value.hasPrefix($0) }) { return true }
        if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
        let parts = name.split(separator: "_")
        guard let port = parts.firstIndex(of: "PORT"), port + 2 < parts.count else { return false }
        return Int(parts[port + 1]) != nil && ["TCP", "UDP", "SCTP"].contains(parts[port + 2])
    }
}
