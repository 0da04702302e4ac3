"""Worked examples with printed numbers, each with its source."""

import pandas as pd

# OECD/JRC (2008), Handbook on Constructing Composite Indicators, Table A.2: the 23 countries of its case.
# Telephones and electricity are decadic logarithms.
TAI_COLUMNS = [
    "patents", "royalties", "internet", "exports", "telephones", "electricity", "schooling", "university",
]  # fmt: skip
_TAI = """
Finland 187 125.6 200.2 50.7 3.08 4.15 10 27.4
United_States 289 130 179.1 66.2 3.00 4.07 12 13.9
Sweden 271 156.6 125.8 59.7 3.10 4.14 11.4 15.3
Japan 994 64.6 49 80.8 3.00 3.86 9.5 10
Korea 779 9.8 4.8 66.7 2.97 3.65 10.8 23.2
Netherlands 189 151.2 136 50.9 3.02 3.77 9.4 9.5
United_Kingdom 82 134 57.4 61.9 3.02 3.73 9.4 14.9
Canada 31 38.6 108 48.7 2.94 4.18 11.6 14.2
Australia 75 18.2 125.9 16.2 2.94 3.94 10.9 25.3
Singapore 8 25.5 72.3 74.9 2.95 3.83 7.1 24.2
Germany 235 36.8 41.2 64.2 2.94 3.75 10.2 14.4
Norway 103 20.2 193.6 19 3.12 4.39 11.9 11.2
Ireland 106 110.3 48.6 53.6 2.97 3.68 9.4 12.3
Belgium 72 73.9 58.9 47.6 2.91 3.86 9.3 13.6
New_Zealand 103 13 146.7 15.4 2.86 3.91 11.7 13.1
Austria 165 14.8 84.2 50.3 2.99 3.79 8.4 13.6
France 205 33.6 36.4 58.9 2.97 3.80 7.9 12.6
Israel 74 43.6 43.2 45 2.96 3.74 9.6 11
Spain 42 8.6 21 53.4 2.86 3.62 7.3 15.6
Italy 13 9.8 30.4 51 3.00 3.65 7.2 13
Czech_Republic 28 4.2 25 51.7 2.75 3.68 9.5 8.2
Hungary 26 6.2 21.6 63.5 2.73 3.46 9.1 7.7
Slovenia 105 4 20.3 49.5 2.84 3.71 7.1 10.6
"""
TAI = pd.DataFrame(
    [[line.split()[0], *map(float, line.split()[1:])] for line in _TAI.strip().splitlines()],
    columns=["place_id", *TAI_COLUMNS],
)

# ibid., Table 15, mean years of schooling: rank (high = top), z-score, min-max, and distance to a reference
# country: ratio to the mean, to the best and to the worst
TABLE_15 = {
    "Finland": (15, 0.26, 0.59, 1.04, 0.83, 1.41),
    "United_States": (23, 1.52, 1.00, 1.25, 1.00, 1.69),
    "Sweden": (19, 1.14, 0.88, 1.19, 0.95, 1.61),
    "Japan": (12, -0.06, 0.49, 0.99, 0.79, 1.34),
    "Korea": (17, 0.76, 0.76, 1.13, 0.90, 1.52),
    "Netherlands": (9, -0.12, 0.47, 0.98, 0.78, 1.32),
    "Singapore": (1, -1.58, 0.00, 0.74, 0.59, 1.00),
    "Norway": (22, 1.46, 0.98, 1.24, 0.99, 1.68),
    "France": (5, -1.08, 0.16, 0.82, 0.66, 1.11),
    "Slovenia": (1, -1.58, 0.00, 0.74, 0.59, 1.00),
}

# ibid., Table 16: eigenvalues and shares of variance in percent
EIGENVALUES = (3.3, 1.7, 1.0, 0.9, 0.5, 0.3, 0.2, 0.1)
EXPLAINED = (41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9)

# ibid., Table 22: weights (two decimals; FA: rotated principal components); Table 23: ranks they give
WEIGHTS = {
    "FA": (0.17, 0.15, 0.11, 0.06, 0.08, 0.13, 0.13, 0.17),
    "BAP": (0.11, 0.11, 0.11, 0.18, 0.10, 0.06, 0.15, 0.18),
    "AHP": (0.09, 0.10, 0.07, 0.21, 0.05, 0.06, 0.18, 0.25),
}
RANKED = (
    "Finland", "United_States", "Sweden", "Japan", "Korea", "Netherlands", "United_Kingdom", "Singapore",
    "Canada", "Australia", "Germany", "Norway", "Ireland", "Belgium", "New_Zealand", "Austria",
    "France", "Israel", "Spain", "Italy", "Czech_Republic", "Hungary", "Slovenia",
)  # fmt: skip
RANKS = {
    "EW": tuple(range(1, 24)),
    "FA": (1, 2, 3, 4, 5, 6, 8, 11, 10, 7, 12, 9, 14, 15, 13, 16, 17, 18, 19, 20, 21, 23, 22),
    "BAP": (1, 2, 3, 5, 4, 8, 7, 6, 10, 11, 9, 13, 12, 14, 17, 15, 16, 18, 19, 21, 22, 20, 23),
    "AHP": (1, 3, 4, 5, 2, 11, 7, 6, 10, 9, 8, 16, 12, 13, 18, 15, 14, 17, 19, 21, 22, 20, 23),
}

