-- MX hosts that fail for names that are in both runs and had not failed before.
-- NOW and PREVIOUS stand for the directories of the latest run and of the one before it.
SELECT m.host AS host, count(*) AS names
FROM (
  SELECT unnest(b.mx) AS m
  FROM read_parquet('PREVIOUS/domains/*.parquet') a JOIN read_parquet('NOW/domains/*.parquet') b USING (domain)
  WHERE b.verdict = 'dane-failed' AND a.verdict IS DISTINCT FROM 'dane-failed'
)
WHERE m.verdict IN ('mismatch', 'no-starttls', 'tls-error', 'mixed')
GROUP BY ALL
ORDER BY names DESC, host
LIMIT 100;
