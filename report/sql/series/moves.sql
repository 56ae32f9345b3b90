-- Names that are in both runs and whose verdict changed.
-- NOW and PREVIOUS stand for the directories of the latest run and of the one before it.
SELECT coalesce(a.verdict, '') AS verdict_before, coalesce(b.verdict, '') AS verdict_now, count(*) AS names
FROM read_parquet('PREVIOUS/domains/*.parquet') a JOIN read_parquet('NOW/domains/*.parquet') b USING (domain)
WHERE a.verdict IS DISTINCT FROM b.verdict
GROUP BY ALL
ORDER BY names DESC, verdict_before, verdict_now;
