"""The further families of indicators by networkx, igraph or their bare formula: slow and plain."""

from __future__ import annotations

from itertools import combinations, permutations

import igraph
import networkx as nx
import numpy as np

NAN = float("nan")


def mean(values):
    values = list(values)
    return float(np.mean(values)) if values else NAN


def pearson(x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) == 0 or np.allclose(x, x[0], atol=1e-12) or np.allclose(y, y[0], atol=1e-12):
        return NAN
    return float(np.corrcoef(x, y)[0, 1])


def to_igraph(skeleton, nodes, weight="weight"):
    index = {v: i for i, v in enumerate(nodes)}
    graph = igraph.Graph(len(index), [(index[u], index[v]) for u, v in skeleton.edges])
    graph.es["weight"] = [skeleton.edges[e][weight] for e in skeleton.edges]
    return graph


def reciprocity(graph, n):
    """Of a DiGraph of arcs with act counts among n people."""
    arcs = graph.number_of_edges()
    result = {"reciprocity_rho": NAN, "reciprocity_weighted": NAN}
    if arcs:
        chance = arcs / (n * (n - 1))
        if chance < 1:
            result["reciprocity_rho"] = (nx.overall_reciprocity(graph) - chance) / (1 - chance)
        weight = {(u, v): w for u, v, w in graph.edges(data="weight")}
        back = sum(min(w, weight.get((v, u), 0)) for (u, v), w in weight.items())
        result["reciprocity_weighted"] = back / sum(weight.values())
    return result


def burt(skeleton):
    """Of a weighted Graph; people without a tie are left out."""
    tied = [v for v in skeleton if skeleton.degree(v)]
    size = nx.effective_size(skeleton, nodes=tied)
    return {
        "constraint": mean(nx.constraint(skeleton, nodes=tied)[v] for v in tied),
        "constraint_weighted": mean(nx.constraint(skeleton, nodes=tied, weight="weight")[v] for v in tied),
        "effective_size": mean(size.values()),
        "effective_size_weighted": mean(nx.effective_size(skeleton, nodes=tied, weight="weight").values()),
        "burt_efficiency": mean(size[v] / skeleton.degree(v) for v in tied),
    }


def brokerage(graph, group):
    """Gould & Fernandez, path by path, on a DiGraph."""
    names = ("coordinator", "consultant", "gatekeeper", "representative", "liaison")
    count = dict.fromkeys(names, 0)
    for a, b, c in permutations([v for v in graph if v in group], 3):
        if graph.has_edge(a, b) and graph.has_edge(b, c) and not graph.has_edge(a, c):
            x, y, z = group[a], group[b], group[c]
            if x == y == z:
                count["coordinator"] += 1
            elif x == z:
                count["consultant"] += 1
            elif y == z:
                count["gatekeeper"] += 1
            elif x == y:
                count["representative"] += 1
            else:
                count["liaison"] += 1
    total = sum(count.values())
    return {f"brokerage_{name}": value / total if total else NAN for name, value in count.items()}


def weak_ties(skeleton):
    overlap, bridge, weight, acts = [], [], [], []
    for u, v, data in skeleton.edges(data=True):
        shared = len(set(skeleton[u]) & set(skeleton[v]))
        union = len((set(skeleton[u]) | set(skeleton[v])) - {u, v})
        acts.append(data.get("shared", data["weight"]))
        if union:
            overlap.append(shared / union)
            bridge.append(shared == 0)
            weight.append(data["weight"])
    return {
        "overlap": mean(overlap),
        "local_bridges_share": mean(bridge),
        "weak_ties_share": mean(n <= 1 for n in acts),
        "overlap_weight_correlation": pearson(weight, overlap),
    }


def core(skeleton):
    n = len(skeleton)
    number = nx.core_number(skeleton)
    degrees = sorted(d for _, d in skeleton.degree)
    result = {
        "degree_centralisation": sum(degrees[-1] - d for d in degrees) / ((n - 1) * (n - 2))
        if n > 2
        else NAN,
        "max_core": max(number.values()) if n else NAN,
        "core3_share": mean(k >= 3 for k in number.values()),
        "core_periphery": NAN,
        "core_share": NAN,
    }
    found = []
    for least in sorted({d for d in degrees if d}):
        inside = {v for v in skeleton if skeleton.degree(v) >= least}
        pairs = [(u, v) for u, v in combinations(skeleton, 2) if (u in inside) == (v in inside)]
        fit = pearson([u in inside for u, _ in pairs], [skeleton.has_edge(u, v) for u, v in pairs])
        if not np.isnan(fit):
            found.append((fit, len(inside) / n))
    if found:
        best = max(fit for fit, _ in found)
        result["core_periphery"] = best
        result["core_share"] = min(share for fit, share in found if fit >= best - 1e-12)
    return result


