"""How reading is set: the sections, the file that holds them, and the options that override it."""
