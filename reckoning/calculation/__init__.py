"""Terms and an input document in, a result document out: the reckoning without any database."""

from reckoning.calculation.calculate import calculate
from reckoning.calculation.documents import CalculationInput, input_json_schema, parse_input

__all__ = ["CalculationInput", "calculate", "input_json_schema", "parse_input"]
