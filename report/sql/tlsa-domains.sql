-- Names by the distinct parameters of all TLSA records of their MX hosts that DANE applies to.
WITH records AS (
  SELECT host, unnest(tlsa) AS r FROM read_parquet('RUN/hosts/*.parquet') WHERE tlsa_state IN ('usable', 'unusable')
), named AS (
  SELECT domain, unnest(mx).host AS host FROM read_parquet('RUN/domains/*.parquet')
), of_domain AS (
  SELECT domain, array_to_string(list_sort(list_distinct(list(concat_ws(' ', r.usage, r.selector, r.matching_type)))), ' + ') AS parameters
  FROM named JOIN records USING (host)
  GROUP BY domain
)
SELECT parameters, count(*) AS domains
FROM of_domain
GROUP BY parameters
ORDER BY domains DESC, parameters
LIMIT 10000;
