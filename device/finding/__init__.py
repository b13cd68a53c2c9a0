"""From a frame to its digits: ink, printed lines, marks, rows, and which to believe; arrays in, dataclasses out."""
