-- What a sender would do with mail for each domain, at Postfix's levels may, dane and dane-only.
WITH words(n, level, delivery) AS (
  VALUES
    (1, 'may', 'verified'),
    (2, 'may', 'encrypted'),
    (3, 'may', 'opportunistic'),
    (4, 'may', 'cleartext'),
    (5, 'may', 'deferred'),
    (6, 'may', 'undeliverable'),
    (7, 'may', 'not tested'),
    (8, 'dane', 'verified'),
    (9, 'dane', 'encrypted'),
    (10, 'dane', 'opportunistic'),
    (11, 'dane', 'cleartext'),
    (12, 'dane', 'deferred'),
    (13, 'dane', 'undeliverable'),
    (14, 'dane', 'not tested'),
    (15, 'dane-only', 'verified'),
    (16, 'dane-only', 'encrypted'),
    (17, 'dane-only', 'opportunistic'),
    (18, 'dane-only', 'cleartext'),
    (19, 'dane-only', 'deferred'),
    (20, 'dane-only', 'undeliverable'),
    (21, 'dane-only', 'not tested')
), counted AS (
  SELECT level, coalesce(delivery, 'not tested') AS delivery, count(*) AS domains
  FROM (
    SELECT 'may' AS level, policy_may AS delivery FROM read_parquet('RUN/domains/*.parquet')
    UNION ALL SELECT 'dane', policy_dane FROM read_parquet('RUN/domains/*.parquet')
    UNION ALL SELECT 'dane-only', policy_dane_only FROM read_parquet('RUN/domains/*.parquet')
  )
  GROUP BY ALL
)
SELECT level, delivery, coalesce(domains, 0) AS domains
FROM words LEFT JOIN counted USING (level, delivery)
ORDER BY n;
