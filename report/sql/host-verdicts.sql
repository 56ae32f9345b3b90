-- MX hosts by verdict, and the domains that have them.
WITH words(n, verdict) AS (
  VALUES
    (1, 'verified'),
    (2, 'mismatch'),
    (3, 'no-starttls'),
    (4, 'tls-error'),
    (5, 'mixed'),
    (6, 'lookup-failed'),
    (7, 'unreachable'),
    (8, 'not-tested'),
    (9, 'unusable'),
    (10, 'insecure'),
    (11, 'none')
), keyed AS (
  SELECT host, verdict FROM read_parquet('RUN/hosts/*.parquet')
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT verdict, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT verdict, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT verdict, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_host USING (verdict) LEFT JOIN by_domain USING (verdict)
ORDER BY n;