# Goalposts of the index of 2001: Saisana, Saltelli, Tarantola (2005), J. R. Statist. Soc. A 168, Table 1
GOALPOSTS = {
    "patents": (0, 994), "royalties": (0, 272.6), "internet": (0, 232.4), "exports": (0, 80.8),
    "telephones": (0, 2.954725), "electricity": (1.342423, 3.843170),  # log10 of 1, 901, 22 and 6,969
    "schooling": (0.8, 12), "university": (0.1, 27.4),
}  # fmt: skip
# The index of 2001 (UNDP, Human Development Report 2001): 0.744 and 0.733 as quoted ibid., section 4.1, the
# others rounded to two decimals in public listings of it
TAI_2001 = {
    "Finland": 0.744, "United_States": 0.733, "Sweden": 0.70, "Japan": 0.70, "Korea": 0.67,
    "Netherlands": 0.63, "United_Kingdom": 0.61, "Australia": 0.59, "Canada": 0.59, "Germany": 0.58,
    "Norway": 0.58, "Ireland": 0.57, "Belgium": 0.55, "New_Zealand": 0.55, "Austria": 0.54, "France": 0.54,
    "Israel": 0.51, "Spain": 0.48, "Czech_Republic": 0.47, "Italy": 0.47, "Hungary": 0.46, "Slovenia": 0.46,
}  # fmt: skip

# Saaty (2008), Int. J. Services Sciences 1(1), Table 2 (drinks; the printed 2 for tea to wine is a misprint
# for 3, as its reciprocal 1/3 shows), Table 3 (a job) and Table 4 (flexibility of a job)
DRINKS = (
    (1, 9, 5, 2, 1, 1, 1 / 2),
    (1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
    (1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9),
    (1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3),
    (1, 9, 4, 2, 1, 2, 1 / 2),
    (1, 9, 3, 1, 1 / 2, 1, 1 / 3),
    (2, 9, 9, 3, 2, 3, 1),
)
DRINKS_WEIGHTS, DRINKS_RATIO = (0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327), 0.022
JOB = (
    (1, 1 / 4, 1 / 6, 1 / 4, 1 / 8),
    (4, 1, 1 / 3, 3, 1 / 7),
    (6, 3, 1, 4, 1 / 2),
    (4, 1 / 3, 1 / 4, 1, 1 / 7),
    (8, 7, 2, 7, 1),
)
JOB_WEIGHTS = (0.036, 0.122, 0.262, 0.075, 0.506)
FLEXIBILITY, FLEXIBILITY_WEIGHTS = ((1, 1 / 3, 1 / 6), (3, 1, 1 / 4), (6, 4, 1)), (0.091, 0.218, 0.691)

# Hwang and Yoon (1981), Multiple Attribute Decision Making, pp. 133-134: fighter aircraft
AIRCRAFT = pd.DataFrame(
    [
        ("A1", 2.0, 1500, 20000, 5.5, 5, 9),
        ("A2", 2.5, 2700, 18000, 6.5, 3, 5),
        ("A3", 1.8, 2000, 21000, 4.5, 7, 7),
        ("A4", 2.2, 1800, 20000, 5.0, 5, 5),
    ],
    columns=["place_id", "speed", "range", "payload", "cost", "reliability", "manoeuvre"],
)
AIRCRAFT_WEIGHTS, AIRCRAFT_CLOSENESS = (0.2, 0.1, 0.1, 0.1, 0.2, 0.3), (0.643, 0.268, 0.613, 0.312)

# Tzeng and Huang (2011), Multiple Attribute Decision Making, the TOPSIS example
TZENG = ((5, 8, 4), (7, 6, 8), (8, 8, 6), (7, 4, 6))
TZENG_WEIGHTS, TZENG_CLOSENESS = (0.3, 0.4, 0.3), (0.5037, 0.6581, 0.7482, 0.3340)

# Diakoulaki, Mavrotas, Papayannakis (1995), Computers and Operations Research 22(7): eight firms, three
# ratios; the weights with all digits are those that scikit-criteria tests itself with on these data
FIRMS = (
    (61, 1.08, 4.33), (20.7, 0.26, 4.34), (16.3, 1.98, 2.53), (9, 3.29, 1.65), (5.4, 2.77, 2.33),
    (4, 4.12, 1.21), (-6.1, 3.52, 2.10), (-34.6, 3.31, 0.98),
)  # fmt: skip
FIRMS_WEIGHTS = (0.20222554, 0.48090173, 0.31687273)

# UNDP (2020), Human Development Report, Technical note 1: income index of 3,829 dollars per head, and the
# human development index of the three dimension indices
HDI_INCOME, HDI_INCOME_INDEX, HDI_INCOME_GOALPOSTS = 3829, 0.5506, (100, 75000)
HDI_DIMENSIONS, HDI = (0.6971, 0.3447, 0.5506), 0.510
