-- How far the names came that are in both runs, and those that joined the list or left it.
-- NOW and PREVIOUS stand for the directories of the latest run and of the one before it.
WITH runs AS (
  SELECT 'previous' AS run, domain, mx_kind, mx_secure, hosts_with_tlsa, verdict, primary_verified FROM read_parquet('PREVIOUS/domains/*.parquet')
  UNION ALL
  SELECT 'now', domain, mx_kind, mx_secure, hosts_with_tlsa, verdict, primary_verified FROM read_parquet('NOW/domains/*.parquet')
), marked AS (
  SELECT *, count(*) OVER (PARTITION BY domain) = 2 AS twice, mx_kind IN ('mx', 'implicit') AS mail FROM runs
), lines AS (
  SELECT run, twice, unnest([
    {'n': 1, 'measure': 'names', 'is_so': true},
    {'n': 2, 'measure': 'with_mail', 'is_so': mail},
    {'n': 3, 'measure': 'signed_mx', 'is_so': mail AND mx_secure},
    {'n': 4, 'measure': 'dane', 'is_so': mail AND hosts_with_tlsa > 0 AND verdict NOT IN ('not-dane', 'half-dane')},
    {'n': 5, 'measure': 'verified', 'is_so': verdict = 'dane-verified'},
    {'n': 6, 'measure': 'primary_verified', 'is_so': primary_verified},
    {'n': 7, 'measure': 'partial', 'is_so': verdict = 'dane-partial'},
    {'n': 8, 'measure': 'failed', 'is_so': verdict = 'dane-failed'},
    {'n': 9, 'measure': 'undecided', 'is_so': verdict = 'dane-undecided'},
    {'n': 10, 'measure': 'unreachable', 'is_so': verdict = 'dane-unreachable'},
    {'n': 11, 'measure': 'not_tested', 'is_so': verdict = 'dane-not-tested'},
    {'n': 12, 'measure': 'unusable', 'is_so': verdict = 'dane-unusable'},
    {'n': 13, 'measure': 'half_dane', 'is_so': verdict = 'half-dane'},
    {'n': 14, 'measure': 'dns_error', 'is_so': verdict = 'dns-error'}
  ], recursive := true)
  FROM marked
)
SELECT measure,
  count(*) FILTER (twice AND run = 'previous' AND is_so) AS "before",
  count(*) FILTER (twice AND run = 'now' AND is_so) AS "after",
  count(*) FILTER (NOT twice AND run = 'now' AND is_so) AS joined,
  count(*) FILTER (NOT twice AND run = 'previous' AND is_so) AS "left"
FROM lines
GROUP BY n, measure
ORDER BY n;
