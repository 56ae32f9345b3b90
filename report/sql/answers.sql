-- Lookups that were answered, that did not validate, and that got no answer.
WITH words(n, lookup, answer) AS (
  VALUES
    (1, 'MX', 'answered'),
    (2, 'MX', 'validation failed'),
    (3, 'MX', 'no answer'),
    (4, 'A', 'answered'),
    (5, 'A', 'validation failed'),
    (6, 'A', 'no answer'),
    (7, 'AAAA', 'answered'),
    (8, 'AAAA', 'validation failed'),
    (9, 'AAAA', 'no answer'),
    (10, 'TLSA', 'answered'),
    (11, 'TLSA', 'validation failed'),
    (12, 'TLSA', 'no answer')
), lookups AS (
  SELECT 'MX' AS lookup, NULL AS host, domain, mx_lookup AS l, scanned_at AS made FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'A', host, NULL, a, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'AAAA', host, NULL, aaaa, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'TLSA', host, NULL, c.lookup, c.looked_up_at
    FROM (SELECT host, unnest(tlsa_candidates) AS c FROM read_parquet('RUN/hosts/*.parquet'))
), keyed AS (
  SELECT lookup, host, domain, CASE
      WHEN l.outcome = 'bogus' THEN 'validation failed'
      WHEN l.outcome IN ('found', 'nodata', 'nxdomain') THEN 'answered'
      ELSE 'no answer' END AS answer
  FROM lookups
  WHERE l IS NOT NULL AND l.outcome IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT lookup, answer, domain FROM keyed WHERE domain IS NOT NULL
  UNION
  SELECT keyed.lookup, keyed.answer, named.domain FROM keyed JOIN named USING (host)
), by_lookup AS (
  SELECT lookup, answer, count(*) AS lookups, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT lookup, answer, count(*) AS domains FROM of_domain GROUP BY ALL
)
SELECT lookup, answer, coalesce(lookups, 0) AS lookups, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_lookup USING (lookup, answer) LEFT JOIN by_domain USING (lookup, answer)
ORDER BY n;
