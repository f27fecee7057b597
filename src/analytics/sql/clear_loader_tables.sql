DELETE FROM temp.touched;
DELETE FROM temp.replaced;
DELETE FROM temp.verdict;
DELETE FROM temp.twin_key;
