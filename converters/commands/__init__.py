"""The commands, one module each; every library is imported inside the command that needs it."""
