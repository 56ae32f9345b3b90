-- Domains with DANE behind unproven MX records, by what their hosts are.
WITH words(n, hosts_are) AS (
  VALUES
    (1, 'all verified'),
    (2, 'some verified'),
    (3, 'none verified'),
    (4, 'one fails'),
    (5, 'one has no answer')
), counted AS (
  SELECT CASE
      WHEN hosts_failed > 0 THEN 'one fails'
      WHEN hosts_unknown > 0 THEN 'one has no answer'
      WHEN hosts_verified = 0 THEN 'none verified'
      WHEN hosts_verified < hosts_total THEN 'some verified'
      ELSE 'all verified' END AS hosts_are,
    count(*) AS domains
  FROM read_parquet('RUN/domains/*.parquet')
  WHERE verdict = 'half-dane'
  GROUP BY 1
)
SELECT hosts_are, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (hosts_are)
ORDER BY n;
