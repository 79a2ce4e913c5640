/// What a cancel does to an execution.
public enum CancelPolicy: String, Sendable, Hashable, CaseIterable {
    /// It ends where it is.
    case stop
    /// What it completed is compensated first.
    case rollback
}

/// What the other branches of an execution do when one has failed for good.
public enum BranchFailurePolicy: String, Sendable, Hashable, CaseIterable {
    /// They go on to their ends; then the execution fails or is rolled back.
    case wait
    /// They are cancelled.
    case cancel
}
