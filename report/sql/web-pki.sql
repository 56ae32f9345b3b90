-- Sessions by whether the Web PKI would accept the chain shown.
WITH words(n, accepted) AS (
  VALUES
    (1, 'yes'),
    (2, 'no'),
    (3, 'unknown')
), sessions AS (
  SELECT * FROM read_parquet('RUN/endpoints/*.parquet')
  QUALIFY attempt = max(attempt) OVER (PARTITION BY base, address)
), keyed AS (
  SELECT base, CASE pkix_valid WHEN true THEN 'yes' WHEN false THEN 'no' ELSE 'unknown' END AS accepted
  FROM sessions
  WHERE handshake_complete
), of_host AS (
  SELECT DISTINCT accepted, h.host FROM keyed JOIN (
    SELECT host, CASE WHEN tlsa_state IN ('usable', 'unusable') THEN tlsa_base ELSE host END AS base
    FROM read_parquet('RUN/hosts/*.parquet')
  ) h USING (base)
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_session AS (
  SELECT accepted, count(*) AS sessions FROM keyed GROUP BY ALL
), by_host AS (
  SELECT accepted, count(*) AS hosts FROM of_host GROUP BY ALL
), by_domain AS (
  SELECT accepted, count(DISTINCT domain) AS domains FROM of_host JOIN named USING (host) GROUP BY ALL
)
SELECT accepted, coalesce(sessions, 0) AS sessions, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_session USING (accepted) LEFT JOIN by_host USING (accepted) LEFT JOIN by_domain USING (accepted)
ORDER BY n;
