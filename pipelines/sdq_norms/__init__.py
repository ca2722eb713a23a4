"""Which SDQ scores are high, according to whom: norm sets as data, never as code.

Norm sets disagree, and none of them fits Danish children well, so the report shows points and expected change and no bands
unless a municipality chooses a set (`[sdq] norm_set` in trappen.toml, a second one beside it on request). `bands` holds
what a limit is and which may be used, `own_table` reads the table a municipality pastes in, `chosen` brings the chosen sets
into the warehouse and back, `expectation` what is to be expected without help; `limits` gives each child's limit, `reliability`
what reliable change is made of.
"""
