-- TLSA records that no sender can use, by reason.
WITH keyed AS (
  SELECT host, coalesce(r.unusable_reason, '') AS reason
  FROM (SELECT host, unnest(tlsa) AS r FROM read_parquet('RUN/hosts/*.parquet') WHERE tlsa_state IN ('usable', 'unusable'))
  WHERE r.usable = false
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_host AS (
  SELECT reason, count(*) AS records, count(DISTINCT host) AS hosts FROM keyed GROUP BY ALL
), by_domain AS (
  SELECT reason, count(DISTINCT domain) AS domains FROM keyed JOIN named USING (host) GROUP BY ALL
)
SELECT reason, records, hosts, coalesce(domains, 0) AS domains
FROM by_host LEFT JOIN by_domain USING (reason)
ORDER BY domains DESC, hosts DESC, records DESC, reason
LIMIT 10000;
