"""The samples are where the product looks for them."""

from amends.samples import samples_dir


def test_the_folder_of_samples_holds_every_channel() -> None:
    assert {path.name for path in samples_dir().iterdir() if path.is_dir()} >= {"mail", "x", "forms"}


def test_git_is_told_to_leave_the_bytes_of_mails_alone() -> None:
    rules = (samples_dir() / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert "mail/*.eml -text" in rules
