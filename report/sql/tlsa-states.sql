-- MX hosts by what their TLSA lookups came to.
WITH words(n, state) AS (
  VALUES
    (1, 'usable'),
    (2, 'unusable'),
    (3, 'error'),
    (4, 'insecure'),
    (5, 'none'),
    (6, 'not-asked')
), keyed AS (
  SELECT host, tlsa_state AS state FROM read_parquet('RUN/hosts/*.parquet')
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT state, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT state, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT state, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_host USING (state) LEFT JOIN by_domain USING (state)
ORDER BY n;
