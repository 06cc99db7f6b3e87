"""A real year of a wholesaler: two independent answers (SQL, a naive replay) to hold the calculators against."""
