"""One draw after another: every choice of an index from a point of the unit cube."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.index import spec as kinds
from analysis.index.compute import Choices, Plan, evaluate, plan_of
from analysis.index.rules import fault
from analysis.index.spec import IndexSpec

DECLARED = "declared"
STREAMS = 2**31  # a factor that stands for many numbers picks one of so many random streams


@dataclass
class Engine:
    """Computes the scores of one draw from a point of the unit cube, one coordinate per factor."""

    spec: IndexSpec
    used: np.ndarray
    errors: np.ndarray
    alternatives: dict[str, tuple[str, ...]]
    concentration: float | None
    seed: int
    rows: np.ndarray  # number of each place in the order of the names, so that the order of rows is nothing

    def __post_init__(self) -> None:
        self.factors = ["sampling_error"] if self.errors.any() else []
        self.factors += [name for name, options in self.alternatives.items() if len(options) > 1]
        if self.concentration is not None:
            if not self.concentration > 0:
                raise fault(
                    "The concentration is not above 0.",
                    "concentration",
                    self.concentration,
                    "a number above 0",
                )
            self.factors.append("weight_values")
        if not self.factors:
            raise fault(
                "Nothing varies, so that ranks have no interval.",
                "rank_uncertainty",
                None,
                "standard errors, alternatives, or a concentration",
            )
        self.plans: dict[str, Plan] = {
            rule: plan_of(self.spec, self.used, rule) for rule in self.alternatives["missing"]
        }

    def scores(self, point: np.ndarray) -> np.ndarray:
        at = dict(zip(self.factors, point, strict=True))
        picks = {
            name: options[min(int(at.get(name, 0) * len(options)), len(options) - 1)]
            for name, options in self.alternatives.items()
        }
        choices = Choices(
            normalisation=picks["normalisation"],
            outliers=picks["outliers"],
            missing=picks["missing"],
            weighting=None if picks["weighting"] == DECLARED else picks["weighting"],
            aggregation=None if picks["aggregation"] == DECLARED else picks["aggregation"],
            shift=True,
        )
        plan = self.plans[choices.missing]
        values = self.used
        if "sampling_error" in at:
            noise = self._stream(1, at["sampling_error"]).standard_normal(values.shape)
            values = values + self.errors * noise[self.rows]
        perturb = None
        if "weight_values" in at:
            widest = max(len(node.members) for node in plan.nodes)
            uniform = self._stream(2, at["weight_values"]).random((len(plan.nodes), widest))
            perturb = self._dirichlet(uniform)
        return evaluate(values, plan, choices, perturb)[0][plan.spec.name]

    def _stream(self, number: int, coordinate: float) -> np.random.Generator:
        return np.random.default_rng((self.seed, number, int(coordinate * STREAMS)))

    def _dirichlet(self, uniform: np.ndarray):
        from scipy.special import gammaincinv

        def perturb(number: int, weights: np.ndarray) -> np.ndarray:
            if len(weights) < 2:
                return weights
            drawn = gammaincinv(self.concentration * weights, uniform[number, : len(weights)])
            return drawn / drawn.sum()

        return perturb


def alternatives_of(
    spec: IndexSpec, asked: dict[str, tuple[str, ...]], gaps: bool
) -> dict[str, tuple[str, ...]]:
    """Return factor -> alternatives, what is declared first, each once."""
    allowed = {
        "outliers": kinds.OUTLIERS, "normalisation": kinds.NORMALISATIONS, "missing": kinds.MISSING,
        "weighting": (DECLARED, *(w for w in kinds.WEIGHTINGS if w not in ("expert", "ahp"))),
        "aggregation": (DECLARED, *kinds.AGGREGATIONS),
    }  # fmt: skip
    chosen = {}
    for factor, options in asked.items():
        options = (options,) if isinstance(options, str) else tuple(options)
        unknown = [option for option in options if option not in allowed[factor]]
        if unknown:
            raise fault(
                "An alternative is not known.",
                f"rank_uncertainty: {factor}",
                unknown[0],
                "one of " + ", ".join(allowed[factor]),
            )
        own = getattr(spec, factor) if factor in ("outliers", "normalisation", "missing") else DECLARED
        if own == DECLARED:  # where all groups declare one method, it is that method
            methods = {getattr(group, factor) for group in spec.groups if len(spec.members(group.name)) > 1}
            options = tuple(o for o in options if not (len(methods) == 1 and o in methods))
        chosen[factor] = tuple(dict.fromkeys((own, *options)))
    if not gaps:
        chosen["missing"] = chosen["missing"][:1]
    return chosen


def errors_of(std_error: pd.DataFrame | None, table: pd.DataFrame, spec: IndexSpec, place: str) -> np.ndarray:
    """Return the standard errors (places x indicators) on the transformed scale, 0 where not known."""
    if std_error is None:
        return np.zeros((len(table), len(spec.indicators)))
    if place not in std_error.columns or std_error[place].duplicated().any():
        raise fault(
            "The standard errors do not name each place once.",
            "std_error",
            place,
            "a table like that of the indicators",
        )
    wide = std_error.set_index(place).reindex(index=table[place], columns=spec.columns)
    errors = wide.apply(pd.to_numeric, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    if (errors < 0).any() or np.isinf(errors).any():
        raise fault(
            "A standard error is negative or infinite.", "std_error", np.nanmin(errors), "0 or more, or NaN"
        )
    logged = np.array([i.transform == "log" for i in spec.indicators])
    if logged.any():  # to first order, an error on the log scale is relative
        errors[:, logged] /= table[[c for c, log in zip(spec.columns, logged, strict=True) if log]].to_numpy(
            float
        )
    return np.nan_to_num(errors)


def sample_points(factors: list[str], draws: int, seed: int) -> tuple[dict, np.ndarray]:
    """Return the problem as SALib wants it, and its points: A, one exchange per factor, B, in turn."""
    from SALib.sample import sobol

    if not isinstance(seed, int | np.integer) or seed < 0:
        raise fault("The seed is not one.", "seed", seed, "a whole number, 0 or more")
    if not isinstance(draws, int | np.integer) or draws < 2:
        raise fault("There are too few draws.", "draws", draws, "2 or more, such as 2000")
    problem = {"num_vars": len(factors), "names": list(factors), "bounds": [[0.0, 1.0]] * len(factors)}
    base = 2 ** int(np.ceil(np.log2(max(draws / (len(factors) + 2), 2))))
    return problem, sobol.sample(problem, base, calc_second_order=False, seed=seed)
