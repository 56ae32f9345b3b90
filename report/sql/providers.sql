-- How far the names of each provider came, and how many MX hosts it has.
WITH by_name AS (
  SELECT provider,
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
  WHERE provider IS NOT NULL
  GROUP BY provider
), by_host AS (
  SELECT provider, count(*) AS hosts
  FROM read_parquet('RUN/hosts/*.parquet')
  WHERE provider IS NOT NULL
  GROUP BY provider
)
SELECT provider,
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
  coalesce(hosts, 0) AS hosts
FROM by_name FULL JOIN by_host USING (provider)
ORDER BY names DESC, provider
LIMIT 10000;
