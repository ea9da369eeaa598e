"""Messages that we wrote ourselves, shipped so that the product can be tried without a mailbox.

`mail/` holds RFC 5322 files, `x/` pages as the X API v2 returns them, `forms/` web-form
submissions as JSON Lines, and `expected.jsonl` what each of them ought to become. `README.md`
beside this file says what is in there and which of them are nasty, and how. Nobody and nothing
in them is real.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def samples_dir() -> Path:
    """Give the folder that holds the sample messages.

    The package is installed as plain files, so the folder can be handed to anything that reads paths.

    Raises:
        FileNotFoundError: the package was installed without its data, or inside an archive.
    """
    folder = Path(str(files(__name__)))
    if not (folder / "expected.jsonl").is_file():
        raise FileNotFoundError(
            f"the sample messages are not in {folder}; install Amends as plain files, with its data"
        )
    return folder
