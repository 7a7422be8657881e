// <dovetail/inspector.h>

#include "callbacks.h"

#include <dovetail/context.h>
#include <dovetail/inspector.h>

namespace dovetail::python {

void bind_inspector(py::module_& m) {
  using I = IEngineInspector;
  bind_enum<LayerInformationFormat>(m, "LayerInformationFormat") VALUE(LayerInformationFormat, ONELINE)
      VALUE(LayerInformationFormat, JSON);
  py::class_<I>(m, "EngineInspector", py::dynamic_attr())
      .def_property(
          "execution_context",
          [](const py::object& self) { return py::getattr(self, "_execution_context", py::none()); },
          [](const py::object& self, const py::object& context) {
            self.cast<I&>().setExecutionContext(context.cast<const IExecutionContext*>());
            hold(self, "_execution_context", context);
          })
      .def(
          "get_layer_information",
          [](const I& i, int32_t index, LayerInformationFormat format) {
            return to_text(i.getLayerInformation(index, format));
          },
          py::arg("layer_index"), py::arg("format"))
      .def(
          "get_engine_information",
          [](const I& i, LayerInformationFormat format) { return to_text(i.getEngineInformation(format)); },
          py::arg("format"))
      .def_property("error_recorder", &I::getErrorRecorder, [](const py::object& self, const py::object& recorder) {
        self.cast<I&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
        hold(self, "_error_recorder", recorder);
      });
}

}  // namespace dovetail::python
