-- The measures that are quoted, each with what it is a part of.
WITH d AS (
  SELECT count(*) AS names,
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
), h AS (
  SELECT count(*) AS hosts,
    count(*) FILTER (tlsa_state IN ('usable', 'unusable')) AS hosts_with_tlsa,
    count(*) FILTER (verdict = 'verified') AS hosts_verified
  FROM read_parquet('RUN/hosts/*.parquet')
), s AS (
  SELECT count(*) AS sessions, count(*) FILTER (handshake_complete) AS handshakes
  FROM (SELECT * FROM read_parquet('RUN/endpoints/*.parquet') QUALIFY attempt = max(attempt) OVER (PARTITION BY base, address))
), lines AS (
  SELECT unnest([
    {'n': 1, 'measure': 'names', 'count': names, 'of': names},
    {'n': 2, 'measure': 'with_mail', 'count': with_mail, 'of': names},
    {'n': 3, 'measure': 'signed_mx', 'count': signed_mx, 'of': with_mail},
    {'n': 4, 'measure': 'dane', 'count': dane, 'of': with_mail},
    {'n': 5, 'measure': 'verified', 'count': verified, 'of': dane},
    {'n': 6, 'measure': 'primary_verified', 'count': primary_verified, 'of': dane},
    {'n': 7, 'measure': 'partial', 'count': "partial", 'of': dane},
    {'n': 8, 'measure': 'failed', 'count': failed, 'of': dane},
    {'n': 9, 'measure': 'unreachable', 'count': unreachable, 'of': dane},
    {'n': 10, 'measure': 'not_tested', 'count': not_tested, 'of': dane},
    {'n': 11, 'measure': 'unusable', 'count': unusable, 'of': dane},
    {'n': 12, 'measure': 'undecided', 'count': undecided, 'of': with_mail},
    {'n': 13, 'measure': 'half_dane', 'count': half_dane, 'of': with_mail},
    {'n': 14, 'measure': 'dns_error', 'count': dns_error, 'of': names},
    {'n': 15, 'measure': 'hosts', 'count': hosts, 'of': hosts},
    {'n': 16, 'measure': 'hosts_with_tlsa', 'count': hosts_with_tlsa, 'of': hosts},
    {'n': 17, 'measure': 'hosts_verified', 'count': hosts_verified, 'of': hosts_with_tlsa},
    {'n': 18, 'measure': 'sessions', 'count': sessions, 'of': sessions},
    {'n': 19, 'measure': 'handshakes', 'count': handshakes, 'of': sessions}
  ], recursive := true)
  FROM d, h, s
)
SELECT measure, "count", "of" FROM lines ORDER BY n;
