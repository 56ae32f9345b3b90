-- Signed MX and TLSA answers by the remaining life of the signature when they were looked up.
WITH words(n, lookup, remaining) AS (
  VALUES
    (1, 'MX', 'expired'),
    (2, 'MX', 'under 1 day'),
    (3, 'MX', '1 to 3 days'),
    (4, 'MX', '3 to 7 days'),
    (5, 'MX', '7 to 14 days'),
    (6, 'MX', '14 to 30 days'),
    (7, 'MX', '30 days and more'),
    (8, 'TLSA', 'expired'),
    (9, 'TLSA', 'under 1 day'),
    (10, 'TLSA', '1 to 3 days'),
    (11, 'TLSA', '3 to 7 days'),
    (12, 'TLSA', '7 to 14 days'),
    (13, 'TLSA', '14 to 30 days'),
    (14, 'TLSA', '30 days and more')
), lookups AS (
  SELECT 'MX' AS lookup, NULL AS host, domain, mx_lookup AS l, scanned_at AS made FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'A', host, NULL, a, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'AAAA', host, NULL, aaaa, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'TLSA', host, NULL, c.lookup, c.looked_up_at
    FROM (SELECT host, unnest(tlsa_candidates) AS c FROM read_parquet('RUN/hosts/*.parquet'))
), keyed AS (
  SELECT lookup, host, domain, CASE
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 0 THEN 'expired'
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 86400 THEN 'under 1 day'
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 259200 THEN '1 to 3 days'
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 604800 THEN '3 to 7 days'
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 1209600 THEN '7 to 14 days'
      WHEN floor(epoch(l.rrsig_expires)) - floor(epoch(made)) < 2592000 THEN '14 to 30 days'
      ELSE '30 days and more' END AS remaining
  FROM lookups
  WHERE lookup IN ('MX', 'TLSA') AND l.outcome = 'found' AND l.rrsig_expires IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT lookup, remaining, domain FROM keyed WHERE domain IS NOT NULL
  UNION
  SELECT keyed.lookup, keyed.remaining, named.domain FROM keyed JOIN named USING (host)
), by_lookup AS (
  SELECT lookup, remaining, count(*) AS lookups, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT lookup, remaining, count(*) AS domains FROM of_domain GROUP BY ALL
)
SELECT lookup, remaining, coalesce(lookups, 0) AS lookups, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_lookup USING (lookup, remaining) LEFT JOIN by_domain USING (lookup, remaining)
ORDER BY n;
