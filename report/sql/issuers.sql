-- Sessions by the issuer of the certificate shown.
WITH sessions AS (
  SELECT * FROM read_parquet('RUN/endpoints/*.parquet')
  QUALIFY attempt = max(attempt) OVER (PARTITION BY base, address)
), keyed AS (
  SELECT base, coalesce(issuer, '') AS issuer
  FROM sessions LEFT JOIN read_parquet('RUN/certificates/*.parquet') c ON c.sha256 = sessions.chain[1]
  WHERE handshake_complete
), of_host AS (
  SELECT DISTINCT issuer, h.host FROM keyed JOIN (
    SELECT host, CASE WHEN tlsa_state IN ('usable', 'unusable') THEN tlsa_base ELSE host END AS base
    FROM read_parquet('RUN/hosts/*.parquet')
  ) h USING (base)
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_session AS (
  SELECT issuer, count(*) AS sessions FROM keyed GROUP BY ALL
), by_host AS (
  SELECT issuer, count(*) AS hosts FROM of_host GROUP BY ALL
), by_domain AS (
  SELECT issuer, count(DISTINCT domain) AS domains FROM of_host JOIN named USING (host) GROUP BY ALL
)
SELECT issuer, sessions, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM by_session LEFT JOIN by_host USING (issuer) LEFT JOIN by_domain USING (issuer)
ORDER BY domains DESC, hosts DESC, sessions DESC, issuer
LIMIT 10000;
