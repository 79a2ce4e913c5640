-- Which ticks did not start what they should, or started something that did not complete?
SELECT name, flow_id, decision, execution_status, count(*) AS ticks, min(tick_at) AS first, max(tick_at) AS last, round(max(late_ms)) AS latest_ms, max(error) AS error
FROM skein_report.schedule_history_v1
WHERE tick_at >= now() - INTERVAL '7 days'
    AND (decision NOT IN ('fired', 'buffered') OR execution_status IN ('failed', 'cancelled', 'rolled_back', 'rollback_failed'))
GROUP BY name, flow_id, decision, execution_status
ORDER BY ticks DESC;
