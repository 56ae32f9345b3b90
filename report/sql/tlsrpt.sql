-- Domains that take mail by DANE and the state of their TLSRPT record.
WITH words AS (
  SELECT n, dane, m, tlsrpt
  FROM (VALUES (1, 'yes'), (2, 'no'), (3, 'unknown')) AS a(n, dane),
    (VALUES (1, 'valid'), (2, 'invalid'), (3, 'several'), (4, 'none'), (5, 'error'), (6, 'not asked')) AS b(m, tlsrpt)
), counted AS (
  SELECT CASE WHEN hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane') THEN 'yes'
      WHEN verdict = 'dane-undecided' THEN 'unknown' ELSE 'no' END AS dane,
    coalesce(tlsrpt.state, 'not asked') AS tlsrpt, count(*) AS domains
  FROM read_parquet('RUN/domains/*.parquet')
  WHERE mx_kind IN ('mx', 'implicit')
  GROUP BY ALL
)
SELECT dane, tlsrpt, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (dane, tlsrpt)
ORDER BY n, m;
