-- Answered MX and TLSA lookups by time to live.
WITH words(n, lookup, ttl) AS (
  VALUES
    (1, 'MX', 'under 300 s'),
    (2, 'MX', '300 s to 1 h'),
    (3, 'MX', '1 h'),
    (4, 'MX', '1 h to 1 day'),
    (5, 'MX', '1 day and more'),
    (6, 'TLSA', 'under 300 s'),
    (7, 'TLSA', '300 s to 1 h'),
    (8, 'TLSA', '1 h'),
    (9, 'TLSA', '1 h to 1 day'),
    (10, 'TLSA', '1 day and more')
), lookups AS (
  SELECT 'MX' AS lookup, NULL AS host, domain, mx_lookup AS l, scanned_at AS made FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'A', host, NULL, a, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'AAAA', host, NULL, aaaa, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'TLSA', host, NULL, c.lookup, c.looked_up_at
    FROM (SELECT host, unnest(tlsa_candidates) AS c FROM read_parquet('RUN/hosts/*.parquet'))
), keyed AS (
  SELECT lookup, host, domain, CASE
      WHEN l.ttl < 300 THEN 'under 300 s'
      WHEN l.ttl < 3600 THEN '300 s to 1 h'
      WHEN l.ttl < 3601 THEN '1 h'
      WHEN l.ttl < 86400 THEN '1 h to 1 day'
      ELSE '1 day and more' END AS ttl
  FROM lookups
  WHERE lookup IN ('MX', 'TLSA') AND l.outcome = 'found' AND l.ttl IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT lookup, ttl, domain FROM keyed WHERE domain IS NOT NULL
  UNION
  SELECT keyed.lookup, keyed.ttl, named.domain FROM keyed JOIN named USING (host)
), by_lookup AS (
  SELECT lookup, ttl, count(*) AS lookups, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT lookup, ttl, count(*) AS domains FROM of_domain GROUP BY ALL
)
SELECT lookup, ttl, coalesce(lookups, 0) AS lookups, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_lookup USING (lookup, ttl) LEFT JOIN by_domain USING (lookup, ttl)
ORDER BY n;
