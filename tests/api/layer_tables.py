"""The cases of all tables, in one list."""
import layer_cases_data
import layer_cases_models
import layer_cases_neural
import layer_cases_pointwise

CASES = [case for table in (layer_cases_pointwise, layer_cases_data, layer_cases_neural, layer_cases_models)
         for case in table.cases()]
