"""Arithmetic that SQL cannot do well: arrays in, frozen results out; no file, clock or database.

`intervals` and `clusters` say how sure a number is, `shares`, `ladder` and `sdq` measure, `distribution`
places one value among many, `evidence` says what a design allows one to say.
"""
