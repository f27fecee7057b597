HEAVY = []
