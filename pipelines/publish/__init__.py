"""From protected tables to a Danish committee report: sections, figures, prose, HTML, PDF/UA-1 and the gates before them."""
