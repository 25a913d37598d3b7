"""A check's record survives JSON whatever numbers are in it."""

import json
import math

import numpy as np
import pandas as pd

from onearm.robustness.base import CheckResult


def test_a_record_is_json_safe_all_the_way_down():
    table = pd.DataFrame({"study": ["A", "B"], "estimate": [0.5, math.nan], "needed": [1, pd.NA]})
    data = {"k": np.int64(2), "ci": (np.float64(0.1), math.inf), "grid": np.eye(2)}
    record = CheckResult("x", None, "Nothing.", table, data).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["table"][1] == {"study": "B", "estimate": None, "needed": None}
    assert record["data"] == {"k": 2, "ci": [0.1, None], "grid": [[1.0, 0.0], [0.0, 1.0]]}