def clustering_barrat(skeleton):
    values = []
    for i in skeleton:
        near = list(skeleton[i])
        if len(near) > 1:
            strength = sum(skeleton[i][j]["weight"] for j in near)
            closed = sum(
                (skeleton[i][j]["weight"] + skeleton[i][h]["weight"]) / 2
                for j, h in permutations(near, 2)
                if skeleton.has_edge(j, h)
            )
            values.append(closed / (strength * (len(near) - 1)))
    return {"clustering_weighted": mean(values)}


def connectedness(skeleton, name, high, shares):
    """`high` is whether each person of known group is in the upper one; `shares` the same over the study."""
    overall = mean(shares) if any(shares) else NAN
    near = {v: [high[u] for u in skeleton[v] if u in high] for v in skeleton}
    friends = mean(mean(near[v]) for v in skeleton if high.get(v) == 0 and near[v]) / overall
    known = [high[v] for v in skeleton if v in high]
    exposure = sum(known) / (len(known) - 1) / overall if len(known) > 1 and 0 in known else NAN
    return {
        f"connectedness_{name}": friends,
        f"exposure_{name}": exposure,
        f"friending_bias_{name}": 1 - friends / exposure if exposure else NAN,
    }


def assortativity(arcs, group):
    """Newman's eq. 2 from the mixing matrix of ordered pairs (both orders if undirected)."""
    pairs = [(group[u], group[v]) for u, v in arcs if u in group and v in group]
    kinds = sorted({g for pair in pairs for g in pair}, key=str)
    e = np.array([[sum(pair == (a, b) for pair in pairs) for b in kinds] for a in kinds], dtype=float)
    if not pairs or len(kinds) == 1:
        return NAN
    e /= e.sum()
    chance = float(e.sum(0) @ e.sum(1))
    return (np.trace(e) - chance) / (1 - chance) if chance < 1 - 1e-12 else NAN


def mixing(graph, skeleton, done, groups, directed):
    ordered = list(graph.edges) if directed else [e for u, v in skeleton.edges for e in ((u, v), (v, u))]
    pairs = list(graph.edges if directed else skeleton.edges)
    both = [e for u, v in skeleton.edges for e in ((u, v), (v, u))]
    age, power = groups.get("age", {}), groups.get("authority", {})
    result = {
        f"assortativity_{name}": assortativity(ordered, groups.get(name, {}))
        for name in ("residency", "role", "age")
    }
    for name, value in (("degree", dict(skeleton.degree)), ("activity", done)):
        ends = [(value.get(u, 0), value.get(v, 0)) for u, v in both]
        result[f"assortativity_{name}"] = pearson(*zip(*ends, strict=True)) if ends else NAN
    between = mean(age[u] != age[v] for u, v in pairs if u in age and v in age)
    result["ei_age"] = 2 * between - 1
    result["linking_share"] = mean(power[u] != power[v] for u, v in pairs if u in power and v in power)
    result["linking_reach"] = mean(
        any(power.get(u) for u in skeleton[v]) for v in skeleton if power.get(v) == 0
    )
    return result


def further(graph, nodes, done, labels, directed, there=None):
    """Every further indicator given by default to dyadic layers: name -> value."""
    skeleton = nx.Graph()
    skeleton.add_nodes_from(nodes)
    for u, v, data in graph.edges(data=True):
        old = skeleton.edges[u, v]["weight"] if skeleton.has_edge(u, v) else 0
        skeleton.add_edge(u, v, **{**data, "weight": old + data["weight"]})
    result = weak_ties(skeleton) | core(skeleton)
    groups = {name: labels[name] for name in ("residency", "role") if name in labels}
    high = {
        "residency": {p: int(r == "registered") for p, r in labels.get("residency", {}).items()},
        "authority": {p: int(r in ("cadre", "social_worker")) for p, r in labels.get("role", {}).items()},
        "age": {p: int(a not in ("60-74", "75+")) for p, a in labels.get("age_band", {}).items()},
        "income": {p: int(b == "high") for p, b in labels.get("income_band", {}).items()},
    }
    groups |= {"age": high["age"], "authority": high["authority"]}
    result |= mixing(graph, skeleton, done, groups, directed)
    for name, of_person in high.items():
        result |= connectedness(
            skeleton, name, of_person, [high for p, high in of_person.items() if p in there]
        )
    if graph.is_directed():
        result |= reciprocity(graph, len(nodes)) | burt(skeleton) | clustering_barrat(skeleton)
        result |= brokerage(graph, labels.get("residency", {}))
        unpaid = [v for v in nodes if not high["authority"].get(v)]
        result["volunteering_rate"] = mean(done.get(v, 0) > 0 for v in unpaid)
    return result


def lasting(now, before, earlier):
    """Tie retention and decay from sets of pairs; None where there is no such period."""
    result = dict.fromkeys(("tie_retention", "tie_decay_new", "tie_decay_old"), NAN)
    if before:
        result["tie_retention"] = mean(pair in now for pair in before)
        if earlier is not None:
            result["tie_decay_new"] = mean(pair not in now for pair in before if pair not in earlier)
            result["tie_decay_old"] = mean(pair not in now for pair in before if pair in earlier)
    return result
