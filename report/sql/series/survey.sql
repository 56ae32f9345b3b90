-- The 20 MX providers of most names with DANE, in the latest run and in the one before it. For a year ago, put that run in place of PREVIOUS.
-- NOW and PREVIOUS stand for the directories of the latest run and of the one before it.
WITH counted AS (
  SELECT 'now' AS run, provider, mx_kind, hosts_with_tlsa, verdict FROM read_parquet('NOW/domains/*.parquet')
  UNION ALL
  SELECT 'previous', provider, mx_kind, hosts_with_tlsa, verdict FROM read_parquet('PREVIOUS/domains/*.parquet')
), with_dane AS (
  SELECT provider, count(*) FILTER (run = 'now') AS now, count(*) FILTER (run = 'previous') AS previous
  FROM counted
  WHERE provider IS NOT NULL AND mx_kind IN ('mx', 'implicit') AND hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane')
  GROUP BY provider
), names AS (
  SELECT provider, count(*) AS names FROM read_parquet('NOW/domains/*.parquet') GROUP BY provider
)
SELECT provider, now, previous
FROM with_dane JOIN names USING (provider)
WHERE now > 0
ORDER BY now DESC, names DESC, provider
LIMIT 20;
