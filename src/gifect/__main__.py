"""``python -m gifect``."""

from gifect.cli.main import main

if __name__ == "__main__":  # worker processes import this file too
    main()
