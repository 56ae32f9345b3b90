-- How far the names of each range of ranks came.
WITH bins(n, "rank") AS (
  VALUES
    (1, '1 to 1,000'),
    (2, '1,001 to 10,000'),
    (3, '10,001 to 100,000'),
    (4, '100,001 to 1,000,000'),
    (5, 'over 1,000,000')
), with_tlsa AS (
  SELECT n, count(DISTINCT host) AS tlsa_hosts
  FROM (
    SELECT CASE WHEN "rank" <= 1000 THEN 1 WHEN "rank" <= 10000 THEN 2 WHEN "rank" <= 100000 THEN 3
      WHEN "rank" <= 1000000 THEN 4 ELSE 5 END AS n, unnest(mx).host AS host
    FROM read_parquet('RUN/domains/*.parquet')
    WHERE "rank" IS NOT NULL
  ) JOIN read_parquet('RUN/hosts/*.parquet') h USING (host)
  WHERE h.tlsa_state IN ('usable', 'unusable')
  GROUP BY ALL
), counted AS (
  SELECT CASE WHEN "rank" <= 1000 THEN 1 WHEN "rank" <= 10000 THEN 2 WHEN "rank" <= 100000 THEN 3
    WHEN "rank" <= 1000000 THEN 4 ELSE 5 END AS n,
  count(*) AS names,
  count(*) FILTER (mx_kind IN ('mx', 'implicit')) AS with_mail,
  count(*) FILTER (mx_kind IN ('mx', 'implicit') AND mx_secure) AS signed_mx,
  count(*) FILTER (mx_kind IN ('mx', 'implicit') AND hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane')) AS dane,
  count(*) FILTER (verdict = 'dane-verified') AS verified,
  count(*) FILTER (primary_verified) AS primary_verified,
  count(*) FILTER (verdict = 'dane-partial') AS "partial",
  count(*) FILTER (verdict = 'dane-failed') AS failed,
  count(*) FILTER (verdict = 'dane-undecided') AS undecided,
  count(*) FILTER (verdict = 'dane-unreachable') AS unreachable,
  count(*) FILTER (verdict = 'dane-not-tested') AS not_tested,
  count(*) FILTER (verdict = 'dane-unusable') AS unusable,
  count(*) FILTER (verdict = 'half-dane') AS half_dane,
  count(*) FILTER (verdict = 'dns-error') AS dns_error
  FROM read_parquet('RUN/domains/*.parquet')
  WHERE "rank" IS NOT NULL
  GROUP BY 1
)
SELECT "rank",
  coalesce(names, 0) AS names,
  coalesce(with_mail, 0) AS with_mail,
  coalesce(signed_mx, 0) AS signed_mx,
  coalesce(dane, 0) AS dane,
  coalesce(verified, 0) AS verified,
  coalesce(primary_verified, 0) AS primary_verified,
  coalesce("partial", 0) AS "partial",
  coalesce(failed, 0) AS failed,
  coalesce(undecided, 0) AS undecided,
  coalesce(unreachable, 0) AS unreachable,
  coalesce(not_tested, 0) AS not_tested,
  coalesce(unusable, 0) AS unusable,
  coalesce(half_dane, 0) AS half_dane,
  coalesce(dns_error, 0) AS dns_error,
  coalesce(tlsa_hosts, 0) AS tlsa_hosts
FROM bins LEFT JOIN counted USING (n) LEFT JOIN with_tlsa USING (n)
ORDER BY n;
