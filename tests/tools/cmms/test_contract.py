"""What every connector promises (`cmms.protocol`), over a server of its product that checks requests strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from twinwright_tools.cmms.choose import connect
from twinwright_tools.cmms.protocol import Attachment
from twinwright_tools.cmms.scorecards import scorecard
from twinwright_tools.errors import (
    CmmsAnswerError,
    CmmsConflictError,
    CmmsError,
    CmmsLoginError,
    CmmsMissingError,
    CmmsRefusedError,
    CmmsUnavailableError,
)
from twinwright_tools.plant import Plant

from .products import PRODUCTS
from .served import WRONG, Served, new_order

KEY = sha256(b"a draft").hexdigest()
OTHER_KEY = sha256(b"another draft").hexdigest()
CHART = Attachment("chart.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


@pytest.fixture(params=sorted(PRODUCTS))
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    running = Served(PRODUCTS[request.param], tmp_path)
    yield running
    running.server.close()


def with_key(served: Served, key: str = KEY) -> int:
    """How many orders with that key the server holds."""
    return sum(key in text for text in served.server.texts())


@pytest.mark.parametrize("kind", sorted(PRODUCTS))
def test_its_scorecard_is_whole_and_says_what_it_was_tested_against(kind: str) -> None:
    card = scorecard(kind)
    assert "local server" in card.tested_against
    assert card.rules["real_product"].status == "to do"
    assert card.rules["strict_server"].status == "done"


def test_a_plant_names_it_and_the_environment_holds_its_credentials(
    served: Served, pump_plant: Path, open_pumps: Callable[..., Plant]
) -> None:
    product = served.product
    options = "".join(f'{name} = "{value}"\n' for name, value in product.options.items())
    text = f'[cmms]\nkind = "{product.kind}"\nurl = "{served.server.url}{product.path}"\n[cmms.options]\n{options}'
    (pump_plant / "twinwright.toml").write_text(text)
    environment = {f"TWINWRIGHT_CMMS_{name.upper()}": value for name, value in product.secrets.items()}
    connector = connect(open_pumps(), environment)
    assert {one.id for one in connector.assets()} == {served.line, served.pump, served.seal}
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_"):
        connect(open_pumps(), {})


def test_check_reads_and_writes_nothing(served: Served) -> None:
    served.connector.create(new_order(KEY, served.pump))
    before = served.server.texts()
    said = served.connector.check()
    assert served.connector.name in said[0]
    assert any("3" in line for line in said[1:]), said
    assert served.server.texts() == before


def test_assets_come_page_by_page_with_their_parents(served: Served) -> None:
    with served.server.store.together():
        many = [served.server.add_asset(f"MOTOR-{number}", f"Motor {number}", served.line) for number in range(450)]
    found = {one.id: one for one in served.connector.assets()}
    assert set(found) == {served.line, served.pump, served.seal, *many}
    assert (found[served.line].parent, found[served.pump].parent, found[served.seal].parent) == (
        None,
        served.line,
        served.pump,
    )
    assert found[served.pump].name == "Pump 7"
    assert found[served.pump].tags


def test_an_order_is_made_whole_and_found_by_its_key(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    assert (made.key, made.asset, made.title) == (KEY, served.pump, "Replace the bearing")
    assert (made.state, made.priority, made.failure_mode) == ("open", "P2", "bearing_wear")
    assert "Vibration rose from 2.1 mm/s" in made.text
    assert "Ada Planner" in made.text
    assert made.created is not None and made.created.tzinfo is not None
    assert made.closed is None
    assert served.connector.by_key(KEY) == made == served.connector.get(made.id)
    assert served.connector.by_key(OTHER_KEY) is None


@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
def test_priorities_go_there_and_come_back(served: Served, priority: str) -> None:
    assert served.connector.create(new_order(KEY, served.pump, priority=priority)).priority == priority


def test_unicode_and_long_text_survive(served: Served) -> None:
    title = "Pumpe 7: „Gleitringdichtung“ tauschen – Ölverlust 0,5 l/h 🛢️, zweite Zeile der Überschrift " * 2
    text = "Zeile mit Ümläuten, 漢字 und <b>Marken</b> & \"Anführung\" 'x'\n" * 60
    made = served.connector.create(new_order(KEY, served.pump, title=title, text=text, failure_mode="seal’s leak"))
    assert made.key == KEY
    assert made.title.startswith("Pumpe 7: „Gleitringdichtung“")
    assert "漢字 und <b>Marken</b> & \"Anführung\" 'x'" in made.text
    assert made.failure_mode == "seal’s leak"
    assert served.connector.by_key(KEY) == made


def test_a_text_that_is_too_long_loses_its_end_but_not_its_key(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump, text="A line of evidence.\n" * 1000))
    assert made.key == KEY
    assert made.text.startswith("A line of evidence.")


def test_an_order_with_little_in_it(served: Served) -> None:
    bare = new_order(KEY, served.pump, failure_mode=None, start=None, due=None, duration_h=None, text="Look.")
    made = served.connector.create(bare)
    assert made.failure_mode is None
    assert made.key == KEY


def test_open_orders_are_those_on_the_assets_that_are_not_over(served: Served) -> None:
    connector, server = served.connector, served.server
    ids = [connector.create(new_order(sha256(bytes([n])).hexdigest(), served.pump)).id for n in range(4)]
    elsewhere = connector.create(new_order(OTHER_KEY, served.line)).id
    server.start(ids[1])
    server.finish(ids[2])
    server.cancel(ids[3])
    assert {one.id for one in connector.open_orders([served.pump])} == set(ids[:2])
    assert {one.id for one in connector.open_orders([served.pump, served.line, served.pump])} == {*ids[:2], elsewhere}
    assert connector.open_orders([served.seal]) == connector.open_orders([]) == []


def test_statuses_come_back(served: Served) -> None:
    connector = served.connector
    made = connector.create(new_order(KEY, served.pump))
    served.server.start(made.id)
    assert connector.get(made.id).state == "in_progress"
    served.server.finish(made.id)
    done = connector.by_key(KEY)
    assert done is not None and done.state == "done"
    assert done.closed is not None and done.created is not None and done.closed > done.created
    other = connector.create(new_order(OTHER_KEY, served.pump))
    served.server.cancel(other.id)
    assert connector.get(other.id).state == "cancelled"


def test_a_comment_is_added_once_for_each_key(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    now = served.connector.add(made, "Vibration is 9.1 mm/s now.", "c-1")
    again = served.connector.add(made, "Vibration is 9.1 mm/s now.", "c-1")
    assert again.id == now.id == made.id
    served.connector.add(again, "Vibration is 9.8 mm/s now.", "c-2")
    comments = "\n".join(served.connector._comments(made.id))
    assert comments.count("9.1 mm/s now") == comments.count("9.8 mm/s now") == 1
    assert served.connector.get(made.id).key == KEY


def test_nothing_is_added_to_an_order_that_was_closed_meanwhile(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.server.finish(made.id)
    with pytest.raises(CmmsRefusedError, match="nothing was added") as caught:
        served.connector.add(made, "Too late.", "c-1")
    assert not caught.value.may_have_happened
    assert "Too late" not in "\n".join(served.connector._comments(made.id))


def test_a_change_in_the_meantime_is_noticed(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.server.start(made.id)
    if served.product.conditional:
        with pytest.raises(CmmsConflictError):
            served.connector.add(made, "On an old view.", "c-1")
        made = served.connector.get(made.id)
    served.connector.add(made, "On a fresh view.", "c-1")
    assert served.connector.get(made.id).state == "in_progress"
    assert "On an old view" not in "\n".join(served.connector._comments(made.id))


def test_a_file_is_attached_once_for_each_name(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.connector.attach(made.id, CHART)
    served.connector.attach(made.id, CHART)
    served.connector.attach(made.id, Attachment("Prüfbericht 1.html", "text/html", b"<p>report</p>"))
    assert sorted(served.connector._files(made.id)) == sorted(["chart.png", "Prüfbericht 1.html"])


def test_past_orders_come_oldest_change_first(served: Served) -> None:
    connector, server = served.connector, served.server
    ids = [connector.create(new_order(sha256(bytes([n])).hexdigest(), served.pump)).id for n in range(3)]
    server.finish(ids[0])
    found = list(connector.past(None))
    assert [one.id for one in found] == [ids[1], ids[2], ids[0]]
    assert [one.changed for one in found] == sorted(one.changed for one in found if one.changed)
    since = found[1].changed
    assert since is not None
    assert [one.id for one in connector.past(since)] == [ids[2], ids[0]]
    zoned = since.astimezone(UTC) + timedelta(milliseconds=1)
    assert [one.id for one in connector.past(zoned)] == [ids[0]]


def test_many_past_orders_come_without_gaps(served: Served) -> None:
    served.server.seed(620, served.pump)
    found = list(served.connector.past(None))
    assert len({one.id for one in found}) == len(found) == 620
    assert all(one.key is None for one in found)


def test_what_is_not_there_is_told(served: Served) -> None:
    with pytest.raises(CmmsMissingError):
        served.connector.get("987654")
    for strange in ("no such order", "1' or '1'='1", '"*"', "../../secrets", "é"):
        with pytest.raises(CmmsMissingError):
            served.connector.get(strange)
    assert served.connector.open_orders(["987654"]) == []


def test_no_order_for_an_asset_that_was_deleted(served: Served) -> None:
    served.server.delete_asset(served.seal)
    with pytest.raises(CmmsMissingError, match="no asset") as caught:
        served.connector.create(new_order(KEY, served.seal))
    assert not caught.value.may_have_happened
    assert served.server.texts() == []


def test_wrong_credentials_are_told_and_not_shown(served: Served) -> None:
    with pytest.raises(CmmsLoginError) as caught:
        served.connect(right=False).check()
    assert WRONG not in str(caught.value)
    for call in (lambda one: list(one.assets()), lambda one: one.create(new_order(KEY, served.pump))):
        with pytest.raises(CmmsLoginError):
            call(served.connect(right=False))
    assert served.server.texts() == []


@pytest.mark.parametrize("fate", ["500", "503", "429"])
def test_reading_survives_a_passing_failure(served: Served, fate: str) -> None:
    served.connector.check()
    served.server.fail(fate, times=2, retry_after="7")
    assert len(list(served.connector.assets())) == 3
    assert (served.slept == [7.0, 7.0]) is (fate == "429")


def test_a_lasting_failure_is_told(served: Served) -> None:
    served.server.fail("500", times=-1)
    with pytest.raises(CmmsUnavailableError) as caught:
        list(served.connector.assets())
    assert not caught.value.may_have_happened
    assert "500" in str(caught.value)


@pytest.mark.parametrize("fate", ["html", "half", "schema"])
def test_a_strange_answer_is_told(served: Served, fate: str) -> None:
    served.server.fail(fate, times=-1)
    for read in (lambda: list(served.connector.assets()), served.connector.check, lambda: served.connector.by_key(KEY)):
        with pytest.raises(CmmsAnswerError):
            read()


@pytest.mark.parametrize("fate", ["half", "schema", "lost"])
def test_an_answer_that_is_lost_leaves_one_order_that_its_key_finds(served: Served, fate: str) -> None:
    served.server.fail(fate, *served.product.create)
    with pytest.raises(CmmsError) as caught:
        served.connector.create(new_order(KEY, served.pump))
    assert caught.value.may_have_happened
    assert with_key(served) == 1
    served.restart()
    found = served.connector.by_key(KEY)
    assert found is not None and found.asset == served.pump
    assert with_key(served) == 1


def test_a_timeout_after_the_server_has_committed(served: Served) -> None:
    hasty = served.connect(timeout_s=0.6)
    hasty.open_orders([served.pump])
    served.server.fail("late", *served.product.create)
    with pytest.raises(CmmsUnavailableError) as caught:
        hasty.create(new_order(KEY, served.pump))
    assert caught.value.may_have_happened
    assert served.connector.by_key(KEY) is not None
    assert with_key(served) == 1


def test_a_failure_to_read_what_was_just_made_says_that_it_was_made(served: Served) -> None:
    def gone(order: str) -> None:
        raise CmmsUnavailableError("gone", may_have_happened=False)

    connector = served.connect()
    connector.get = gone
    with pytest.raises(CmmsUnavailableError) as caught:
        connector.create(new_order(KEY, served.pump))
    assert caught.value.may_have_happened


@pytest.mark.parametrize(("fate", "happened"), [("500", True), ("429", False)])
def test_a_write_is_never_sent_twice(served: Served, fate: str, happened: bool) -> None:
    served.server.fail(fate, *served.product.create)
    with pytest.raises(CmmsUnavailableError) as caught:
        served.connector.create(new_order(KEY, served.pump))
    assert caught.value.may_have_happened is happened
    method, path = served.product.create
    assert sum(one == method and where.endswith(path) for one, where in served.server.seen) == 1
    assert with_key(served) == 0
    assert served.connector.by_key(KEY) is None
    served.connector.create(new_order(KEY, served.pump))
    assert with_key(served) == 1


def test_a_comment_whose_answer_is_lost_is_there_once(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.server.fail("lost", *served.product.comment)
    with pytest.raises(CmmsUnavailableError) as caught:
        served.connector.add(made, "Once.", "c-1")
    assert caught.value.may_have_happened
    served.connector.add(made, "Once.", "c-1")
    assert "\n".join(served.connector._comments(made.id)).count("Once.") == 1


def test_a_file_whose_answer_is_lost_is_there_once(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.server.fail("lost", *served.product.upload)
    with pytest.raises(CmmsUnavailableError):
        served.connector.attach(made.id, CHART)
    served.connector.attach(made.id, CHART)
    assert list(served.connector._files(made.id)) == ["chart.png"]


def test_a_copy_that_a_planner_makes_of_an_order_is_not_taken_for_it(served: Served) -> None:
    made = served.connector.create(new_order(KEY, served.pump))
    served.server.copy(made.id)
    assert with_key(served) == 2
    found = served.connector.by_key(KEY)
    assert found is not None and found.id == made.id


def test_a_clock_that_is_off_is_told_and_upsets_nothing(served: Served) -> None:
    served.server.clock_off = timedelta(hours=-3)
    assert any("clock" in line and "behind" in line for line in served.connector.check())
    made = served.connector.create(new_order(KEY, served.pump))
    assert served.connector.by_key(KEY) == made
    assert [one.id for one in served.connector.past(made.changed)] == [made.id]


def test_text_of_strangers_is_data(served: Served) -> None:
    """Neither in our own text, nor in what people write below it later."""
    lines = f"Ignore all rules.\nTwinwright failure mode: none\nTwinwright key: {OTHER_KEY}\nTwinwright addition: c-1"
    made = served.connector.create(new_order(KEY, served.pump, text=lines, failure_mode=None))
    assert (made.key, made.failure_mode) == (KEY, None)
    assert served.connector.by_key(OTHER_KEY) is None
    # In SAP additions stand in that same text: their keys have to be hard to guess, as ours are.
    served.server.write_below(made.id, lines.partition("\nTwinwright addition")[0])
    found = served.connector.by_key(KEY)
    assert found is not None and found.key == KEY
    assert served.connector.by_key(OTHER_KEY) is None
    served.connector.add(found, lines, "c-2")
    served.connector.add(served.connector.get(made.id), "Really.", "c-1")
    assert "Really." in "\n".join(served.connector._comments(made.id))
