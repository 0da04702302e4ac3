"""The sections of a district report, one function each: report in, HTML out."""

from analysis.reporting.sections.advice import advice
from analysis.reporting.sections.budgeting import budgeting
from analysis.reporting.sections.burden import burden
from analysis.reporting.sections.consultation import consultation
from analysis.reporting.sections.coverage import coverage
from analysis.reporting.sections.effects import effects
from analysis.reporting.sections.figures import figures
from analysis.reporting.sections.funds import funds
from analysis.reporting.sections.glance import glance
from analysis.reporting.sections.index import index
from analysis.reporting.sections.limits import limits, provenance
from analysis.reporting.sections.needs import needs
from analysis.reporting.sections.opinions import opinions
from analysis.reporting.sections.social import social

SECTIONS = {
    function.__name__: function
    for function in (
        glance, figures, coverage, social, consultation, opinions, budgeting, burden, needs, funds, effects,
        index, advice, limits, provenance,
    )
}  # fmt: skip
