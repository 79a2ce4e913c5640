-- What do attempts cost that came to nothing? Time of attempts that failed or ran out of time cannot be told apart in the roll-ups: it is
-- estimated from the mean of the hour.
SELECT flow_id, step_id, sum(attempts) AS attempts, sum(failed + timed_out) AS in_vain,
    round(100.0 * sum(failed + timed_out) / sum(attempts), 2) AS percent_in_vain, round(sum(avg_ms * (failed + timed_out)) / 1000, 1) AS about_s_in_vain
FROM skein_report.step_latency_v1
WHERE hour >= now() - INTERVAL '7 days'
GROUP BY flow_id, step_id
HAVING sum(failed + timed_out) > 0
ORDER BY about_s_in_vain DESC;
