-- Which flows fail more often today than on the same hours of this day last week? Shares of what ended, in percent.
SELECT flow_id,
    sum(failed + rolled_back + rollback_failed) FILTER (WHERE hour >= t.today) AS failed_today,
    round(100.0 * sum(failed + rolled_back + rollback_failed) FILTER (WHERE hour >= t.today)
        / NULLIF(sum(completed + failed + cancelled + rolled_back + rollback_failed) FILTER (WHERE hour >= t.today), 0), 2) AS percent_today,
    round(100.0 * sum(failed + rolled_back + rollback_failed) FILTER (WHERE hour < t.today)
        / NULLIF(sum(completed + failed + cancelled + rolled_back + rollback_failed) FILTER (WHERE hour < t.today), 0), 2) AS percent_last_week,
    max(as_of) AS as_of
FROM skein_report.flow_hourly_v1
    CROSS JOIN (SELECT date_trunc('day', now(), 'UTC') AS today) t
WHERE hour >= t.today OR (hour >= t.today - INTERVAL '7 days' AND hour <= now() - INTERVAL '7 days')
GROUP BY flow_id
ORDER BY percent_today DESC NULLS LAST, flow_id;
