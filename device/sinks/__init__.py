"""Where readings go: lines, files, databases, queues, pages, a window or a terminal, each in a thread of its own."""
