// <dovetail/output_allocator.h>

#include "callbacks.h"

#include <dovetail/output_allocator.h>

namespace dovetail::python {
namespace {

class PyOutputAllocator : public IOutputAllocator {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }

  void* reallocateOutput(char const* name, void* memory, uint64_t size, uint64_t alignment) noexcept override {
    return in_python<void*>("IOutputAllocator.reallocate_output", nullptr, [&] {
      return to_pointer(override_of(base(), "reallocate_output")(to_text(name), to_integer(memory), size, alignment));
    });
  }
  void* reallocateOutputAsync(char const* name, void* memory, uint64_t size, uint64_t alignment,
                              cudaStream_t stream) noexcept override {
    return in_python<void*>("IOutputAllocator.reallocate_output_async", nullptr, [&] {
      if (py::function method = py::get_override(base(), "reallocate_output_async"))
        return to_pointer(method(to_text(name), to_integer(memory), size, alignment, to_integer(stream)));
      return to_pointer(override_of(base(), "reallocate_output")(to_text(name), to_integer(memory), size, alignment));
    });
  }
  void notifyShape(char const* name, Dims const& dims) noexcept override {
    in_python("IOutputAllocator.notify_shape",
              [&] { override_of(base(), "notify_shape")(to_text(name), py::cast(Dims(dims))); });
  }

 private:
  const IOutputAllocator* base() const noexcept { return this; }
};

}  // namespace

void bind_output_allocator(py::module_& m) {
  py::class_<IOutputAllocator, PyOutputAllocator>(m, "IOutputAllocator")
      .def(py::init<>())
      .def(
          "reallocate_output",
          [](IOutputAllocator& a, const char* name, size_t memory, uint64_t size, uint64_t alignment) {
            return to_integer(a.reallocateOutput(name, reinterpret_cast<void*>(memory), size, alignment));
          },
          py::arg("tensor_name"), py::arg("memory"), py::arg("size"), py::arg("alignment"))
      .def(
          "reallocate_output_async",
          [](IOutputAllocator& a, const char* name, size_t memory, uint64_t size, uint64_t alignment, size_t stream) {
            return to_integer(a.reallocateOutputAsync(name, reinterpret_cast<void*>(memory), size, alignment,
                                                      reinterpret_cast<cudaStream_t>(stream)));
          },
          py::arg("tensor_name"), py::arg("memory"), py::arg("size"), py::arg("alignment"), py::arg("stream"))
      .def("notify_shape", &IOutputAllocator::notifyShape, py::arg("tensor_name"), py::arg("shape"))
      .def_property_readonly("tensorrt_version", [](const IOutputAllocator&) { return 101600; });
}

}  // namespace dovetail::python
