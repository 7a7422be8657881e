// <dovetail/allocator.h>: memory from Python, addresses as integers.

#include "callbacks.h"

#include <dovetail/allocator.h>

namespace dovetail::python {
namespace {

/// Base is IGpuAllocator or IGpuAsyncAllocator: what a subclass overrides is looked up under that class.
template <class Base>
class PyAllocator : public Base {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }

  void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags flags) noexcept override {
    return in_python<void*>("IGpuAllocator.allocate", nullptr, [&] {
      if (py::function method = py::get_override(base(), "allocate")) return to_pointer(method(size, alignment, flags));
      return to_pointer(override_of(base(), "allocate_async")(size, alignment, flags, 0));
    });
  }
  void* reallocate(void* address, uint64_t alignment, uint64_t new_size) noexcept override {
    return in_python<void*>("IGpuAllocator.reallocate", nullptr, [&]() -> void* {
      py::function method = py::get_override(base(), "reallocate");
      return method ? to_pointer(method(to_integer(address), alignment, new_size)) : nullptr;
    });
  }
  bool deallocate(void* memory) noexcept override {
    return in_python("IGpuAllocator.deallocate", false, [&] {
      const size_t address = to_integer(memory);
      if (py::function method = py::get_override(base(), "deallocate"))
        return py::cast<bool>(py::bool_(method(address)));
      if (py::function method = py::get_override(base(), "deallocate_async"))
        return py::cast<bool>(py::bool_(method(address, 0)));
      override_of(base(), "free")(address);  // the name before TensorRT 8.0
      return true;
    });
  }
  void* allocateAsync(uint64_t size, uint64_t alignment, AllocatorFlags flags, cudaStream_t stream) noexcept override {
    return in_python<void*>("IGpuAllocator.allocate_async", nullptr, [&] {
      if (py::function method = py::get_override(base(), "allocate_async"))
        return to_pointer(method(size, alignment, flags, to_integer(stream)));
      return to_pointer(override_of(base(), "allocate")(size, alignment, flags));
    });
  }
  bool deallocateAsync(void* memory, cudaStream_t stream) noexcept override {
    return in_python("IGpuAllocator.deallocate_async", false, [&] {
      if (py::function method = py::get_override(base(), "deallocate_async"))
        return py::cast<bool>(py::bool_(method(to_integer(memory), to_integer(stream))));
      return py::cast<bool>(py::bool_(override_of(base(), "deallocate")(to_integer(memory))));
    });
  }

 private:
  const Base* base() const noexcept { return this; }
};

// IGpuAsyncAllocator makes its calls without a stream of those with one; overrides of either are found all the same.
using PyAsyncAllocator = PyAllocator<IGpuAsyncAllocator>;

}  // namespace

void bind_allocator(py::module_& m) {
  bind_enum<AllocatorFlag>(m, "AllocatorFlag") VALUE(AllocatorFlag, RESIZABLE);
  py::class_<IGpuAllocator, IVersionedInterface, PyAllocator<IGpuAllocator>>(m, "IGpuAllocator")
      .def(py::init<>())
      .def(
          "allocate",
          [](IGpuAllocator& a, uint64_t size, uint64_t alignment, uint32_t flags) {
            return to_integer(a.allocate(size, alignment, flags));
          },
          py::arg("size"), py::arg("alignment"), py::arg("flags"))
      .def(
          "reallocate",
          [](IGpuAllocator& a, size_t address, uint64_t alignment, uint64_t new_size) {
            return to_integer(a.reallocate(reinterpret_cast<void*>(address), alignment, new_size));
          },
          py::arg("address"), py::arg("alignment"), py::arg("new_size"))
      .def(
          "deallocate", [](IGpuAllocator& a, size_t memory) { return a.deallocate(reinterpret_cast<void*>(memory)); },
          py::arg("memory"))
      .def(
          "free", [](IGpuAllocator& a, size_t memory) { a.deallocate(reinterpret_cast<void*>(memory)); },
          py::arg("memory"))
      .def(
          "allocate_async",
          [](IGpuAllocator& a, uint64_t size, uint64_t alignment, uint32_t flags, size_t stream) {
            return to_integer(a.allocateAsync(size, alignment, flags, reinterpret_cast<cudaStream_t>(stream)));
          },
          py::arg("size"), py::arg("alignment"), py::arg("flags"), py::arg("stream"))
      .def(
          "deallocate_async",
          [](IGpuAllocator& a, size_t memory, size_t stream) {
            return a.deallocateAsync(reinterpret_cast<void*>(memory), reinterpret_cast<cudaStream_t>(stream));
          },
          py::arg("memory"), py::arg("stream"));
  py::class_<IGpuAsyncAllocator, IGpuAllocator, PyAsyncAllocator>(m, "IGpuAsyncAllocator").def(py::init<>());
}

}  // namespace dovetail::python
