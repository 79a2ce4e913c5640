/// Something that must be true of every history.
package protocol Invariant: Sendable {
    /// `I1` … `I18`, and a few words.
    static var name: String { get }

    init()

    /// Looks at everything that it is about.
    func check(_ history: History, _ finding: inout Evidence)
}

/// What an invariant collects while it looks.
package struct Evidence: Sendable {
    package var looked = 0
    package var problems: [String] = []
    /// Why it cannot say anything.
    package var silence: String?

    package init() {}

    /// Looks at one thing.
    package mutating func expect(_ holds: Bool, _ problem: @autoclosure () -> String) {
        looked += 1
        if !holds { problems.append(problem()) }
    }
}

extension Invariant {
    /// The verdict on a history.
    package static func judge(_ history: History) -> Verdict {
        var evidence = Evidence()
        Self().check(history, &evidence)
        let finding: Verdict.Finding
        if !evidence.problems.isEmpty {
            finding = .violated
        } else if let silence = evidence.silence {
            finding = .notCovered(silence)
        } else {
            finding = evidence.looked == 0 ? .notCovered("nothing of the kind took place in this run") : .holds
        }
        return Verdict(name: name, finding: finding, evidence: evidence.problems, looked: evidence.looked)
    }
}

/// All invariants of the matrix.
package enum Checker {
    static let invariants: [any Invariant.Type] = [
        AcknowledgedIsThere.self, LogMeansState.self, LogIsGapless.self, OnlyTheOwnerWrites.self,
        OneResultPerStep.self, TokensFence.self, NoLostWake.self, EachTickOnce.self, OneExecutionPerKey.self,
        SignalsInOrder.self, WebhooksDelivered.self, CancelWins.self, StreamsAreWhole.self, PoisonIsSetAside.self,
        EverythingEnds.self, TenantsApart.self, LogIsEvidence.self, ReportsCountOnce.self,
    ]

    /// A verdict for each.
    package static func judge(_ history: History) -> [Verdict] {
        invariants.map { $0.judge(history) }
    }
}
