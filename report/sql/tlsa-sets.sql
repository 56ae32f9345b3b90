-- MX hosts by the distinct parameters of their TLSA records.
WITH keyed AS (
  SELECT host, array_to_string(list_sort(list_distinct(list_transform(tlsa, lambda r: concat_ws(' ', r.usage, r.selector, r.matching_type)))), ' + ') AS parameters
  FROM read_parquet('RUN/hosts/*.parquet')
  WHERE tlsa_state IN ('usable', 'unusable')
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT parameters, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT parameters, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT parameters, hosts, coalesce(domains, 0) AS domains
FROM by_host LEFT JOIN by_domain USING (parameters)
ORDER BY domains DESC, hosts DESC, parameters
LIMIT 10000;
