"""stub"""


def trim_reply(text: str) -> str:
    return text
