"""Monthly statements: from the lines of a file to events under pseudonyms, and a report of what became of each line.

lines.py      bytes to lines, in chunks of bounded size           layouts.py   what kind of file it is
fields.py     a line to its fourteen fields, or the fault of one  support.py   which support a line is for
judging.py    lines to events and faults                          importing.py files to an event file and a report
"""
