-- The last two weeks, day by day: how much, how well, how fast.
SELECT day, sum(created) AS created, sum(completed) AS completed, sum(failed + rolled_back + rollback_failed) AS failed, sum(cancelled) AS cancelled,
    round(sum(avg_ms * completed) / NULLIF(sum(completed), 0), 1) AS avg_ms, max(p95_ms) AS worst_flow_p95_ms
FROM skein_report.flow_daily_v1
WHERE day > current_date - 14
GROUP BY day
ORDER BY day DESC;
