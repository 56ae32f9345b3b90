-- How far the names of each DNS operator came.
WITH with_tlsa AS (
  SELECT dns_operator, count(DISTINCT host) AS tlsa_hosts
  FROM (SELECT dns_operator, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet'))
    JOIN read_parquet('RUN/hosts/*.parquet') h USING (host)
  WHERE h.tlsa_state IN ('usable', 'unusable')
  GROUP BY ALL
)
SELECT dns_operator,
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
  count(*) FILTER (verdict = 'dns-error') AS dns_error,
  coalesce(any_value(tlsa_hosts), 0) AS tlsa_hosts
FROM read_parquet('RUN/domains/*.parquet') LEFT JOIN with_tlsa USING (dns_operator)
WHERE dns_operator IS NOT NULL
GROUP BY dns_operator
ORDER BY names DESC, dns_operator
LIMIT 10000;
