// <dovetail/algorithm_selector.h>

#include "callbacks.h"

#include <dovetail/algorithm_selector.h>

namespace dovetail::python {
namespace {

template <class T>
py::list to_list(T const* const* items, int32_t count) {
  py::list result;
  for (int32_t i = 0; i < count; ++i) result.append(py::cast(items[i], py::return_value_policy::reference));
  return result;
}

class PyAlgorithmSelector : public IAlgorithmSelector {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  int32_t selectAlgorithms(IAlgorithmContext const& context, IAlgorithm const* const* choices, int32_t count,
                           int32_t* selection) noexcept override {
    return in_python("IAlgorithmSelector.select_algorithms", -1, [&] {
      const py::list chosen = override_of(base(), "select_algorithms")(
          py::cast(&context, py::return_value_policy::reference), to_list(choices, count));
      if (static_cast<int32_t>(chosen.size()) > count)
        throw py::value_error("select_algorithms chose more than there are");
      for (size_t i = 0; i < chosen.size(); ++i) selection[i] = chosen[i].cast<int32_t>();
      return static_cast<int32_t>(chosen.size());
    });
  }
  void reportAlgorithms(IAlgorithmContext const* const* contexts, IAlgorithm const* const* choices,
                        int32_t count) noexcept override {
    in_python("IAlgorithmSelector.report_algorithms",
              [&] { override_of(base(), "report_algorithms")(to_list(contexts, count), to_list(choices, count)); });
  }

 private:
  const IAlgorithmSelector* base() const noexcept { return this; }
};

py::list shapes_of(const IAlgorithmContext& context, int32_t index) {
  py::list shapes;
  for (const auto s : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
    shapes.append(context.getDimensions(index, s));
  return shapes;
}

}  // namespace

void bind_algorithm_selector(py::module_& m) {
  Borrowed<IAlgorithmIOInfo>(m, "IAlgorithmIOInfo")
      .def_property_readonly("dtype", &IAlgorithmIOInfo::getDataType)
      .def_property_readonly("strides", &IAlgorithmIOInfo::getStrides)
      .def_property_readonly("vectorized_dim", &IAlgorithmIOInfo::getVectorizedDim)
      .def_property_readonly("components_per_element", &IAlgorithmIOInfo::getComponentsPerElement)
      .def_property_readonly("tensor_format", [](const IAlgorithmIOInfo&) { return TensorFormat::kLINEAR; });
  Borrowed<IAlgorithmVariant>(m, "IAlgorithmVariant")
      .def_property_readonly("implementation", &IAlgorithmVariant::getImplementation)
      .def_property_readonly("tactic", &IAlgorithmVariant::getTactic);
  Borrowed<IAlgorithmContext>(m, "IAlgorithmContext")
      .def_property_readonly("name", &IAlgorithmContext::getName)
      .def("get_shape", &shapes_of, py::arg("index"))
      .def_property_readonly("num_inputs", &IAlgorithmContext::getNbInputs)
      .def_property_readonly("num_outputs", &IAlgorithmContext::getNbOutputs);
  Borrowed<IAlgorithm>(m, "IAlgorithm")
      .def("get_algorithm_io_info", &IAlgorithm::getAlgorithmIOInfoByIndex, kInternal, py::arg("index"))
      .def_property_readonly("algorithm_variant", &IAlgorithm::getAlgorithmVariant, kInternal)
      .def_property_readonly("timing_msec", &IAlgorithm::getTimingMSec)
      .def_property_readonly("workspace_size", &IAlgorithm::getWorkspaceSize);
  py::class_<IAlgorithmSelector, PyAlgorithmSelector>(m, "IAlgorithmSelector")
      .def(py::init<>())
      .def(
          "select_algorithms",
          [](IAlgorithmSelector&, const py::object&, const py::sequence& choices) {
            py::list all;
            for (size_t i = 0; i < choices.size(); ++i) all.append(i);
            return all;
          },
          py::arg("context"), py::arg("choices"))
      .def(
          "report_algorithms", [](IAlgorithmSelector&, const py::sequence&, const py::sequence&) {},
          py::arg("contexts"), py::arg("choices"));
}

}  // namespace dovetail::python
