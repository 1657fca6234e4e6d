"""A question has one of eight shapes; its answer hides for good what would tell a person; all of it is on record."""

import csv
import gc
import json
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from program import ocmw
from study_room import UPDATE, Room

from processors.admission import traits
from processors.research import questions as counting
from processors.research.questions import Tabulation
from schemas.breakdowns import CATEGORIES, SIMPLE
from schemas.figures import BlockKey
from schemas.indicators import NUMBER, SERIES
from schemas.periods import Period
from schemas.places import KINGDOM, PLACE_NUMBER, PLACES
from schemas.questions import TOO_FEW, QuestionError, question, rounded
from schemas.supports import NODE
from sinks import questions as kept
from sinks.access_log import last_entries, verified
from sinks.indicators import read_release
from streams.embedded.asking import HIDDEN, _too_near
from streams.embedded.inquiry import Inquiry

ROOT = Path(__file__).parents[3]
LL = 'study = "mobility"\nsupport = "LL"\n'
FLANDERS = 'level = "region"\nplace = "02000"\n'
SERIES_OF = LL + FLANDERS + 'shape = 1\nfrom = "2023-01"\nto = "2023-03"\n'
BY_SEX = LL + FLANDERS + 'shape = 2\nperiod = "2023"\nby = ["sex"]\n'
COHORT = (
    'study = "mobility"\nshape = 5\nlevel = "kingdom"\nby = ["age5"]\nconditions = [{support = "LL", year = 2023}]\n'
)


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of an answer."""
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("shape = 2", "shape = 9", "shape 9 is none; write 1 to 8"),
        ("shape = 2", "shape = 2\ncolour = 1", "colour is no field of a question"),
        ('period = "2023"\n', "", "shape 2 needs period"),
        ('by = ["sex"]', 'by = ["nationality"]', "nationality is no characteristic"),
        ('by = ["sex"]', 'by = ["status"]', "status does not exist"),
        ('by = ["sex"]', 'by = ["sex", "age5"]', "takes 1 characteristics"),
        ('by = ["sex"]', 'by = ["sex"]\nconditions = []', "shape 2 takes no conditions"),
        ('"region"', '"municipality"', "not municipality"),
        ('"02000"', '"99999"', "place 99999 is no region"),
        ('period = "2023"', 'period = "2023-Q1"', "takes a month or year"),
        ('support = "LL"', 'support = "XX"', "XX is no support"),
        ("shape = 2", 'shape = 2\nmeasure = "spells"', "not spells"),
        ('"mobility"', '"Mobility!"', "study"),
        ("shape = 2", "shape 2", "no TOML"),
        ("shape = 2", 'shape = "2"', "shape"),
        ("shape = 2", 'shape = 2\nround = "no"', "round"),
    ],
)
def test_a_question_of_no_shape_is_refused_by_its_field(before: str, after: str, sentence: str) -> None:
    assert before in BY_SEX
    with pytest.raises(QuestionError, match=sentence) as refused:
        question(BY_SEX.replace(before, after, 1))
    assert "\n" not in str(refused.value)


def test_rounding_of_a_cohort_cannot_be_switched_off() -> None:
    with pytest.raises(QuestionError, match="always rounded"):
        question(COHORT + "round = false\n")


def test_at_most_a_hundred_and_twenty_months_are_asked_for() -> None:
    assert len(question(SERIES_OF.replace("2023-01", "2013-04")).periods) == 120
    with pytest.raises(QuestionError, match="121 periods are too many"):
        question(SERIES_OF.replace("2023-01", "2013-03"))


def test_counts_are_rounded_to_five() -> None:
    assert [rounded(count) for count in (5, 7, 8, 12, 13)] == [5, 5, 10, 10, 15]


def test_each_shape_is_answered(room: Room) -> None:
    texts = {
        1: SERIES_OF,
        2: BY_SEX,
        3: LL + FLANDERS + 'shape = 3\nperiod = "2023"\nby = ["sex", "age5"]\n',
        4: LL + 'shape = 4\nlevel = "province"\nplace = "02000"\nperiod = "2023"\nby = ["sex"]\n',
        5: COHORT,
        6: LL + FLANDERS + 'shape = 6\nperiod = "2022-06"\n',
        7: LL + 'shape = 7\nlevel = "region"\nperiod = "2023-04"\n',
    }
    for shape, text in texts.items():
        done = room.ask(text)
        assert done.returncode == 0, (shape, done.stderr)
        assert rows(done.stdout)
        assert "; log of accesses: " in done.stderr
    municipal = room.ask(LL + 'shape = 4\nlevel = "municipality"\nplace = "44000"\nperiod = "2023"\nby = ["sex"]\n')
    assert {row["level"] for row in rows(municipal.stdout)} == {"municipality"}
    for measure in ("entering", "spells"):
        assert room.ask(SERIES_OF + f'measure = "{measure}"\n').returncode == 0


def test_no_figure_below_five_is_shown_and_zero_looks_the_same(room: Room) -> None:
    answer_rows = rows(room.ask(BY_SEX + "round = false\n").stdout)
    unknown = next(row for row in answer_rows if row["sex"] == "3")
    assert unknown["persons"] == HIDDEN
    assert all(row["persons"] == HIDDEN or int(row["persons"]) >= 5 for row in answer_rows)
    assert sum(row["persons"] == HIDDEN for row in answer_rows) >= 2  # alone it were the total less the others


def test_the_request_file_reproduces_the_answer(room: Room) -> None:
    first, again = room.ask(BY_SEX), room.ask(BY_SEX)
    assert first.stdout == again.stdout
    named = room.ask(BY_SEX.replace('"mobility"', '"mobility-0001"'))
    assert named.stdout == first.stdout
    assert named.stderr.startswith("mobility-0001; ")


def test_two_answers_with_other_limits_show_the_same_months_and_none_counts_persons_between_days(room: Room) -> None:
    later = SERIES_OF.replace("2023-01", "2023-02").replace("2023-03", "2023-04")
    first, second = (rows(room.ask(text + "round = false\n").stdout) for text in (SERIES_OF, later))
    shared = {row["period"] for row in first} & {row["period"] for row in second}
    assert shared == {"2023-02", "2023-03"}
    assert [row for row in first if row["period"] in shared] == [row for row in second if row["period"] in shared]
    between = BY_SEX.replace('period = "2023"', 'from = "2023-01"\nto = "2023-03"')
    assert "shape 2 takes no from" in room.ask(between).stderr


def test_a_month_hides_what_its_year_hides(room: Room) -> None:
    year, month = rows(room.ask(BY_SEX).stdout), rows(room.ask(BY_SEX.replace("2023", "2023-05")).stdout)
    hidden = {row["sex"] for row in year if row["persons"] == HIDDEN}
    assert hidden <= {row["sex"] for row in month if row["persons"] == HIDDEN}


def test_persons_counted_from_the_rows_are_those_of_the_store(room: Room) -> None:
    inquiry = Inquiry.on(room.store, "mobility", date(2026, 1, 1))
    year = Period.parse("2023")
    with inquiry.rows(year.first, year.last) as connection:
        total = counting.persons(connection, Tabulation("LL", year))
        crossed = counting.persons(connection, Tabulation("LL", year, ("sex", "age5")))
    ref = inquiry.release.entries[BlockKey("LL", year)].latest
    assert ref is not None
    cells = inquiry.store.read_block(ref)
    held: dict[str, dict[tuple[str, ...], int]] = {"total": {}, "sex_age5": {}}
    for place, category, count in zip(cells.place, cells.category, cells.beneficiaries, strict=True):
        breakdown, code = CATEGORIES[category]
        if breakdown in held and count:
            held[breakdown][(*PLACES[place], *(() if breakdown == "total" else code.split("|")))] = int(count)
    assert total == held["total"]
    assert crossed == held["sex_age5"]


def test_states_of_later_are_those_of_the_indicators(room: Room) -> None:
    inquiry, month = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse("2022-06")
    with inquiry.rows(month.first, month.last + 12) as connection:
        later = counting.later(connection, month)
    number = NUMBER["transitions", "own", "state|later"]
    transitions = {}
    for part in read_release(inquiry.store, inquiry.number, "outcomes"):
        mine = (part.table.series == number) & (part.table.reference == month.last)
        mine &= part.table.place == PLACE_NUMBER["kingdom", "01000"]
        for category, count in zip(part.table.category[mine], part.table.counted[mine], strict=True):
            transitions[SERIES[number].categories[category]] = int(count)
    assert transitions["ll|ll"] == later["kingdom", "01000", "LL"] > 0
    assert transitions.get("ll|fh", 0) == later.get(("kingdom", "01000", "FH"), 0)


def test_who_enters_had_nothing_there_the_month_before(room: Room) -> None:
    inquiry, month = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse("2023-05")
    with inquiry.rows(month.first - 1, month.last) as connection:
        entering = counting.entering(connection, Tabulation("LL", month))
    number = NUMBER["spells", "own_g0", "flow"]
    entries = SERIES[number].categories.index("entries")
    for part in read_release(inquiry.store, inquiry.number):
        mine = (part.table.series == number) & (part.table.reference == month.last) & (part.table.category == entries)
        for place, count in zip(part.table.place[mine], part.table.counted[mine], strict=True):
            assert entering.get(PLACES[place], 0) == count


def series_of(measure: str, code: str) -> str:
    """Return the text of a question about the kingdom in one period."""
    return LL + f'level = "kingdom"\nshape = 1\nmeasure = "{measure}"\nfrom = "{code}"\nto = "{code}"\nround = false\n'


@pytest.mark.parametrize(("measure", "code"), [("entering", "2023"), ("spells", "2022")])
def test_who_enters_and_spells_are_answered_by_what_the_rows_count(room: Room, measure: str, code: str) -> None:
    (answer,) = rows(room.ask(series_of(measure, code)).stdout)
    inquiry, year = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse(code)
    with inquiry.rows(year.first - 1, year.last) as connection:
        count = {"entering": counting.entering, "spells": counting.spells}[measure]
        counted = count(connection, Tabulation("LL", year))
    assert int(answer[measure]) == counted["kingdom", KINGDOM] > 50


def test_who_enters_by_sex_is_answered_beside_all_who_enter(room: Room) -> None:
    text = LL + 'level = "kingdom"\nshape = 2\nmeasure = "entering"\nperiod = "2023"\nby = ["sex"]\nround = false\n'
    answer = {row["sex"]: row["entering"] for row in rows(room.ask(text).stdout)}
    inquiry, year = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse("2023")
    with inquiry.rows(year.first - 1, year.last) as connection:
        counted = counting.entering(connection, Tabulation("LL", year, ("sex",)))
    assert int(answer["total"]) > 50
    for code in SIMPLE["sex"]:
        assert answer[code] in {HIDDEN, str(counted.get(("kingdom", KINGDOM, code), 0))}


def test_spells_of_a_year_and_who_enters_in_its_months_add_up_so_one_of_them_is_answered(room: Room) -> None:
    inquiry, year = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse("2023")
    first, *others = (Period("month", month) for month in range(year.first, year.last + 1))
    with inquiry.rows(year.first - 1, year.last) as connection:
        spells = counting.spells(connection, Tabulation("LL", year))
        persons = counting.persons(connection, Tabulation("LL", first))
        entering = [counting.entering(connection, Tabulation("LL", month)) for month in others]
    for place in spells:  # whoever has all of these but one month has that month too
        assert spells[place] == persons.get(place, 0) + sum(month.get(place, 0) for month in entering)
    assert room.ask(series_of("entering", "2023-05")).returncode == 0
    refused = room.ask(series_of("spells", "2023"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "spells of 2023 and who enters in 2023-0" in refused.stderr
    assert room.ask(series_of("spells", "2022")).returncode == 0
    assert "spells of 2022 and who enters in 2022-12 add up" in room.ask(series_of("entering", "2022-12")).stderr
    for text in (series_of("entering", "2023-05"), series_of("spells", "2023-05"), series_of("entering", "2023")):
        assert room.ask(text).returncode == 0


@pytest.mark.parametrize("period", ["2023-05", "2023"])
def test_who_enters_by_sex_is_in_a_cell_and_was_not_there_the_month_before_and_spells_are_stretches(
    room: Room, period: str
) -> None:
    inquiry, span = Inquiry.on(room.store, "mobility", date(2026, 1, 1)), Period.parse(period)
    with inquiry.rows(span.first - 1, span.last) as connection:
        entering = counting.entering(connection, Tabulation("LL", span, ("sex",)))
        spells = counting.spells(connection, Tabulation("LL", span))
        rows_of = connection.execute("select * from rows").df()
    rows_of = rows_of[rows_of["leaf"].isin(NODE["LL"].leaves)]
    rows_of["part"] = [next(at for at, part in enumerate(NODE["LL"].parts) if leaf in part) for leaf in rows_of["leaf"]]
    rows_of["sex"] = rows_of["traits"] // (1 << traits.SEX_SHIFT) % (traits.SEX_MASK + 1)
    whole = rows_of.groupby(["number", "month", "part"])["amount_cents"].sum()
    there = {(number, month) for number, month, _ in whole[whole > 0].index}
    by_sex = rows_of.groupby(["number", "month", "part", "sex"])["amount_cents"].sum()
    cells = {(number, month, sex) for number, month, _, sex in by_sex[by_sex > 0].index}
    for at, code in enumerate(SIMPLE["sex"]):
        enters = {
            number
            for number, month, sex in cells
            if sex == at and span.first <= month <= span.last
            if (number, month) in there and (number, month - 1) not in there
        }
        assert entering.get(("kingdom", KINGDOM, code), 0) == len(enters)
    assert sum(entering.get(("kingdom", KINGDOM, code), 0) for code in SIMPLE["sex"]) > 5
    within = {(number, month) for number, month in there if span.first <= month <= span.last}
    stretches = sum((number, month - 1) not in within for number, month in within)
    assert spells["kingdom", KINGDOM] == stretches >= len({number for number, _ in within})


def test_too_few_and_too_near_are_refused_in_the_same_words(room: Room) -> None:
    assert room.ask(COHORT).returncode == 0
    few = room.ask(COHORT.replace("LL", "IK_OW"))
    persons = next(kept.cohorts(room.store, date(2026, 1, 1))).persons
    kept.keep_cohort(room.store, kept.Cohort("other", date(2099, 1, 1), persons[3:]))
    near = room.ask(COHORT)
    assert few.returncode == near.returncode == 2
    assert TOO_FEW in few.stderr
    assert near.stderr == few.stderr


def work_of(room: Room, text: str) -> list[tuple[str, str]]:
    """Return the functions of ours that a question calls, in order; those of the log apart, which grows with each."""
    calls: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(ROOT)) and not file.endswith("access_log.py"):
            calls.append((file, frame.f_code.co_qualname))

    gc.collect()  # what others left behind would be closed in between, by functions of ours
    gc.disable()
    sys.setprofile(note)
    try:
        assert room.ask(text).returncode == 2
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


def test_refusals_for_data_are_the_same_work_call_by_call(room: Room) -> None:
    few, near = COHORT.replace("LL", "TW_RMI_OTHER"), COHORT.replace("LL", "LL_OTHER")  # a leaf each
    room.ask(near)
    *_, last = kept.cohorts(room.store, date(2026, 1, 1))
    kept.keep_cohort(room.store, kept.Cohort("other", date(2099, 1, 1), last.persons[3:]))
    for text in (few, near):
        assert TOO_FEW in room.ask(text).stderr
    of_few, of_near = work_of(room, few), work_of(room, near)
    differ = next((at for at, (one, other) in enumerate(zip(of_few, of_near, strict=False)) if one != other), None)
    where = [] if differ is None else [of_few[differ], of_near[differ]]
    assert (where, len(of_few)) == ([], len(of_near))


def test_a_cohort_that_cuts_out_one_to_four_persons_is_too_near_another() -> None:
    first = np.arange(100)
    assert _too_near(np.arange(4, 100), [first])
    assert not _too_near(np.arange(5, 100), [first])
    assert not _too_near(first, [first])
    assert _too_near(np.arange(50, 150), [np.arange(52), np.arange(52, 148)])  # two earlier ones leave two persons
    assert not _too_near(first, [])


def test_an_approval_has_twenty_questions_of_cohorts_refused_ones_too(room: Room) -> None:
    done = [room.ask(COHORT.replace("age5", name)) for _ in range(10) for name in ("sex", "age5")]
    done.append(room.ask(COHORT))
    assert "had its 20 questions" in done[-1].stderr
    assert done[-1].returncode == 2


def test_every_question_answer_and_refusal_is_on_record_and_no_person(room: Room) -> None:
    room.ask(BY_SEX)
    room.ask(BY_SEX.replace("shape = 2", "shape = 9"))
    answered, refused = last_entries(room.store, 2)
    assert answered["what"] == refused["what"] == "ask"
    assert answered["of"]["question"]["by"] == ["sex"]
    assert answered["of"]["extraction"].startswith("mobility-000")
    assert len(answered["of"]["answer"]) == 64
    assert refused["of"]["refused"] == "shape 9 is none; write 1 to 8"
    assert verified(room.store) == refused["digest"]


def test_an_answer_leaves_the_house_on_the_chairmans_approval_alone(room: Room) -> None:
    done = room.ask(BY_SEX, "--publish")
    assert done.returncode == 1
    assert "no valid approval of the chairman for publication" in done.stderr
    assert "refused" in last_entries(room.store, 1)[0]["of"]


def test_a_study_without_extraction_and_a_period_not_published_are_refused(room: Room) -> None:
    for text, sentence in (
        (BY_SEX.replace("mobility", "other"), "study other has no extraction"),
        (BY_SEX.replace("2023", "2024-05"), f"is not published at update {UPDATE}"),
        (BY_SEX.replace('"LL"', '"RMI"'), "shares leaves with LL"),
        (LL.replace("mobility", "mobility-0001") + 'shape = 8\nperiod = "2023"\n', "needs a coupling"),
    ):
        done = room.ask(text)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
        assert not done.stdout


def test_without_an_approval_nothing_is_answered(room: Room, tmp_path: Path) -> None:
    (tmp_path / "q.toml").write_text(BY_SEX, encoding="utf-8")
    done = ocmw("ask", tmp_path / "q.toml", "--store", room.store)
    assert done.returncode == 1
    assert "no approval for ad_hoc" in done.stderr


def test_what_is_kept_of_questions_names_no_person(room: Room) -> None:
    room.ask(BY_SEX)
    for path in (room.store / "questions" / "patterns").rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0
        assert all(len(cell) >= 3 for cell in json.loads(path.read_text(encoding="utf-8")))
