-- TXT answers of MTA-STS and TLSRPT by what they hold and by DNSSEC status.
WITH r AS (
  SELECT 'MTA-STS' AS record, mta_sts.state AS state, mta_sts.lookup.dnssec AS status FROM read_parquet('RUN/domains/*.parquet')
  UNION ALL SELECT 'TLSRPT', tlsrpt.state, tlsrpt.lookup.dnssec FROM read_parquet('RUN/domains/*.parquet')
)
SELECT record, state, coalesce(status, '') AS status, count(*) AS domains
FROM r
WHERE state IS NOT NULL
GROUP BY ALL
ORDER BY domains DESC, record, state, status
LIMIT 10000;
