// <dovetail/debug_listener.h>

#include "callbacks.h"

#include <dovetail/debug_listener.h>

namespace dovetail::python {
namespace {

class PyDebugListener : public IDebugListener {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  bool processDebugTensor(void const* addr, TensorLocation location, DataType type, Dims const& shape, char const* name,
                          cudaStream_t stream) override {
    return in_python("IDebugListener.process_debug_tensor", false, [&] {
      const py::object answer = override_of(static_cast<const IDebugListener*>(this), "process_debug_tensor")(
          to_integer(addr), location, type, py::cast(Dims(shape)), to_text(name), to_integer(stream));
      return answer.is_none() || answer.cast<bool>();
    });
  }
};

}  // namespace

void bind_debug_listener(py::module_& m) {
  py::class_<IDebugListener, PyDebugListener>(m, "IDebugListener")
      .def(py::init<>())
      .def(
          "process_debug_tensor",
          [](IDebugListener& self, size_t addr, TensorLocation location, DataType type, const Dims& shape,
             const char* name, size_t stream) {
            return self.processDebugTensor(reinterpret_cast<const void*>(addr), location, type, shape, name,
                                           reinterpret_cast<cudaStream_t>(stream));
          },
          py::arg("addr"), py::arg("location"), py::arg("type"), py::arg("shape"), py::arg("name"), py::arg("stream"));
}

}  // namespace dovetail::python
