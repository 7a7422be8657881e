// <dovetail/profiler.h>: IProfiler for subclasses, and Profiler, which prints.

#include "callbacks.h"

#include <dovetail/profiler.h>

namespace dovetail::python {
namespace {

class PyProfiler : public IProfiler {
 public:
  void reportLayerTime(char const* name, float ms) noexcept override {
    in_python("IProfiler.report_layer_time",
              [&] { override_of(static_cast<const IProfiler*>(this), "report_layer_time")(to_text(name), ms); });
  }
};

class Profiler : public IProfiler {
 public:
  void reportLayerTime(char const* name, float ms) noexcept override {
    in_python("Profiler.report_layer_time", [&] { py::print(py::str("{}: {:g}ms").format(to_text(name), ms)); });
  }
};

class PyDerivedProfiler : public Profiler {
 public:
  void reportLayerTime(char const* name, float ms) noexcept override {
    const bool overridden = in_python("Profiler.report_layer_time", true, [&] {
      py::function method = py::get_override(static_cast<const Profiler*>(this), "report_layer_time");
      if (method) method(to_text(name), ms);
      return static_cast<bool>(method);
    });
    if (!overridden) Profiler::reportLayerTime(name, ms);
  }
};

}  // namespace

void bind_profiler(py::module_& m) {
  py::class_<IProfiler, PyProfiler>(m, "IProfiler")
      .def(py::init<>())
      .def("report_layer_time", &IProfiler::reportLayerTime, py::arg("layer_name"), py::arg("ms"));
  py::class_<Profiler, IProfiler, PyDerivedProfiler>(m, "Profiler")
      .def(py::init<>())
      .def(
          "report_layer_time",
          [](Profiler& self, const char* name, float ms) { self.Profiler::reportLayerTime(name, ms); },
          py::arg("layer_name"), py::arg("ms"));
}

}  // namespace dovetail::python
