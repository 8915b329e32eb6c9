"""Data sets that commands of this project make."""
