"""The cases of all tables in one list, and all misuses in another."""
import layer_cases_data
import layer_cases_models
import layer_cases_neural
import layer_cases_pointwise
import layer_cases_recurrent
import layer_cases_setters
import layer_cases_windows
import layer_misuse
import layer_misuse_models

CASES = [case for table in (layer_cases_pointwise, layer_cases_data, layer_cases_neural, layer_cases_models,
                            layer_cases_setters, layer_cases_windows, layer_cases_recurrent)
         for case in table.cases()]
MISUSE = layer_misuse.MISUSE + layer_misuse_models.MISUSE
