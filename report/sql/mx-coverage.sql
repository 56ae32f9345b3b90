-- Domains with DANE by which of their MX hosts are verified; the primary hosts are those of the best preference.
WITH words(n, verified) AS (
  VALUES
    (1, 'all hosts'),
    (2, 'primary only'),
    (3, 'some hosts'),
    (4, 'backup only'),
    (5, 'none')
), counted AS (
  SELECT CASE
      WHEN good = 0 THEN 'none'
      WHEN good = total THEN 'all hosts'
      WHEN primary_good = primary_total AND good = primary_good THEN 'primary only'
      WHEN primary_good = 0 THEN 'backup only'
      ELSE 'some hosts' END AS verified,
    count(*) AS domains
  FROM (
    SELECT len(mx) AS total,
      len(list_filter(mx, lambda m: coalesce(m.verdict = 'verified', false))) AS good,
      len(list_filter(mx, lambda m: m.preference = best)) AS primary_total,
      len(list_filter(mx, lambda m: m.preference = best AND coalesce(m.verdict = 'verified', false))) AS primary_good
    FROM (
      SELECT mx, list_min(list_transform(mx, lambda m: m.preference)) AS best
      FROM read_parquet('RUN/domains/*.parquet')
      WHERE mx_kind IN ('mx', 'implicit') AND hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane')
    )
  )
  GROUP BY 1
)
SELECT verified, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (verified)
ORDER BY n;
