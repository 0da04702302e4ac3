"""The sections of a district report, one function each: report in, HTML out."""

from analysis.reporting.sections.burden import burden
from analysis.reporting.sections.consultation import consultation
from analysis.reporting.sections.coverage import coverage
from analysis.reporting.sections.effects import effects
from analysis.reporting.sections.glance import glance
from analysis.reporting.sections.limits import limits, provenance
from analysis.reporting.sections.social import social

SECTIONS = {
    function.__name__: function
    for function in (glance, coverage, social, consultation, burden, effects, limits, provenance)
}
