-- What has been waiting longest, for what, and until when?
SELECT execution_id, flow_id, tenant_id, step_id, kind, reason, signal, since, until, round(waited_ms / 3600000, 1) AS waited_h
FROM skein_report.waiting_v1
ORDER BY since
LIMIT 50;
