-- MX hosts that fail, and those of which a lookup that decides failed, by the domains affected.
WITH affected AS (
  SELECT m.host AS host, count(*) AS domains, count(*) FILTER (mx_secure) AS secure_mx
  FROM (SELECT mx_secure, unnest(mx) AS m FROM read_parquet('RUN/domains/*.parquet'))
  WHERE m.verdict IN ('mismatch', 'no-starttls', 'tls-error', 'mixed', 'lookup-failed')
  GROUP BY ALL
)
SELECT host, coalesce(provider, '') AS provider, verdict, coalesce(reason, '') AS reason, array_to_string(addresses[1:8], ' ') AS addresses,
  array_to_string(list_sort(list_distinct(list_transform(tlsa,
    lambda r: concat_ws(' ', r.usage, r.selector, r.matching_type)))), ' + ') AS tlsa,
  array_to_string(list_sort(list_distinct(list_transform(findings, lambda f: f.code))), ' ') AS findings,
  affected.domains, secure_mx
FROM read_parquet('RUN/hosts/*.parquet') h JOIN affected USING (host)
WHERE verdict IN ('mismatch', 'no-starttls', 'tls-error', 'mixed', 'lookup-failed')
ORDER BY affected.domains DESC, secure_mx DESC, host
LIMIT 10000;
