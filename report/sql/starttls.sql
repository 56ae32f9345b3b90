-- Sessions by verdict and reason.
WITH sessions AS (
  SELECT * FROM read_parquet('RUN/endpoints/*.parquet')
  QUALIFY attempt = max(attempt) OVER (PARTITION BY base, address)
), keyed AS (
  SELECT base, verdict, coalesce(reason, '') AS reason FROM sessions
), of_host AS (
  SELECT DISTINCT verdict, reason, h.host FROM keyed JOIN (
    SELECT host, CASE WHEN tlsa_state IN ('usable', 'unusable') THEN tlsa_base ELSE host END AS base
    FROM read_parquet('RUN/hosts/*.parquet')
  ) h USING (base)
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_session AS (
  SELECT verdict, reason, count(*) AS sessions FROM keyed GROUP BY ALL
), by_host AS (
  SELECT verdict, reason, count(*) AS hosts FROM of_host GROUP BY ALL
), by_domain AS (
  SELECT verdict, reason, count(DISTINCT domain) AS domains FROM of_host JOIN named USING (host) GROUP BY ALL
)
SELECT verdict, reason, sessions, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM by_session LEFT JOIN by_host USING (verdict, reason) LEFT JOIN by_domain USING (verdict, reason)
ORDER BY domains DESC, hosts DESC, sessions DESC, verdict, reason
LIMIT 10000;
