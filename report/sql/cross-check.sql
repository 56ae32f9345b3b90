-- Questions that were put to a second resolver, too, by how its answer compares.
WITH asked AS (
  SELECT unnest(cross_check) AS c FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT unnest(cross_check) FROM read_parquet('RUN/hosts/*.parquet')
)
SELECT c.type AS lookup, c.outcome AS outcome, coalesce(c.ours, '') AS ours, coalesce(c.theirs, '') AS theirs, count(*) AS questions
FROM asked
GROUP BY ALL
ORDER BY lookup, outcome, ours, theirs
LIMIT 10000;
