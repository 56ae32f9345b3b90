-- For each finding, the 100 MX hosts of most domains that have it.
SELECT finding, host, coalesce(provider, '') AS provider, domains
FROM (
  SELECT DISTINCT unnest(findings).code AS finding, host, provider, domains
  FROM read_parquet('RUN/hosts/*.parquet')
)
QUALIFY row_number() OVER (PARTITION BY finding ORDER BY domains DESC, host) <= 100
ORDER BY finding, domains DESC, host
LIMIT 10000;
