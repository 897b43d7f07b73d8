"""What people read: pure functions from a plan (or the result of an apply) to text.

text      the words and the look that all renderers share
words     the difference between two texts, word by word
terminal  for a terminal or a log
markdown  for a comment on a pull request
"""
