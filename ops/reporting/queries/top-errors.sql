-- What goes wrong most, and what is new? Errors that differ in numbers, ids and quoted text only are one.
SELECT flow_id, step_id, code, max(message) AS for_example, sum(n_24h) AS last_24h, sum(n_7d) AS last_7d, min(first_seen) AS first_seen,
    max(last_seen) AS last_seen, min(first_seen) > now() - INTERVAL '24 hours' AS is_new
FROM skein_report.failures_v1
GROUP BY flow_id, step_id, code, fingerprint
HAVING sum(n_7d) > 0
ORDER BY last_24h DESC, last_7d DESC
LIMIT 25;
