"""The files of an evaluation: tables, the page, the pictures."""
