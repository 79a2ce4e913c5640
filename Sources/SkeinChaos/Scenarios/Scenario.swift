/// One fault, or one kind of load, and what must hold.
package struct Scenario: Sendable {
    /// When it runs.
    package enum Tier: String, Sendable, CaseIterable {
        /// With every test run; nightly; for hours.
        case a, b, c
    }

    /// As in the matrix: `F1`, `R3`, `P2f`, …
    package let name: String
    package let title: String
    package let tiers: Set<Tier>
    /// Why this machine or this product cannot do it; nil: it can.
    package let skipped: String?
    /// What its world must be like.
    let world: @Sendable (inout Lab.Settings) -> Void
    let act: @Sendable (Stage) async throws -> Void

    init(
        _ name: String, _ title: String, _ tiers: Set<Tier> = [.b],
        world: @escaping @Sendable (inout Lab.Settings) -> Void = { _ in },
        _ act: @escaping @Sendable (Stage) async throws -> Void
    ) {
        self.name = name
        self.title = title
        self.tiers = tiers
        self.world = world
        self.act = act
        skipped = nil
    }

    /// One that is not run, and says why.
    init(_ name: String, _ title: String, skipped reason: String) {
        self.name = name
        self.title = title
        tiers = [.b]
        skipped = reason
        world = { _ in }
        act = { _ in }
    }
}
