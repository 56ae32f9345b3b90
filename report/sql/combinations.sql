-- MX hosts by the combinations of usage, selector and matching type that match nothing (RFC 7671, Section 8).
WITH keyed AS (
  SELECT host, unnest(combinations_uncovered) AS combination FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL
  SELECT host, 'all match' FROM read_parquet('RUN/hosts/*.parquet')
  WHERE verdict = 'verified' AND len(combinations_uncovered) = 0
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT combination, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT combination, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT combination, hosts, coalesce(domains, 0) AS domains
FROM by_host LEFT JOIN by_domain USING (combination)
ORDER BY domains DESC, hosts DESC, combination
LIMIT 10000;
