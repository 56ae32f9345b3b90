-- Domains by the DNSSEC status of their MX lookup, with the reason.
SELECT coalesce(mx_dnssec, '') AS status, coalesce(mx_lookup.reason, '') AS reason, count(*) AS domains
FROM read_parquet('RUN/domains/*.parquet')
GROUP BY ALL
ORDER BY domains DESC, status, reason
LIMIT 10000;
