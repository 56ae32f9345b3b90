-- Findings, by MX hosts that have them and by domains that have them or such a host.
WITH of_host AS (
  SELECT DISTINCT host, unnest(findings).code AS finding FROM read_parquet('RUN/hosts/*.parquet')
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT domain, unnest(findings).code AS finding FROM read_parquet('RUN/domains/*.parquet')
  UNION
  SELECT domain, finding FROM of_host JOIN named USING (host)
), by_host AS (
  SELECT finding, count(*) AS hosts FROM of_host GROUP BY finding
), by_domain AS (
  SELECT finding, count(*) AS domains FROM of_domain GROUP BY finding
)
SELECT finding, coalesce(hosts, 0) AS hosts, coalesce(domains, 0) AS domains
FROM by_host FULL JOIN by_domain USING (finding)
ORDER BY domains DESC, hosts DESC, finding
LIMIT 10000;
