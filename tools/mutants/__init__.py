"""Do the checks catch wrong answers? Machine mutants of the solutions, and misconceptions, are put to them."""
