"""What the checks of several units share, one concept a module. It knows no unit.

numbers and weights (inputs that are drawn), styles (four cases of every function on tensors), probes (other ways to
ask), draws (chance under many seeds), built (modules that a class builds), lent (networks that are lent to a function),
refusals (bad input), parts (answers of several), show and pictures (counterexamples), hints; classifier and detector
(the experiments).
"""
