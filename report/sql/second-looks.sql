-- Domains whose lookups failed at first, by the lookup that failed and how, and what a second look came to.
SELECT first_look.type AS lookup, coalesce(first_look.outcome, '') AS at_first,
  CASE WHEN mx_kind = 'error' THEN 'failed again' ELSE 'answered' END AS later, count(*) AS domains
FROM read_parquet('RUN/domains/*.parquet')
WHERE first_look.type IS NOT NULL
GROUP BY ALL
ORDER BY domains DESC, lookup, at_first, later
LIMIT 10000;
