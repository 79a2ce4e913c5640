-- What was created in the last day and should have ended by now: alive for longer than 95 % of its flow's took on their worst day of the week.
SELECT e.id, e.flow_id, e.tenant_id, e.status, e.created_at, e.next_at, e.needs, t.p95_ms
FROM skein_report.executions_v1 e
    JOIN (SELECT flow_id, max(p95_ms) AS p95_ms FROM skein_report.flow_daily_v1 WHERE day > current_date - 7 GROUP BY flow_id) t ON t.flow_id = e.flow_id
WHERE e.created_at >= now() - INTERVAL '24 hours' AND e.status IN ('pending', 'running', 'waiting', 'paused', 'rolling_back')
    AND EXTRACT(EPOCH FROM now() - e.created_at) * 1000 > t.p95_ms
ORDER BY e.created_at
LIMIT 100;
