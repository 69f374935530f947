"""What the checks of several units share, one concept a module. It knows no unit.

numbers (inputs that are drawn), styles (four cases of every function on tensors), probes (other ways to ask), draws
(chance under many seeds), lent (networks that are lent to a function), refusals (bad input), show (counterexamples),
hints; classifier and detector (the experiments).
"""
