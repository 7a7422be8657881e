// <dovetail/progress_monitor.h>

#include "callbacks.h"

#include <dovetail/progress_monitor.h>

namespace dovetail::python {
namespace {

class PyProgressMonitor : public IProgressMonitor {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  void phaseStart(char const* phase, char const* parent, int32_t steps) noexcept override {
    in_python("IProgressMonitor.phase_start",
              [&] { override_of(base(), "phase_start")(to_text(phase), to_text(parent), steps); });
  }
  // An exception cancels the build: whoever raised it meant to stop.
  bool stepComplete(char const* phase, int32_t step) noexcept override {
    return in_python("IProgressMonitor.step_complete", false,
                     [&] { return override_of(base(), "step_complete")(to_text(phase), step).cast<bool>(); });
  }
  void phaseFinish(char const* phase) noexcept override {
    in_python("IProgressMonitor.phase_finish", [&] { override_of(base(), "phase_finish")(to_text(phase)); });
  }

 private:
  const IProgressMonitor* base() const noexcept { return this; }
};

}  // namespace

void bind_progress_monitor(py::module_& m) {
  py::class_<IProgressMonitor, PyProgressMonitor>(m, "IProgressMonitor")
      .def(py::init<>())
      .def("phase_start", &IProgressMonitor::phaseStart, py::arg("phase_name"), py::arg("parent_phase"),
           py::arg("num_steps"))
      .def("step_complete", &IProgressMonitor::stepComplete, py::arg("phase_name"), py::arg("step"))
      .def("phase_finish", &IProgressMonitor::phaseFinish, py::arg("phase_name"));
}

}  // namespace dovetail::python
