DELETE FROM temp.touched;
DELETE FROM temp.replaced;
DELETE FROM temp.verdict;
