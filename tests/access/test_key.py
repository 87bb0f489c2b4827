"""Keys as text, and the Authorization field that carries them: what has the form of a key, and what has not."""

import re
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.bearer import bearer_token
from app.access.key import KEY_ANYWHERE, hash_of, new_prefix, new_text, presented
from app.access.refusal import Unauthorized

AS_IT_SHOULD_BE = re.compile(rb"(?i:bearer) +[A-Za-z0-9._~+/-]+=*")
TOKEN_CHARACTERS = "ABCXYZabcxyz0189-._~+/"


def test_a_key_is_known_again_by_its_prefix_and_hash_alone() -> None:
    text = new_text("0123456789")
    found = presented(text)
    assert found is not None
    assert (found.prefix, found.hash) == ("0123456789", sha256(text.encode()).digest())
    assert text[14:] not in repr(found)


def test_keys_are_256_bits_of_chance_and_none_comes_twice() -> None:
    texts = {new_text(new_prefix()) for _ in range(500)}
    assert len(texts) == 500
    assert all(re.fullmatch(r"dl_[0-9a-f]{10}_[0-9a-f]{72}", text) for text in texts)
    assert all(KEY_ANYWHERE.search(b"x=" + text.encode() + b"&y") for text in texts)


@given(place=st.integers(0, 85), character=st.sampled_from("0123456789abcdefXdl_ \n"))
def test_a_mistyped_key_is_told_by_its_checksum(place: int, character: str) -> None:
    text = new_text("0123456789")
    typed = text[:place] + character + text[place + 1 :]
    assert (presented(typed) is None) == (typed != text)


@given(st.text(max_size=100))
def test_no_other_text_is_a_key(text: str) -> None:
    assert presented(text) is None


def test_a_checksum_alone_opens_nothing() -> None:
    head = f"dl_0123456789_{'0' * 64}"
    made_up = presented(f"{head}{zlib.crc32(head.encode()):08x}")
    assert made_up is not None
    assert made_up.hash != hash_of(new_text("0123456789"))


@given(
    scheme=st.sampled_from(["Bearer", "bearer", "BEARER", "bEaReR"]),
    spaces=st.integers(1, 5),
    token=st.text(TOKEN_CHARACTERS, min_size=1, max_size=100),
    padding=st.integers(0, 3),
)
def test_a_bearer_token_is_read_as_rfc_6750_has_it(scheme: str, spaces: int, token: str, padding: int) -> None:
    value = f"{scheme}{' ' * spaces}{token}{'=' * padding}".encode()
    fields = [(b"host", b"x"), (b"authorization", b" " + value + b"\t")]
    assert bearer_token(fields) == token + "=" * padding


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_whatever_else_is_sent_is_refused_with_a_challenge(values: list[bytes]) -> None:
    fields = [(b"authorization", value) for value in values]
    if len(values) == 1 and AS_IT_SHOULD_BE.fullmatch(values[0].strip(b" \t")):
        assert values[0].strip(b" \t").endswith(bearer_token(fields).encode())
        return
    with pytest.raises(Unauthorized) as refused:
        bearer_token(fields)
    assert refused.value.headers["WWW-Authenticate"].startswith('Bearer realm="dateline"')


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([], None),
        ([b"Basic dTpw"], None),
        ([b"Bearertoken"], None),
        ([b"Bearer"], "invalid_token"),
        ([b"Bearer a b"], "invalid_token"),
        ([b"Bearer \xc3\xa9"], "invalid_token"),
        ([b"Bearer a", b"Bearer a"], "invalid_request"),
    ],
)
def test_who_says_nothing_is_told_no_error_and_who_says_it_wrong_is_told_which(
    values: list[bytes], error: str | None
) -> None:
    with pytest.raises(Unauthorized) as refused:
        bearer_token([(b"authorization", value) for value in values])
    challenge = refused.value.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="dateline"' + (f', error="{error}"' if error else "")
