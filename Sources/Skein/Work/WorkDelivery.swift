import SkeinCore

/// Attempts on their way to the worker that claimed them. Unless somebody says that they have arrived, they are given
/// back as soon as nobody carries them any more. What got lost unnoticed comes back with its lease.
public final class WorkDelivery: Sendable {
    public let batch: WorkBatch
    private let desk: WorkDesk
    private let hasArrived = Flag()

    init(_ batch: WorkBatch, from desk: WorkDesk) {
        self.batch = batch
        self.desk = desk
    }

    /// The worker has them, as far as anybody can tell: from here on their lease counts.
    public func arrived() { hasArrived.raise() }

    deinit {
        guard !hasArrived.isRaised, !batch.items.isEmpty else { return }
        let (desk, items) = (desk, batch.items)
        detached { await desk.giveBack(items) }
    }
}

extension WorkDesk {
    /// A claim whose answer may be lost on its way.
    ///
    /// - Throws: as ``claim(_:)``.
    public func deliver(_ request: WorkRequest) async throws -> WorkDelivery {
        WorkDelivery(try await claim(request), from: self)
    }
}
