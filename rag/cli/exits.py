"""Exit codes of the `rag` command; docs/use.md lists them for scripts."""

OK = 0
ERROR = 1  # nothing was done, or `rag doctor` found an error
USAGE = 2  # the command line itself is wrong
PARTLY = 3  # some sources were taken, others failed
NO_ANSWER = 4  # the articles do not say
WORSE = 5  # `rag eval --compare` found more than chance in a drop
STOPPED = 130  # Ctrl-C, as shells count it: 128 + SIGINT
