"""GitHub: the comment on a pull request, the nightly issue, and what a workflow's log shows.

context   what a workflow's environment says: which repository, pull request and commit
api       the calls, with their rate limits; failures as exceptions with a mend
sticky    one text that is kept up to date, found by its marker, in one place
places    where such a text stands: the comments of a pull request, or the issues of a repository
workflow  annotations, the step summary, and a log in which catalog text is no command
"""
