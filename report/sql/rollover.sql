-- Verified MX hosts by the scheme that covers their next certificate.
WITH words(n, scheme) AS (
  VALUES
    (1, 'current-next'),
    (2, 'current-issuer'),
    (3, 'none'),
    (4, 'unknown')
), keyed AS (
  SELECT host, coalesce(rollover, 'unknown') AS scheme FROM read_parquet('RUN/hosts/*.parquet') WHERE verdict = 'verified'
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT scheme, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT scheme, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT scheme, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_host USING (scheme) LEFT JOIN by_domain USING (scheme)
ORDER BY n;
