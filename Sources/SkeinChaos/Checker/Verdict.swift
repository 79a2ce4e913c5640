/// What the checker says about one invariant.
package struct Verdict: Sendable {
    /// How it stands.
    package enum Finding: Sendable, Hashable {
        case holds
        case violated
        /// Nothing in the product can be held against it yet, or nothing was recorded.
        case notCovered(String)
    }

    package var name: String
    package var finding: Finding
    /// What contradicts it, each with the execution or the line that shows it.
    package var evidence: [String]
    /// How many things were looked at.
    package var looked: Int

    package var isViolated: Bool { finding == .violated }

    /// One line for people, with the first pieces of evidence.
    package var text: String {
        switch finding {
        case .holds: return "\(name)  holds         \(looked) looked at"
        case .notCovered(let reason): return "\(name)  NOT COVERED   \(reason)"
        case .violated:
            let some = evidence.prefix(10).map { "\n      \($0)" }.joined()
            let more = evidence.count > 10 ? "\n      … and \(evidence.count - 10) more" : ""
            return "\(name)  VIOLATED      \(evidence.count) of \(looked)\(some)\(more)"
        }
    }
}
