"""`python -m catalogctl`."""

from catalogctl.cli import main

if __name__ == "__main__":
    main()
