/// What the metrics mean, for `# HELP`.
enum MetricHelp {
    static func text(of name: String) -> String {
        known[name] ?? "\(name.replacing("_", with: " "))."
    }

    private static let known = [
        "skein_wakes_total": "Executions claimed, by what made the instance look.",
        "skein_wake_lateness_seconds": "How long after its due time an execution was claimed.",
        "skein_fenced_total": "Writes that were refused because another instance had taken over.",
        "skein_backlog_rests_total": "Times that a backlog was left alone for a moment, for the sake of other tenants.",
        "skein_recovered_total": "Executions taken over from an instance that did not let go.",
        "skein_leader": "Whether this instance leads a duty.",
        "skein_idempotency_hits_total": "Creates answered with an execution that existed, by who remembered it.",
        "skein_schedule_decisions_total": "Ticks of schedules that this instance decided, by what was decided.",
        "skein_schedule_lateness_seconds": "How long after its instant a tick that started an execution was decided.",
        "skein_redis_up": "Whether Redis answers; 0 too when there is none.",
        "skein_locks_held": "Locks this instance holds.",
        "skein_claims_total": "Executions claimed from the store.",
        "skein_commit_batch_size": "Log rows per transaction.",
        "skein_executions_created_total": "Executions created by this instance.",
        "skein_executions_ended_total": "Executions that ended in this instance's hands.",
        "skein_steps_total": "Attempts of steps that ended.",
        "skein_executions_in_progress": "Executions this instance drives now.",
        "skein_http_requests_total": "Requests answered.",
        "skein_http_request_duration_seconds": "How long requests took until their answer began.",
    ]
}
