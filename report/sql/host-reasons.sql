-- MX hosts by the reason of their verdict.
WITH keyed AS (
  SELECT host, verdict, reason FROM read_parquet('RUN/hosts/*.parquet') WHERE reason IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT verdict, reason, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT verdict, reason, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT verdict, reason, hosts, coalesce(domains, 0) AS domains
FROM by_host LEFT JOIN by_domain USING (verdict, reason)
ORDER BY domains DESC, hosts DESC, verdict, reason
LIMIT 10000;
