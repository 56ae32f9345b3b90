-- Lookups by outcome, DNSSEC status and its reason.
WITH lookups AS (
  SELECT 'MX' AS lookup, NULL AS host, domain, mx_lookup AS l, scanned_at AS made FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'A', host, NULL, a, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'AAAA', host, NULL, aaaa, scanned_at FROM read_parquet('RUN/hosts/*.parquet')
  UNION ALL SELECT 'TLSA', host, NULL, c.lookup, c.looked_up_at
    FROM (SELECT host, unnest(tlsa_candidates) AS c FROM read_parquet('RUN/hosts/*.parquet'))
), keyed AS (
  SELECT lookup, host, domain, l.outcome AS outcome, coalesce(l.dnssec, '') AS status, coalesce(l.reason, '') AS reason
  FROM lookups
  WHERE l IS NOT NULL AND l.outcome IS NOT NULL
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT lookup, outcome, status, reason, domain FROM keyed WHERE domain IS NOT NULL
  UNION
  SELECT keyed.lookup, keyed.outcome, keyed.status, keyed.reason, named.domain FROM keyed JOIN named USING (host)
), by_lookup AS (
  SELECT lookup, outcome, status, reason, count(*) AS lookups, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT lookup, outcome, status, reason, count(*) AS domains FROM of_domain GROUP BY ALL
)
SELECT lookup, outcome, status, reason, lookups, hosts, coalesce(domains, 0) AS domains
FROM by_lookup LEFT JOIN by_domain USING (lookup, outcome, status, reason)
ORDER BY domains DESC, hosts DESC, lookups DESC, lookup, outcome, status, reason
LIMIT 10000;
