"""Do the methods find the truth where it is known: many made-up municipalities are drawn, measured and counted up.

`study.run_study` is the road: `runner` draws and measures, `results` sums up a cell, `acceptance` judges it; `estimators`
holds what is proved. `citation` is what a report says of the study that is kept in reports/study.
"""
