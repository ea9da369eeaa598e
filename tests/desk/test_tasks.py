"""What is to be done beside the queue, case by case."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.desk.file_of_a_case import AtTheDesk
from tests.desk.house import DeskHouse
from tests.support.builders import a_task
from tests.support.clock import MONDAY

TASKS = "/desk/tasks"


def test_open_tasks_of_all_cases_are_listed_oldest_first_page_by_page(desk_house: DeskHouse) -> None:
    case = AtTheDesk(house=desk_house).case()
    hana = desk_house.client("handler", name="hana")
    tasks = [a_task(case.id, about=str(age), raised_at=MONDAY - timedelta(minutes=age)) for age in range(60)]
    with desk_house.database.unit() as unit:
        unit.tasks.raise_(tasks)
        unit.tasks.finish(tasks[59].id, by="hana", at=MONDAY)
        unit.commit()

    first = hana.get(TASKS).text
    [later] = re.findall(r'href="(/desk/tasks\?after=[^"]+)"', first)
    second = hana.get(later).text

    assert later.endswith(tasks[9].id)
    assert (first.count("Reach another way"), second.count("Reach another way")) == (50, 9)
    assert f'href="/desk/case/{case.id}#tasks"' in first
    assert "our reply came back" in first
    assert f'href="{TASKS}"' in second


def test_where_nothing_is_to_be_done_the_page_says_so(desk_house: DeskHouse) -> None:
    assert "Nothing to do beside the queue" in desk_house.client("handler").get(TASKS).text


def test_a_place_in_the_list_that_is_gone_is_refused_with_a_remedy(desk_house: DeskHouse) -> None:
    answer = desk_house.client("handler").get(f"{TASKS}?after=nothing")

    assert (answer.status_code, "begin the list again" in answer.text) == (404, True)
