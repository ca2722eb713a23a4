"""Small numbers: a protected table, the rule that hides in it, an attacker that tries to undo the hiding.

`protect.protect` makes a `table.ProtectedTable` from a mart's rows under a `rule.DisclosureRule`; `relations`
says which cells add up to which; `secondary` hides what would give a hidden number away; `attack` proves that
nothing does, and `steps` spares both most of the programs they would have to solve.
"""
