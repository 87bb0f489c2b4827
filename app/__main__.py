"""The console script, and `python -m app`."""


def main() -> None:
    """Run the command line.

    Each process that this one starts imports this file again, as multiprocessing has it, and needs none of the commands:
    they are loaded when they are run.
    """
    from app.cli import app  # noqa: PLC0415 - see above

    app()


if __name__ == "__main__":
    main()
