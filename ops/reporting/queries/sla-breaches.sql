-- Which flows broke their promise in the last seven days, and how often?
SELECT flow_id, tenant_id, sum(ends) AS ends, sum(started_late) AS started_late, sum(ended_late) AS ended_late,
    round(100.0 * sum(ended_late) / sum(ends), 2) AS percent_ended_late
FROM skein_report.sla_v1
WHERE hour >= now() - INTERVAL '7 days'
GROUP BY flow_id, tenant_id
HAVING sum(started_late) + sum(ended_late) > 0
ORDER BY percent_ended_late DESC;
