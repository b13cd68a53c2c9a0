"""Where frames come from: picture files, folders, videos, streams and cameras, looked after for months."""
