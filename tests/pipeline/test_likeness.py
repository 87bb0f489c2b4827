"""What tells the same story and what does not, in several languages; what holds of any two texts."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.likeness import (
    MOST_KEYS,
    READ,
    Filled,
    Likeness,
    likeness,
    look_up_keys,
    promising,
    shingles,
    tie,
    tied,
    wording,
)

ENGLISH = """Ferry returns to the northern quay
PORT ELLERY - The ferry between Port Ellery and the islands sails again from the northern quay after four years of repairs, the harbour board said on Tuesday.
The first boat left at dawn with nineteen passengers, two cars and a crate of lamb's wool that nobody had asked for.
Islanders had waited for it since a storm broke the old pier in half and carried the ticket office out to sea.
The board paid for the new pier with a loan that fishermen will return through landing fees, and with what a lottery of the parish brought in.
Maren Holt, who has run the bakery beside the quay for thirty years, gave bread to everyone who came ashore.
She said that the smell of diesel was the finest thing she had known all winter, and that her grandchildren would now learn to read the timetable before the alphabet.
A second boat is to follow in spring, when the channel has been dredged and the lights on the western mole work again."""
GERMAN = """Die Fähre legt wieder am Nordkai ab
ELLERHAFEN - Die Fähre zwischen Ellerhafen und den Inseln legt nach vier Jahren wieder am Nordkai ab, wie das Hafenamt am Dienstag mitteilte.
Mit dem ersten Schiff fuhren im Morgengrauen neunzehn Menschen, zwei Autos und eine Kiste Wolle, die niemand bestellt hatte.
Auf den Inseln hatte man darauf gewartet, seit ein Sturm die alte Brücke zerbrach und das Häuschen mit den Fahrkarten ins Meer trug.
Bezahlt wurde die neue Brücke mit einem Kredit, den die Fischer über höhere Gebühren zurückgeben, und mit dem Erlös einer Verlosung der Gemeinde.
Die Bäckerin Maren Holt, deren Laden seit dreißig Jahren neben dem Kai steht, schenkte jedem, der an Land ging, ein Brot.
Der Geruch von Diesel sei das Schönste gewesen, was sie den ganzen Winter über erlebt habe, sagte sie und winkte den Leuten auf dem Deck zu.
Ein zweites Schiff soll im Frühjahr folgen, sobald die Rinne ausgebaggert ist und die Lichter auf der Westmole wieder brennen."""
FRENCH = """Le bac repart du quai nord
PORT-ELLERY - Le bac qui relie Port-Ellery aux îles repart du quai nord après quatre années de travaux, a annoncé mardi la direction du port.
Le premier bateau a quitté la rade à l'aube avec dix-neuf passagers, deux voitures et une caisse de laine que personne n'avait commandée.
Les insulaires l'attendaient depuis qu'une tempête avait brisé la vieille jetée et emporté la guérite où l'on vendait les billets.
La nouvelle jetée a été payée par un emprunt que les pêcheurs rembourseront sur leurs prises, et par une tombola de la paroisse.
La boulangère Maren Holt, installée près du quai depuis trente ans, a offert du pain à tous ceux qui débarquaient.
L'odeur du gazole était, disait-elle, la plus belle chose de tout l'hiver, et ses petits-enfants apprendraient désormais l'horaire avant l'alphabet.
Un second bateau doit suivre au printemps, dès que le chenal aura été dragué et que les feux du môle ouest seront rallumés."""
JAPANESE = """北埠頭から渡し船が再び出航
エレリー港 - エレリー港と島々を結ぶ渡し船が、四年にわたる修理を終えて北埠頭から再び出航したと、港湾局が火曜日に発表した。
最初の船は夜明けに十九人の乗客と二台の車、それに誰も頼んでいない羊毛の箱を載せて港を離れた。
島の人々は、嵐が古い桟橋を折り、切符売り場を海へ流してから、ずっとこの日を待っていた。
新しい桟橋の費用は、漁師が水揚げの手数料で返す借入金と、教区のくじの売り上げでまかなわれた。
埠頭のそばで三十年にわたりパン屋を営むホルトさんは、上陸した全員にパンを配り、軽油の匂いが冬でいちばんうれしいものだったと話した。
航路の浚渫が終わり西の防波堤の灯が再びともる春には、二隻目の船も加わる予定である。"""
THAI = """เรือข้ามฟากกลับมาแล่นจากท่าเรือเหนืออีกครั้งหลังจากซ่อมแซมนานสี่ปี สำนักงานท่าเรือแถลงเมื่อวันอังคาร
เรือลำแรกออกจากท่าในยามเช้ามืดพร้อมผู้โดยสารสิบเก้าคน รถยนต์สองคัน และลังขนแกะที่ไม่มีใครสั่ง
ชาวเกาะรอคอยวันนี้มานานตั้งแต่พายุพัดสะพานเก่าหักและพัดห้องขายตั๋วลงทะเลไป
สะพานใหม่สร้างด้วยเงินกู้ซึ่งชาวประมงจะคืนผ่านค่าธรรมเนียม และด้วยรายได้จากสลากของชุมชน"""
STORIES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "ja": JAPANESE, "th": THAI}
LEADS = {
    "en": "After years at the wrong end of town the islands' only link is back where old people remember it\nFor once everybody was on time.",
    "de": "Endlich wieder zu Hause: Nach Jahren am falschen Ende der Stadt freuen sich alle über das alte Schiff am alten Platz.",
    "fr": "Enfin chez lui : le vieux bateau retrouve la place que les anciens lui connaissaient, et chacun était à l'heure.",
    "ja": "長く町の反対側にあった島への足が、ようやく元の場所に戻った。この日ばかりは誰もが時間どおりに集まった。",
}
FRAMES = {
    "en": (
        "You have read three of your four free articles this month",
        "The Ellery Courier is published by its readers. Write to the desk if you have seen something that we should know about.",
    ),
    "de": ("Lesezeit drei Minuten, zum Vorlesen hier drücken", "Der Ellerbote gehört seinen Lesern. Hinweise nimmt die Redaktion jederzeit entgegen."),
    "fr": ("Temps de lecture : trois minutes", "Le Courrier d'Ellery appartient à ses lecteurs. La rédaction reçoit volontiers vos témoignages."),
    "ja": ("この記事は会員でなくても読めます", "エレリー新報は読者の手で発行されています。情報は編集部までお寄せください。"),
}  # fmt: skip
DISCLAIMER = (
    "Some of the information on this page was supplied by third parties and has not been checked by our newsroom. Opinions are those of "
    "their authors. No part of this page may be published, broadcast, rewritten or redistributed without the written consent of the "
    "publisher, which is not responsible for the content of other sites."
)
WEATHER = (
    "Weather for Port Ellery on {0}: the day begins with {1} degrees at the harbour and {2} degrees on the moor, rising to {3} by the "
    "afternoon. The wind blows from the west with {4} kilometres an hour, in gusts {5}. The chance of rain is {6} per cent, and {7} "
    "millimetres are expected until midnight. High water stands at {8} and at {9}. Boats under six metres should stay in port while the "
    "yellow flag is up on the mole. The next report from this station follows tomorrow at the same time."
)
DRAW = (
    "The winning numbers of the parish lottery, drawn on {0} in the hall beside the church, are {1}, {2}, {3}, {4} and {5}; the number of the "
    "bonus ball is {6}. Whoever holds a ticket with all of them wins the first prize. Prizes can be collected at the vestry until the end "
    "of the month, on any weekday, by anybody who brings the ticket and is of age. What is not collected goes to the lifeboat. Tickets "
    "for the next draw are sold by the bakery on the quay, by the post office, and by the sacristan after each service."
)
HIBERNIAN = " ".join(
    f"{word}{number}"
    for number, word in enumerate(["harbour", "island", "council", "budget", "school", "bridge", "winter", "vote"] * 20)
)
GARDEN = " ".join(
    f"{word}{number}"
    for number, word in enumerate(["garden", "orchard", "apple", "barrel", "cellar", "cider", "market", "stall"] * 20)
)


def rule(a: str, b: str) -> str | None:
    found = tied(wording(a), wording(b))
    return None if found is None else found.rule


@pytest.mark.parametrize("language", STORIES)
def test_the_same_words_set_otherwise_are_a_copy(language: str) -> None:
    text = STORIES[language]
    set_otherwise = text.upper().replace("\n", "\n\n\u00a0").replace(".", " …").replace("。", "\u3000")
    assert likeness(shingles(text), shingles(set_otherwise)).resemblance == 1
    assert tied(wording(text), wording(set_otherwise)) == tied(wording(text), wording(text))


@pytest.mark.parametrize("language", LEADS)
def test_another_headline_and_lead_make_a_rewrite(language: str) -> None:
    text = STORIES[language]
    assert rule(text, LEADS[language] + "\n" + "\n".join(text.splitlines()[2:])) == "rewrite"


@pytest.mark.parametrize("language", LEADS)
def test_a_text_that_was_cut_is_extended_by_the_whole(language: str) -> None:
    lines = STORIES[language].splitlines()
    for kept in (4, 5):
        assert rule("\n".join(lines[:kept]), STORIES[language]) == "extended"


@pytest.mark.parametrize("language", FRAMES)
def test_an_outlets_frame_around_a_text_makes_no_other_story(language: str) -> None:
    head, foot = FRAMES[language]
    assert rule(STORIES[language], f"{head}\n{STORIES[language]}\n{foot}") in {"copy", "extended"}


@pytest.mark.parametrize("language", FRAMES)
def test_different_texts_in_the_same_frame_are_not_tied(language: str) -> None:
    head, foot = FRAMES[language]
    lines = STORIES[language].splitlines()
    assert rule("\n".join([head, *lines[:4], foot]), "\n".join([head, *lines[4:], foot])) is None


def test_a_disclaimer_that_both_end_with_ties_nothing() -> None:
    lines = ENGLISH.splitlines()
    first, second = f"{lines[1]} {lines[2]} {DISCLAIMER}", f"{lines[3]} {lines[4]} {DISCLAIMER}"
    assert likeness(shingles(first), shingles(second)).containment > 0.4
    assert rule(first, second) is None


def test_a_roundup_is_tied_to_none_of_the_stories_in_it() -> None:
    roundup = f"The week in brief\n{ENGLISH}\n{HIBERNIAN}\n{GARDEN}"
    found = [likeness(shingles(text), shingles(roundup)) for text in (ENGLISH, HIBERNIAN, GARDEN)]
    assert [one.containment for one in found] == [1, 1, 1]
    assert [rule(text, roundup) for text in (ENGLISH, HIBERNIAN, GARDEN)] == [None, None, None]
    assert [tie(one) for one in found] == [None, None, None]


def test_a_roundup_of_stories_in_several_languages_is_tied_to_none() -> None:
    roundup = f"{ENGLISH}\n{GERMAN}\n{FRENCH}\n{JAPANESE}"
    assert [rule(text, roundup) for text in (ENGLISH, GERMAN, FRENCH, JAPANESE)] == [None] * 4


def test_a_text_that_begins_alike_extends_one_less_than_half_as_long() -> None:
    longer = ENGLISH + " " + " ".join(GARDEN.split()[:110]) + " " + " ".join(HIBERNIAN.split()[:100])
    assert 0.35 < likeness(shingles(ENGLISH), shingles(longer)).of_larger < 0.5
    assert rule(ENGLISH, longer) == "extended"
    assert rule(ENGLISH, " ".join(GARDEN.split() + ENGLISH.split() + HIBERNIAN.split()[:40])) is None


@pytest.mark.parametrize("form", [WEATHER, DRAW], ids=["weather", "lottery"])
def test_a_form_that_is_filled_in_with_the_next_days_figures_is_no_copy(form: str) -> None:
    chance = random.Random(4)
    days = [form.format(day, *(chance.randrange(1, 1_000) for _ in range(9))) for day in ("24 November", "25 November")]
    assert rule(*days) is None


def test_what_separates_a_form_from_a_copy_is_that_the_same_words_state_other_figures() -> None:
    days = [DRAW.format("Sunday", *figures) for figures in ((4, 8, 15, 16, 23, 42), (3, 9, 14, 17, 20, 41))]
    found = likeness(shingles(days[0]), shingles(days[1]))
    assert found.resemblance > 0.6
    assert tie(found) is not None
    assert tie(found, filled=Filled(places=14, other=14)) is None
    assert rule(*days) is None


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_an_update_that_keeps_most_figures_is_tied(language: str) -> None:
    lines = STORIES[language].splitlines()
    told = "\n".join(f"{line} ({place} {place + 40} {place * 7}.)" for place, line in enumerate(lines, 11))
    assert rule(told, told.replace("14 54 98", "15 61 102")) in {"copy", "rewrite"}
    assert rule(ENGLISH.replace("nineteen", "19"), ENGLISH.replace("nineteen", "21")) == "copy"


@pytest.mark.parametrize("a", STORIES)
@pytest.mark.parametrize("b", STORIES)
def test_a_translation_is_another_text(a: str, b: str) -> None:
    assert (rule(STORIES[a], STORIES[b]) is None) == (a != b)


def test_brief_texts_have_no_keys_and_no_ties() -> None:
    assert look_up_keys(shingles("Ferry returns to the northern quay after four years")) == ()
    assert rule("Ferry returns to the northern quay", "Ferry returns to the northern quay") is None
    assert shingles("") == frozenset()
    assert len(shingles("Ferry returns")) == 1
    assert shingles("Ferry, returns") == shingles("FERRY\nreturns!")
    assert likeness(shingles(""), shingles("")) == Likeness(0, 0, 0)
    assert not promising((), (), 0)


def test_keys_are_the_same_on_every_machine() -> None:
    text = "The ferry sails again from the northern quay; nobody on the islands knows why."
    assert look_up_keys(shingles(text))[0] == -8280559182582090179
    assert look_up_keys(frozenset(sorted(shingles(text), reverse=True))) == look_up_keys(shingles(text))


def test_a_letter_more_between_spaces_of_unspaced_scripts_makes_no_difference() -> None:
    assert shingles("東京都は新しい計画を発表した") == shingles("東京都は、 新しい\n計画を発表した。")
    assert shingles("カタカナの文章は半角でも同じである") == shingles("ｶﾀｶﾅの文章は半角でも同じである")
    assert shingles("２０２４年に始まる計画について話した") == shingles("2024年に始まる計画について話した")


@pytest.mark.parametrize(
    "text",
    ["a" * 5_000_000, "a b " * 1_250_000, "港" * 2_000_000, "e\u0301" * 2_000_000, "\ufdfa " * 1_000_000, "\ud800 x" * 1_000_000, "1 " * 2_500_000,
     " ".join(map(str, range(800_000))), "".join(map(chr, range(0x4e00, 0x9f00))) * 100, "\u00ad" * 5_000_000],
    ids=["one word", "two words", "Han", "accents", "ligatures", "surrogates", "figures", "numbers", "all of Han", "hyphens"],
)  # fmt: skip
def test_only_the_beginning_of_an_endless_text_counts(text: str) -> None:
    found = wording(text)
    assert len(found.shingles) <= READ
    assert found == wording(text[:READ])
    assert len(look_up_keys(found.shingles)) <= MOST_KEYS


words = st.sampled_from(
    [
        "the",
        "ferry",
        "sails",
        "12",
        "again",
        "7,5",
        "quay",
        "naïve",
        "“island”",
        "港の",
        "灯台が",
        "Привет",
        "мир",
        "हिन्दी",
        "ไทย",
        "\xad",
        "�",
        "ß",
    ]
)
texts = st.one_of(st.text(max_size=300), st.lists(words, max_size=200).map(" ".join))


@given(texts, texts)
@settings(max_examples=300)
def test_the_order_of_two_texts_makes_no_difference(a: str, b: str) -> None:
    first, second = wording(a), wording(b)
    assert tied(first, second) == tied(second, first)
    assert likeness(first.shingles, second.shingles) == likeness(second.shingles, first.shingles)
    mine, others = look_up_keys(first.shingles), look_up_keys(second.shingles)
    shared = len({*mine} & {*others})
    assert promising(mine, others, shared) == promising(others, mine, shared)


@given(texts)
@settings(max_examples=300)
def test_a_text_is_a_copy_of_itself_where_it_has_keys(text: str) -> None:
    found = wording(text)
    keys = look_up_keys(found.shingles)
    tie_with_itself = tied(found, wording(text.swapcase() if text.isascii() else text))
    assert (tie_with_itself is not None) == bool(keys)
    assert tie_with_itself is None or (tie_with_itself.rule, tie_with_itself.score) == ("copy", 1)
    assert found.shingles == shingles(text)
    assert list(keys) == sorted({*keys})
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert promising(keys, keys, len(keys)) == bool(keys)


@given(st.lists(words, min_size=40, max_size=150), st.data())
@settings(max_examples=200)
def test_texts_that_are_tied_share_their_keys_as_they_share_their_words(told: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(told) // 4))
    a, b = wording(" ".join(told)), wording(" ".join(told[first:]))
    if (found := tied(a, b)) is not None:
        assert 0 < found.score <= 1
        mine, others = look_up_keys(a.shingles), look_up_keys(b.shingles)
        assert promising(mine, others, len({*mine} & {*others}))


def test_shares_are_those_of_the_sets() -> None:
    found = likeness(frozenset(range(100)), frozenset(range(50, 450)))
    assert found == Likeness(50 / 450, 0.5, 50)
    assert found.of_larger == pytest.approx(50 / 400)
