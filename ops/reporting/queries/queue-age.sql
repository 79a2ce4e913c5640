-- Is work left lying? What is due, for how long the oldest has been, and how many live workers could take it.
SELECT q.flow_id, q.needs, sum(q.due_now) AS due_now, round(max(q.oldest_due_ms) / 1000, 1) AS oldest_due_s, sum(q.running) AS running, sum(q.later) AS later,
    (SELECT count(*) FROM skein_report.workers_v1 w WHERE w.live AND q.needs = ANY (w.handlers)) AS workers
FROM skein_report.queue_depth_v1 q
GROUP BY q.flow_id, q.needs
ORDER BY oldest_due_s DESC NULLS LAST, due_now DESC;
