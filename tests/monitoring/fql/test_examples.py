"""What the language's documentation and users' notebooks write has the values that they expect."""

import pytest

from inference_events.monitoring.fql import FqlError, compile_metric
from tests.monitoring.fql.rows import metric, segment, subject

SEGMENTS = {
    "(age<60 and age>30) and geography=='Hawaii'": {2, 4},
    "age > 50 or is_null(age)": {4, 5},
    "not flag": {2, 5},
    "not (age > 30)": {1},
    "flag": {1, 3},
    "match(geography, '^H.*i$') and p >= 0.6": {1, 2},
    "startswith(\"geography\", 'Tex')": {3, 5},
    "income == 200": {2},
    "income != 200": {1, 3, 5},
    "tp()": {1},
    "fp()": {2},
    "fn()": {3},
    "tn()": {4},
    "is_null(tp())": {5},
    "flag == 1": {1, 3},
    "flag or true and false": {1, 3},
    "not flag == false": {1, 3},
    "flag != 1": {2, 5},
    "age > 50 OR is_null(age)": {4, 5},
    "IS_NULL(income) OR NOT flag": {2, 4, 5},
}
METRICS: dict[str, float | None] = {
    "sum(if(fp(),1,0) * -100)": -100,
    "average(if(fn(), -40, if(fp(), -400, 250)))": 62,
    'sum(if("churn"==1, "income", 0))': 400,
    "sum(income)": 1100,
    "average(income)": 275,
    "count(income)": 4,
    "count(age) / traffic()": 0.8,
    "sum(1)": 5,
    "traffic()": 5,
    "sum(if(fp(), 1, 0)) / sum(1)": 0.2,
    "fp() / (fp() + tn())": 0.5,
    "fpr()": 0.5,
    "precision()": 0.5,
    "recall()": 0.5,
    "accuracy()": 0.5,
    "f1_score()": 0.5,
    "geometric_mean()": 0.5,
    "data_count()": 4,
    "precision(threshold=0.05)": 0.5,
    "sum(fp()) / 0": None,
    "quantile(income, level=0.5)": 250,
    "average(if(is_null(income), 1, 0))": 0.2,
    "average(2 ^ 3 ^ 2)": 512,
    "average(-2 ^ 2)": -4,
    "average(1 + 2 * 3 - 4 / 2)": 5,
    "average(2 * 3 ^ 2)": 18,
    "average(10 - 4 - 3)": 3,
    "average(100 / 10 / 5)": 2,
    "sum(7 % 3 - -7 % 3)": 10,
    "average(if(geography=='Texas', null, age))": 115 / 3,
    "average(log(e()) + log2(16) + log10(1000))": 8,
    "(sum(if(p>0.5 and geography=='Texas',1,0))/sum(if(geography=='Texas',1,0)))"
    " / (sum(if(p>0.5 and geography=='Hawaii',1,0))/sum(if(geography=='Hawaii',1,0)))": 0.75,
    "sum(churn == 1)": 2,
    "average(flag)": 0.5,
    "tp() + 1": 2,
}
REFUSED = {
    "sum(if(fp(), 1, 0)": "expected ) at the end",
    '"unclosed > 30': "no end quote",
    '"" > 30': "name is empty",
    "age = 30": "use ==",
    "sum(age > '30')": "the text is a String",
    "age > '30'": "outside an aggregate",
    "income > 1": "outside an aggregate",
    "sum(sum(income))": "inside an aggregate",
    "sum(income) + income": "outside an aggregate",
    "sum(geography)": "is a String",
    "avg(income)": "use average",
    "nope(1)": "unknown function",
    "sum(nope)": "unknown column nope",
    "sum(incme)": "did you mean income?",
    "if(age > 1, 'a', 0)": "outside an aggregate",
    "count(if(age > 1, 'a', 0))": "a String and a Number",
    "1 < age < 3": "do not chain",
    "tp(class='x')": "no argument class=",
    "mae()": "it has accuracy(), auc()",
    "jsd(age, 'no such baseline')": "no baseline",
    "jsd(age, 5)": "in single quotes",
    "a; drop table x": "unexpected character ;",
    "": "empty",
    "   ": "empty",
    "1 + " * 3_000: "more than 10,000 characters",
    "(" * 101 + "1" + ")" * 101: "nested deeper",
    "abs(" * 101 + "1" + ")" * 101: "nested deeper",
    "log(e()) + log2(16) + log10(1000)": "needs an aggregate",
    "average(income) < 5": "is a Boolean",
    "sum(if(flag, null, null))": "both values",
    "sum(if(geography == 3, 1, 0))": "column geography is a String; write '3'",
}


@pytest.mark.parametrize(("text", "rows"), SEGMENTS.items(), ids=list(SEGMENTS))
def test_segments(text: str, rows: set[int]) -> None:
    """A segment has the rows for which its condition is true."""
    assert segment(text) == rows


@pytest.mark.parametrize(("text", "value"), METRICS.items(), ids=list(METRICS))
def test_metrics(text: str, value: float | None) -> None:
    """A custom metric has the value that its formula gives on the rows."""
    assert metric(text) == (value if value is None else pytest.approx(value, rel=1e-12))


@pytest.mark.parametrize(("text", "reason"), REFUSED.items(), ids=[text[:40] for text in REFUSED])
def test_refused(text: str, reason: str) -> None:
    """A definition that is wrong says why, and how to write it."""
    with pytest.raises(FqlError) as refused:
        compile_metric(text, subject())
    assert reason in str(refused.value)
