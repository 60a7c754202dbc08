-- Windows of the clock on the wall differ from run to run, but not what they add up to.
SELECT bidder, count(*) FROM bid GROUP BY bidder;
