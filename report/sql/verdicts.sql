-- Domains by verdict.
WITH words(n, verdict) AS (
  VALUES
    (1, 'dane-verified'),
    (2, 'dane-partial'),
    (3, 'dane-failed'),
    (4, 'dane-undecided'),
    (5, 'dane-unreachable'),
    (6, 'dane-not-tested'),
    (7, 'dane-unusable'),
    (8, 'half-dane'),
    (9, 'not-dane'),
    (10, 'dns-error'),
    (11, 'no-mail')
), counted AS (
  SELECT verdict, count(*) AS domains
  FROM read_parquet('RUN/domains/*.parquet')
  GROUP BY verdict
)
SELECT verdict, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (verdict)
ORDER BY n;
