-- Who uses it most? Executions created, and the time that their steps took, in the last 24 hours.
SELECT f.tenant_id, f.created, f.ended, round(s.total_ms / 1000) AS step_s
FROM (
    SELECT tenant_id, sum(created) AS created, sum(completed + failed + cancelled + rolled_back + rollback_failed) AS ended
    FROM skein_report.flow_hourly_v1 WHERE hour >= now() - INTERVAL '24 hours' GROUP BY tenant_id
) f
    LEFT JOIN (
        SELECT tenant_id, sum(total_ms) AS total_ms FROM skein_report.step_latency_v1 WHERE hour >= now() - INTERVAL '24 hours' GROUP BY tenant_id
    ) s ON s.tenant_id = f.tenant_id
ORDER BY f.created DESC;
