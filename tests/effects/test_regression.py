"""The door to pyfixest: fixed effects are taken out to rounding, also where panels have holes."""

import numpy as np
import pandas as pd

from analysis.effects.estimators.regression import regress


def test_fixed_effects_equal_dummies_to_ten_digits_in_a_panel_with_holes():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame([(u, t) for u in range(30) for t in range(14)], columns=["u", "t"])
    frame = frame[rng.random(len(frame)) < 0.35].reset_index(drop=True)  # units hang together by few periods
    frame["x"], frame["z"] = rng.normal(size=(2, len(frame)))
    frame["y"] = 50 * frame["u"] + frame["t"] ** 2 + frame["x"] - 2 * frame["z"] + rng.normal(size=len(frame))
    found = regress(frame, ["x", "z"])
    dummies = pd.get_dummies(frame[["u", "t"]].astype("str"), dtype=float).to_numpy()
    columns = np.column_stack([frame[["x", "z"]], dummies])
    known, *_ = np.linalg.lstsq(columns, frame["y"], rcond=None)
    assert found.kept == ("x", "z")
    np.testing.assert_allclose(found.estimate, known[:2], rtol=1e-10)
    np.testing.assert_allclose(found.residuals, frame["y"] - columns @ known, atol=1e-8)
