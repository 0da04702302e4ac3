"""The world of a case: a synthetic city under the case's own truth, changed where the case needs it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from analysis.simulate import City, Truth, simulate_city
from analysis.teaching.case import Case, CaseError

KEPT = {"reforms": ("reforms", "reform"), "measures": ("outcomes", "measure")}  # entry: table and column


def draw_world(case: Case) -> City:
    """Draw the case's world: its tables, and the truth behind them.

    The entries of `simulation` are those of `simulate_city`, `truth` being a table of the fields of `Truth`.
    `reforms` and `measures` name what stays of these tables, all if not given. `world` names a module of this
    package whose `change(city, seed=, **settings)` returns the city changed further. The same settings always
    give the same world.
    """
    recipe = dict(case.data["simulation"])
    world, settings = recipe.pop("world", None), recipe.pop("settings", {})
    kept = {entry: recipe.pop(entry) for entry in KEPT if entry in recipe}
    city = simulate_city(**recipe | {"truth": Truth(**recipe.get("truth", {}))})
    frames = dict(city.frames)
    for entry, names in kept.items():
        table, column = KEPT[entry]
        frames[table] = frames[table][frames[table][column].isin(names)].reset_index(drop=True)
    city = City(frames, city.truth)
    if world is None:
        return city
    if not str(world).isidentifier() or find_spec(f"{__name__}.{world}") is None:
        raise CaseError(
            "The case asks for a world that there is not.",
            where=f"{case.slug}.toml, simulation.world",
            value=world,
            expected="the name of a module in analysis/teaching/worlds",
        )
    return import_module(f"{__name__}.{world}").change(city, seed=recipe["seed"], **settings)
