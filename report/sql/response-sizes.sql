-- Answered MX and TLSA lookups by the octets of the reply.
WITH words(n, lookup, octets) AS (
  VALUES
    (1, 'MX', 'to 512'),
    (2, 'MX', '513 to 1,232'),
    (3, 'MX', '1,233 to 4,096'),
    (4, 'MX', 'over 4,096'),
    (5, 'TLSA', 'to 512'),
    (6, 'TLSA', '513 to 1,232'),
    (7, 'TLSA', '1,233 to 4,096'),
    (8, 'TLSA', 'over 4,096')
), lookups AS (
  SELECT 'MX' AS lookup, NULL AS host, domain, mx_lookup AS l, scanned_at AS made FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'A', host, NULL, a, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'AAAA', host, NULL, aaaa, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'TLSA', host, NULL, c.lookup, c.looked_up_at
    FROM (SELECT host, unnest(tlsa_candidates) AS c FROM read_parquet('RUN/hosts/*.parquet'))
), keyed AS (
  SELECT lookup, host, domain, CASE
      WHEN l.size < 513 THEN 'to 512'
      WHEN l.size < 1233 THEN '513 to 1,232'
      WHEN l.size < 4097 THEN '1,233 to 4,096'
      ELSE 'over 4,096' END AS octets
  FROM lookups
  WHERE lookup IN ('MX', 'TLSA') AND l.outcome = 'found' AND l.size IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT lookup, octets, domain FROM keyed WHERE domain IS NOT NULL
  UNION
  SELECT keyed.lookup, keyed.octets, named.domain FROM keyed JOIN named USING (host)
), by_lookup AS (
  SELECT lookup, octets, count(*) AS lookups, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT lookup, octets, count(*) AS domains FROM of_domain GROUP BY ALL
)
SELECT lookup, octets, coalesce(lookups, 0) AS lookups, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_lookup USING (lookup, octets) LEFT JOIN by_domain USING (lookup, octets)
ORDER BY n;
