-- Sessions by the time to the expiry of the certificate shown, apart where DANE senders look at dates.
WITH words(n, dates, expires_in) AS (
  VALUES
    (1, 'dates matter', 'expired'),
    (2, 'dates matter', 'under 7 days'),
    (3, 'dates matter', '7 to 14 days'),
    (4, 'dates matter', '14 to 30 days'),
    (5, 'dates matter', '30 to 90 days'),
    (6, 'dates matter', '90 days and more'),
    (7, 'dates are ignored', 'expired'),
    (8, 'dates are ignored', 'under 7 days'),
    (9, 'dates are ignored', '7 to 14 days'),
    (10, 'dates are ignored', '14 to 30 days'),
    (11, 'dates are ignored', '30 to 90 days'),
    (12, 'dates are ignored', '90 days and more')
), sessions AS (
  SELECT * FROM read_parquet('RUN/endpoints/*.parquet')
  QUALIFY attempt = max(attempt) OVER (PARTITION BY base, address)
), keyed AS (
  SELECT base,
    CASE WHEN verdict = 'verified' AND coalesce(matched_usage = 3, false) THEN 'dates are ignored' ELSE 'dates matter' END AS dates,
    CASE
      WHEN floor(epoch(not_after)) - floor(epoch(scanned_at)) < 0 THEN 'expired'
      WHEN floor(epoch(not_after)) - floor(epoch(scanned_at)) < 604800 THEN 'under 7 days'
      WHEN floor(epoch(not_after)) - floor(epoch(scanned_at)) < 1209600 THEN '7 to 14 days'
      WHEN floor(epoch(not_after)) - floor(epoch(scanned_at)) < 2592000 THEN '14 to 30 days'
      WHEN floor(epoch(not_after)) - floor(epoch(scanned_at)) < 7776000 THEN '30 to 90 days'
      ELSE '90 days and more' END AS expires_in
  FROM sessions LEFT JOIN read_parquet('RUN/certificates/*.parquet') c ON c.sha256 = sessions.chain[1]
  WHERE handshake_complete AND not_after IS NOT NULL
), of_host AS (
  SELECT DISTINCT dates, expires_in, h.host FROM keyed JOIN (
    SELECT host, CASE WHEN tlsa_state IN ('usable', 'unusable') THEN tlsa_base ELSE host END AS base
    FROM read_parquet('RUN/hosts/*.parquet')
  ) h USING (base)
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), by_session AS (
  SELECT dates, expires_in, count(*) AS sessions FROM keyed GROUP BY ALL
), by_host AS (
  SELECT dates, expires_in, count(*) AS hosts FROM of_host GROUP BY ALL
), by_domain AS (
  SELECT dates, expires_in, count(DISTINCT domain) AS domains FROM of_host JOIN named USING (host) GROUP BY ALL
)
SELECT dates, expires_in, coalesce(sessions, 0) AS sessions, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM words LEFT JOIN by_session USING (dates, expires_in) LEFT JOIN by_host USING (dates, expires_in) LEFT JOIN by_domain USING (dates, expires_in)
ORDER BY n;
