/// The columns of lists about executions.
enum ExecutionColumns {
    static let list = [
        Column("id"), Column("flowId", "FLOW"), Column("flowVersion", "VERSION"), Column("status", "STATUS", .status),
        Column("currentSteps", "STEPS"), Column("tag"), Column("wait.kind", "WAITS FOR"), Column("error.code", "ERROR"),
        Column("createdAt", "CREATED", .time), Column("endedAt", "ENDED", .time),
    ]
    static let steps = [
        Column("stepId", "STEP"), Column("type"), Column("status", "STATUS", .status), Column("attempt"),
        Column("startedAt", "STARTED", .time), Column("durationMs", "DURATION", .milliseconds),
        Column("waitingFor", "WAITS FOR"),
        Column("error.message", "ERROR"),
    ]
    static let attempts = [
        Column("stepId", "STEP"), Column("attempt"), Column("outcome", "OUTCOME", .status),
        Column("workerId", "WORKER"),
        Column("startedAt", "STARTED", .time), Column("durationMs", "DURATION", .milliseconds),
        Column("error.message", "ERROR"),
    ]
}
