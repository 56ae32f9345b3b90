-- Domains that take mail by DANE and a valid MTA-STS record. An error is unknown, never no.
WITH words(n, dane, sts, protection) AS (
  VALUES
    (1, 'yes', 'yes', 'both'),
    (2, 'yes', 'no', 'DANE alone'),
    (3, 'no', 'yes', 'MTA-STS alone'),
    (4, 'no', 'no', 'neither'),
    (5, 'yes', 'unknown', 'DANE, MTA-STS unknown'),
    (6, 'no', 'unknown', 'no DANE, MTA-STS unknown'),
    (7, 'unknown', 'yes', 'MTA-STS, DANE unknown'),
    (8, 'unknown', 'no', 'no MTA-STS, DANE unknown'),
    (9, 'unknown', 'unknown', 'both unknown'),
    (10, 'any', 'not asked', 'MTA-STS not asked')
), d AS (
  SELECT CASE WHEN hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane') THEN 'yes'
      WHEN verdict = 'dane-undecided' THEN 'unknown' ELSE 'no' END AS dane,
    CASE WHEN mta_sts.state IS NULL THEN 'not asked' WHEN mta_sts.state = 'valid' THEN 'yes'
      WHEN mta_sts.state = 'error' THEN 'unknown' ELSE 'no' END AS sts
  FROM read_parquet('RUN/domains/*.parquet')
  WHERE mx_kind IN ('mx', 'implicit')
), counted AS (
  SELECT CASE WHEN sts = 'not asked' THEN 'any' ELSE dane END AS dane, sts, count(*) AS domains FROM d GROUP BY ALL
)
SELECT protection, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (dane, sts)
ORDER BY n;
