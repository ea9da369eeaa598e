"""Numbers that carry their own proof: payment cards and bank accounts."""

from __future__ import annotations

#: The shortest and the longest IBAN (ISO 13616 registry: Norway, and the limit of the standard).
_IBAN_SHORTEST, _IBAN_LONGEST = 15, 34


def is_payment_card(written: str) -> bool:
    """Whether the digits are those of a payment card: 13 to 19 of them, with the check digit of ISO/IEC 7812 (Luhn)."""
    digits = [int(letter) for letter in written if letter.isdecimal()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (2 * digit for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(digit - 9 if digit > 9 else digit for digit in doubled)) % 10 == 0


def is_bank_account(written: str) -> int:
    """Give how many characters of `written` are an IBAN (ISO 13616, remainder 1 modulo 97); 0 if it begins with none.

    Words may follow ("GB82 … 32 was used"), so each length that ends with a word is tried, the longest first.
    """
    for end in range(len(written), _IBAN_SHORTEST - 1, -1):
        compact = written[:end].replace(" ", "").upper()
        is_inside_a_word = written[end - 1] == " " or written[end : end + 1].isalnum()
        if is_inside_a_word or not _IBAN_SHORTEST <= len(compact) <= _IBAN_LONGEST:
            continue
        number = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
        if int(number) % 97 == 1:
            return end
    return 0
