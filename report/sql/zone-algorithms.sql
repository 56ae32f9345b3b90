-- Domains by the algorithms of the keys of their zone.
SELECT algorithm::VARCHAR AS algorithm, count(DISTINCT domain) AS domains
FROM (SELECT domain, unnest(dnskey_algorithms) AS algorithm FROM read_parquet('RUN/domains/*.parquet'))
GROUP BY algorithm
ORDER BY domains DESC, algorithm
LIMIT 10000;
