-- TLSA records that DANE applies to, by usage, selector and matching type.
WITH keyed AS (
  SELECT host, concat_ws(' ', r.usage, r.selector, r.matching_type) AS parameters
  FROM (SELECT host, unnest(tlsa) AS r FROM read_parquet('RUN/hosts/*.parquet') WHERE tlsa_state IN ('usable', 'unusable'))
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT parameters, count(*) AS records, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT parameters, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT parameters, records, hosts, coalesce(domains, 0) AS domains
FROM by_host LEFT JOIN by_domain USING (parameters)
ORDER BY domains DESC, hosts DESC, records DESC, parameters
LIMIT 10000;
