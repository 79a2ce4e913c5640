-- A wait is resumed once: whoever comes second is told so, instead of having the data accepted and dropped.

DELETE FROM @SCHEMA@.inbox later USING @SCHEMA@.inbox earlier
WHERE later.kind = 2 AND earlier.kind = 2 AND later.execution_id = earlier.execution_id AND later.name = earlier.name
    AND later.gen > earlier.gen;
CREATE UNIQUE INDEX inbox_resume ON @SCHEMA@.inbox (execution_id, name) WHERE kind = 2;
