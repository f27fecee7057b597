CAST(ln(greatest({value}, 1)) * 50 AS SMALLINT)
