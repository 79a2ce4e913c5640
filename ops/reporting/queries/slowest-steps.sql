-- Where do the last 24 hours go? Steps by the time that they took altogether, with the worst hour's p95.
SELECT flow_id, step_id, sum(attempts) AS attempts, round(sum(total_ms) / 1000) AS total_s, round(sum(total_ms) / sum(attempts), 1) AS avg_ms,
    max(p95_ms) AS worst_p95_ms, max(p99_ms) AS worst_p99_ms
FROM skein_report.step_latency_v1
WHERE hour >= now() - INTERVAL '24 hours'
GROUP BY flow_id, step_id
ORDER BY total_s DESC
LIMIT 20;
