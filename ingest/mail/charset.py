"""Bytes to text, whatever the mail claims about its charset.

The policy, in order:

1. A declared charset is looked up under the name that its users mean: `gb2312` and `gbk` mean GB 18030,
   `ks_c_5601-1987` and `euc-kr` mean code page 949, `iso-8859-1` and `us-ascii` mean Windows-1252 once a byte above
   127 turns up, `shift_jis` means code page 932, `iso-8859-9` Windows-1254, `iso-8859-11` and `tis-620` Windows-874.
   That is what the WHATWG Encoding standard does, and every mail reader.
2. Pure ASCII bytes are ASCII, unless the declared charset hides text in ASCII (ISO-2022, HZ, UTF-7, UTF-16).
3. Bytes declared as one of the Western single-byte sets, or not declared at all, that are valid UTF-8 and hold at
   least one multi-byte character *are* UTF-8: the chance of that happening by accident is negligible.
4. Otherwise the declared charset decides if it decodes without error.
5. Otherwise UTF-8, if it decodes without error.
6. Otherwise, from `GUESS_FROM_BYTES` bytes on and with no usable declaration, a statistical guess over the first
   `GUESS_SAMPLE_BYTES`; below that a guess is worse than a fixed answer.
7. Otherwise the declared charset with U+FFFD for what it cannot decode, if at most one character in ten is lost, and,
   where it is UTF-8, if any character above 127 is left: bytes without one valid multi-byte character never were UTF-8.
8. Otherwise Windows-1252 with its five holes filled from ISO 8859-1: it decodes anything, so no words are ever lost.

Unknown names, codecs that are not charsets (base64, zlib, rot13), and codecs that cost quadratic time or execute
escapes (punycode, idna, unicode_escape) count as not declared. Null bytes, other control characters and lone
surrogates never reach the text.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

GUESS_FROM_BYTES = 200
GUESS_SAMPLE_BYTES = 4096

_MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "csgb2312": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",
    "koi8": "koi8_r",
}
_WESTERN = frozenset({"cp1252", "iso8859-15", "iso8859_15", "latin_1", "cp1254", "mac_roman"})
_HIDDEN_IN_ASCII = re.compile(r"iso2022|hz|utf_?-?(?:7|16|32)")
#: Text codecs of the standard library that no mail may name.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
#: C0 and C1 controls without tab, line feed and carriage return; U+2028/9 stay.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,40}")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Decode `data`, declared to be in the charset `declared` (may be empty, unknown or a lie).

    Returns:
        The text without control characters, and a defect code: empty when the declaration held.
    """
    name = codec_name(declared)
    if data.isascii() and not (name and _HIDDEN_IN_ASCII.search(name)):
        return clean(data.decode("ascii")), ""
    text, defect = _climb(data, name)
    if declared and not name:
        defect = "charset_unknown"
    return clean(text), defect


def codec_name(declared: str) -> str:
    """Return the Python codec that `declared` means, or an empty string if it names none that may be used."""
    match = _NAME.search(declared.strip().strip("\"'").lower())
    if match is None:
        return ""
    name = _MEANT.get(match[0], match[0])
    if name.replace("-", "_") in _REFUSED:
        return ""
    try:
        info = codecs.lookup(name)
        "".encode(info.name)
    except (LookupError, ValueError):
        return ""
    return "" if info.name.replace("-", "_") in _REFUSED else info.name


def clean(text: str) -> str:
    """Return `text` without null bytes, controls, byte order marks and lone surrogates; line ends become LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)


def _climb(data: bytes, name: str) -> tuple[str, str]:
    if not name or name in _WESTERN:
        text = _strictly(data, "utf-8")
        if text is not None:
            return text, "" if name == "" else "charset_was_utf8"
    if name:
        text = _strictly(data, name)
        if text is not None:
            return text, ""
        if name not in ("utf-8", *_WESTERN):
            text = _strictly(data, "utf-8")
            if text is not None:
                return text, "charset_was_utf8"
    if name and name not in _WESTERN:
        text = data.decode(name, errors="replace")
        never_was = name == "utf-8" and text.replace("\ufffd", "").isascii()
        if text.count("\ufffd") * 10 <= len(text) and not never_was:
            return text, "charset_damaged"
    if name not in _WESTERN and len(data) >= GUESS_FROM_BYTES:
        guessed = _guess(data)
        if guessed is not None:
            return guessed, "charset_guessed"
    return _western(data), "" if name in _WESTERN else "charset_assumed"


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError, ValueError):
        return None


def _guess(data: bytes) -> str | None:
    best = from_bytes(data[:GUESS_SAMPLE_BYTES], steps=3, chunk_size=512).best()
    if best is None or best.encoding.replace("-", "_") in _REFUSED:
        return None
    return data.decode(best.encoding, errors="replace")


def _western(data: bytes) -> str:
    text = _strictly(data, "cp1252")
    if text is not None:
        return text
    # 0x81, 0x8d, 0x8f, 0x90 and 0x9d are not assigned in cp1252; readers show nothing for them.
    return data.translate(None, b"\x81\x8d\x8f\x90\x9d").decode("cp1252")
